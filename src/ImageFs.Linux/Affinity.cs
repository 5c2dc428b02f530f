using System.Buffers.Text;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace ImageFs.Linux;

/// <summary>Which processors a thread may run on (sched_setaffinity(2)), and where another one runs. Nothing of it allocates, but making it.</summary>
public sealed unsafe class Affinity
{
    // cpu_set_t of the C library: 1024 processors.
    private const int SetSize = 128;
    private const int BitsPerByte = 8;

    // proc_pid_stat(5): "(39) processor", counted after the name in parentheses, which is field 2.
    private const int ProcessorField = 39;
    private const int FirstFieldAfterName = 3;

    private readonly byte[] _all = new byte[SetSize];
    private readonly byte[] _one = new byte[SetSize];
    private readonly byte[] _text = new byte[512];
    private readonly bool _isKnown;

    /// <summary>Takes note of where the calling thread may run now: <see cref="Release"/> goes back to it.</summary>
    public Affinity()
    {
        fixed (byte* set = _all)
        {
            _isKnown = sched_getaffinity(0, SetSize, (cpu_set_t*)set) >= 0;
        }
    }

    /// <summary>Keeps the calling thread on one processor.</summary>
    /// <returns>False when it may not run there, and runs where it may as before.</returns>
    public bool Pin(int processor)
    {
        if (!_isKnown || processor < 0 || processor >= SetSize * BitsPerByte)
        {
            return false;
        }

        byte bit = (byte)(1 << (processor % BitsPerByte));
        int index = processor / BitsPerByte;
        if ((_all[index] & bit) == 0)
        {
            return false;
        }

        _one.AsSpan().Clear();
        _one[index] = bit;
        return Set(_one);
    }

    /// <summary>Lets the calling thread run wherever it might when this was made.</summary>
    public void Release() => _ = _isKnown && Set(_all);

    /// <summary>The processor that a thread runs on, or ran on last.</summary>
    /// <param name="thread">Its id, as this process sees it.</param>
    /// <returns>-1 when it is not known: the thread has ended, or hides.</returns>
    public int ProcessorOf(uint thread)
    {
        Span<byte> path = stackalloc byte[32];
        "/proc/"u8.CopyTo(path);
        Utf8Formatter.TryFormat(thread, path[6..], out int digits);
        "/stat\0"u8.CopyTo(path[(6 + digits)..]);
        int number;
        fixed (byte* name = path)
        {
            number = open(name, O_RDONLY | O_CLOEXEC, 0);
        }

        if (number < 0)
        {
            return -1;
        }

        long count;
        fixed (byte* text = _text)
        {
            count = read(number, text, _text.Length);
        }

        _ = close(number);
        return count > 0 ? ParseProcessor(_text.AsSpan(0, (int)count)) : -1;
    }

    private static int ParseProcessor(ReadOnlySpan<byte> stat)
    {
        // The name may hold anything, ')' and blanks too.
        ReadOnlySpan<byte> rest = stat[(stat.LastIndexOf((byte)')') + 1)..].TrimStart((byte)' ');
        for (int field = FirstFieldAfterName; field < ProcessorField; field++)
        {
            int blank = rest.IndexOf((byte)' ');
            if (blank < 0)
            {
                return -1;
            }

            rest = rest[(blank + 1)..];
        }

        return Utf8Parser.TryParse(rest, out int processor, out _) ? processor : -1;
    }

    private static bool Set(byte[] processors)
    {
        fixed (byte* set = processors)
        {
            return sched_setaffinity(0, SetSize, (cpu_set_t*)set) == 0;
        }
    }
}
