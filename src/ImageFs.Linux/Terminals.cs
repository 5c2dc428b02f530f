using System.Runtime.InteropServices;

namespace ImageFs.Linux;

/// <summary>
/// What is asked of a terminal. <see cref="Console"/> has it too, but when asked changes how the terminal's keys speak, and does not
/// change that back.
/// </summary>
public static class Terminals
{
    private const uint GetWindowSize = 0x5413; // TIOCGWINSZ

    /// <summary>The width of the terminal's window, in columns (ioctl_tty(2)); 0 when it is no terminal, or does not know.</summary>
    public static int FindWidth(FileDescriptor terminal)
    {
        // struct winsize: rows, columns, and two that nobody fills in.
        Span<ushort> size = stackalloc ushort[4];
        return Descriptors.Control(terminal, GetWindowSize, MemoryMarshal.AsBytes(size), out _) < 0 ? 0 : size[1];
    }
}
