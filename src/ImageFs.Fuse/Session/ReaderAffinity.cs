using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ImageFs.Fuse.Abi;
using ImageFs.Linux;

namespace ImageFs.Fuse.Session;

/// <summary>
/// Keeps a worker on the processor of the one thread that it answers again and again. Such a thread waits for each answer, so the two
/// never want the processor at once, and to wake either on another, idle one costs many times what a small reply does
/// (docs/performance-notes.md). Large reads, and requests of several threads, set it free. One worker owns it.
/// </summary>
/// <remarks>
/// Being there is not enough: the worker still runs when the reader is to be woken, so the kernel would put the reader on an idle
/// processor. Under <see cref="IdlePolicy"/> the worker's own counts as idle. Whoever could not leave that policy does not enter it.
/// </remarks>
internal sealed class ReaderAffinity
{
    /// <summary>READs of more than this many bytes are worth a second processor.</summary>
    private const uint SmallRead = 64 * 1024;

    // Requests in a row of one thread before it is followed, and between two looks at where it runs.
    private const int Streak = 16;
    private const int LookInterval = 64;

    private readonly Affinity _affinity = new();
    private uint _thread;
    private int _count;
    private int _processor = -1;
    private bool _isIdle;

    /// <summary>Takes note of a request before it is answered.</summary>
    public void Note(ReadOnlySpan<byte> message)
    {
        if (!MemoryMarshal.TryRead(message, out FuseInHeader header))
        {
            return;
        }

        if (header.Pid == 0 || header.Pid != _thread || IsLargeRead(in header, message))
        {
            Forget(header.Pid);
        }
        else if (++_count >= Streak && (_count - Streak) % LookInterval == 0)
        {
            Follow(_affinity.ProcessorOf(header.Pid));
        }
    }

    private void Follow(int processor)
    {
        if (processor == _processor)
        {
            return;
        }

        if (processor >= 0 && _affinity.Pin(processor))
        {
            _processor = processor;
            _isIdle = _isIdle || (IdlePolicy.CanLeave && IdlePolicy.Enter());
        }
        else
        {
            Forget(_thread);
        }
    }

    private void Forget(uint thread)
    {
        _thread = thread;
        _count = 0;
        if (_processor >= 0)
        {
            _processor = -1;
            _affinity.Release();
        }

        if (_isIdle)
        {
            _isIdle = !IdlePolicy.Leave();
        }
    }

    private static bool IsLargeRead(in FuseInHeader header, ReadOnlySpan<byte> message) =>
        header.Opcode == (uint)FuseOpcode.Read
        && MemoryMarshal.TryRead(message[Unsafe.SizeOf<FuseInHeader>()..], out FuseReadIn read)
        && read.Size > SmallRead;
}
