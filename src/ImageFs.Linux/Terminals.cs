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
}
