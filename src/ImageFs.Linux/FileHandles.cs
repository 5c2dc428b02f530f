using static Tmds.Linux.LibC;

namespace ImageFs.Linux;

/// <summary>Files that are opened by what a file system knows them by, and not by a name.</summary>
public static unsafe class FileHandles
{
    // FILEID_INO64_GEN of linux/exportfs.h: the inode's number, its upper half first, and its generation.
    private const int NumberAndGeneration = 0x81;

    /// <summary>open_by_handle_at(2) of an inode by its number, whose generation is 0; for reading.</summary>
    /// <param name="root">A directory of the mount, open for reading.</param>
    /// <param name="number">The inode's number.</param>
    /// <exception cref="LinuxException">There is none (ESTALE), or this user may not (EPERM).</exception>
    public static FileDescriptor Open(FileDescriptor root, ulong number)
    {
        var handle = new Handle
        {
            Bytes = 3 * sizeof(uint),
            Type = NumberAndGeneration,
            High = (uint)(number >> 32),
            Low = (uint)(number & uint.MaxValue),
        };
        using DescriptorInUse use = root.Use();
        int opened = MoreLibc.open_by_handle_at(use.Number, &handle, O_RDONLY | O_CLOEXEC);
        return opened < 0 ? throw LinuxException.Last("open_by_handle_at") : new FileDescriptor(opened);
    }

    // struct file_handle.
    private struct Handle
    {
        public uint Bytes;
        public int Type;
        public uint High;
        public uint Low;
        public uint Generation;
    }
}
