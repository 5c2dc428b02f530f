using System.Buffers.Binary;
using System.Runtime.InteropServices;
using static Tmds.Linux.LibC;

namespace ImageFs.Linux;

/// <summary>
/// What System.IO does with paths, for paths of any bytes (<see cref="ByteText"/>): it would ask the kernel for others.
/// </summary>
public static unsafe class Paths
{
    private const int MaxLength = 4096; // PATH_MAX
    private const int DirectoryBuffer = 1 << 15;

    // struct linux_dirent64 of getdents64(2).
    private const int RecordLengthOffset = 16;
    private const int NameOffset = 19;

    // One of the calls that have no number of their own for all.
    private static int GetDents64 => RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 217 : 61;

    /// <summary>The current folder's path (getcwd(3)).</summary>
    /// <exception cref="LinuxException">It is gone.</exception>
    public static string CurrentFolder()
    {
        byte* buffer = stackalloc byte[MaxLength];
        return getcwd(buffer, MaxLength) == null ? throw LinuxException.Last("getcwd") : Text(buffer);
    }

    /// <summary>A path from the root, without "." and ".."; links are not looked at.</summary>
    /// <exception cref="LinuxException">The path is empty, or the current folder is gone.</exception>
    public static string Full(string path) =>
        path.Length == 0 ? throw new LinuxException("open", Errno.ENOENT, "\"\"")
        : path[0] == '/' ? Path.GetFullPath(path)
        : Path.GetFullPath(path, CurrentFolder());

    /// <summary>The path with all links in it followed (realpath(3)).</summary>
    /// <returns>Null when it does not lead to anything.</returns>
    public static string? Resolve(string path)
    {
        using var name = new NativeText(path);
        byte* buffer = stackalloc byte[MaxLength];
        return MoreLibc.realpath(name.Start, buffer) == null ? null : Text(buffer);
    }

    /// <summary>The target of a symbolic link (readlink(2)).</summary>
    /// <returns>Null when it is none.</returns>
    public static string? ReadLink(string path)
    {
        using var name = new NativeText(path);
        byte* buffer = stackalloc byte[MaxLength];
        long length = readlink(name.Start, buffer, MaxLength);
        return length < 0 ? null : ByteText.FromBytes(new ReadOnlySpan<byte>(buffer, (int)length));
    }

    /// <summary>Whether a path leads to anything, links followed.</summary>
    public static bool Exists(string path) => Files.TryStatus(path, out _) is not null;

    /// <summary>Whether a path leads to a folder, links followed.</summary>
    public static bool IsFolder(string path) => Files.TryStatus(path, out _) is { IsDirectory: true };

    /// <summary>Whether a path leads to a file or a device, links followed.</summary>
    public static bool IsFile(string path) => Files.TryStatus(path, out _) is { IsDirectory: false };

    /// <summary>The names in a folder, in no order, without "." and "..".</summary>
    /// <exception cref="LinuxException">It cannot be listed.</exception>
    public static IReadOnlyList<string> List(string folder)
    {
        using FileDescriptor descriptor = Files.Open(folder, OpenFlags.ReadOnly | OpenFlags.NonBlocking);
        var names = new List<string>();
        byte[] buffer = new byte[DirectoryBuffer];
        fixed (byte* first = buffer)
        {
            while (true)
            {
                int length = (int)syscall(GetDents64, descriptor.Number, first, buffer.Length);
                if (length <= 0)
                {
                    return length == 0 ? names : throw LinuxException.Last("getdents64", folder);
                }

                for (int at = 0; at < length; at += BinaryPrimitives.ReadUInt16LittleEndian(buffer.AsSpan(at + RecordLengthOffset)))
                {
                    string name = Text(first + at + NameOffset);
                    if (name is not ("." or ".."))
                    {
                        names.Add(name);
                    }
                }
            }
        }
    }

    private static string Text(byte* text) => ByteText.FromBytes(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text));
}
