using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Btrfs.Subvolumes;

/// <summary>Which subvolume is shown: what the options say, or the default one.</summary>
internal static class SubvolumeChoice
{
    /// <summary>The number of the subvolume that is shown.</summary>
    /// <param name="options">What is given.</param>
    /// <param name="defaultSubvolume">The default one.</param>
    /// <param name="openTop">Opens the file system from the top, where paths begin.</param>
    /// <exception cref="OptionException">What is given is no subvolume, or two different ones.</exception>
    /// <exception cref="ImageException">The file system is damaged there.</exception>
    public static ulong Find(BtrfsOptions options, ulong defaultSubvolume, Func<BtrfsVolume> openTop)
    {
        // As Linux has it, 0 is the top.
        ulong? id = options.SubvolumeId is 0 ? Trees.ObjectIds.FsTree : options.SubvolumeId;
        if (options.SubvolumePath is null)
        {
            return id ?? defaultSubvolume;
        }

        BtrfsVolume top = openTop();
        ulong found = FindByPath(options.SubvolumePath, top, new BtrfsFileSystem(top, options));
        return id is null || id == found
            ? found
            : throw new OptionException($"subvol={options.SubvolumePath}", $"is the subvolume of number {found}, and subvolid={id} another one");
    }

    private static ulong FindByPath(string path, BtrfsVolume top, BtrfsFileSystem fileSystem)
    {
        NodeId node;
        try
        {
            node = path.Trim('/').Length == 0 ? fileSystem.Root : PathLookup.Find(fileSystem, path);
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP)
        {
            throw new OptionException($"subvol={path}", "there is no such subvolume; imagefs info lists them");
        }

        Subvolume subvolume = top.SubvolumeOf(node);
        return node.Value == subvolume.RootDirectory && !BtrfsVolume.IsStub(node)
            ? subvolume.Id
            : throw new OptionException($"subvol={path}", "is no subvolume, but a part of one; imagefs info lists them");
    }
}
