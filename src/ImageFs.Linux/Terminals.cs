using System.Runtime.InteropServices;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace ImageFs.Linux;

/// <summary>
/// What is asked of a terminal. <see cref="Console"/> has it too, but when asked changes how the terminal's keys speak, and does not
/// change that back.
/// </summary>
public static unsafe class Terminals
{
    /// <summary>The width of the terminal's window, in columns (ioctl_tty(2)); 0 when it is no terminal, or does not know.</summary>
    public static int FindWidth(FileDescriptor terminal)
    {
        using DescriptorInUse use = terminal.Use();
        winsize size;
        return ioctl(use.Number, TIOCGWINSZ, &size) < 0 ? 0 : size.ws_col;
    }

    /// <summary>Opens the terminal that the process belongs to (tty(4)); null when there is none.</summary>
    public static FileDescriptor? OpenOwn()
    {
        try
        {
            return Files.Open("/dev/tty", OpenFlags.ReadWrite);
        }
        catch (LinuxException)
        {
            return null;
        }
    }

    /// <summary>Has a terminal hand over each key as it is pressed, and show none, until what this returns is disposed of.</summary>
    /// <exception cref="LinuxException">It is no terminal.</exception>
    public static HiddenInput HideInput(FileDescriptor terminal) => new(terminal);
}

/// <summary>A terminal that shows nothing of what is typed (termios(3)).</summary>
public sealed unsafe class HiddenInput : IDisposable
{
    private const int AfterOutputDiscardInput = 2; // TCSAFLUSH
    private const int SettingsSize = 64; // struct termios of glibc and musl: 60 bytes
    private const int LocalFlags = 12; // c_lflag
    private const int Characters = 17; // c_cc
    private const int TimeLimit = Characters + 5; // VTIME
    private const int LeastCount = Characters + 6; // VMIN
    private const uint Signals = 0x01; // ISIG
    private const uint Lines = 0x02; // ICANON
    private const uint Echo = 0x08; // ECHO
    private const uint EchoLineFeed = 0x40; // ECHONL

    private readonly FileDescriptor _terminal;
    private readonly byte[] _before = new byte[SettingsSize];
    private int _isRestored;

    internal HiddenInput(FileDescriptor terminal)
    {
        _terminal = terminal;
        fixed (byte* before = _before)
        {
            if (MoreLibc.tcgetattr(terminal, before) < 0)
            {
                throw LinuxException.Last("tcgetattr");
            }
        }

        byte[] settings = (byte[])_before.Clone();
        Span<uint> flags = MemoryMarshal.Cast<byte, uint>(settings.AsSpan(LocalFlags, sizeof(uint)));
        flags[0] &= ~(Signals | Lines | Echo | EchoLineFeed);
        settings[LeastCount] = 1;
        settings[TimeLimit] = 0;
        if (!Set(settings))
        {
            throw LinuxException.Last("tcsetattr");
        }
    }

    /// <summary>Has the terminal as it was.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isRestored, 1) == 0)
        {
            _ = Set(_before);
        }
    }

    private bool Set(byte[] settings)
    {
        fixed (byte* bytes = settings)
        {
            return MoreLibc.tcsetattr(_terminal, AfterOutputDiscardInput, bytes) == 0;
        }
    }
}
