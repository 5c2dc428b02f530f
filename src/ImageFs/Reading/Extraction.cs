using ImageFs.FileSystems;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Reading;

/// <summary>
/// Copies files and directories out of an image, with modes, times, links and holes; owners too where it may. What is damaged is told
/// and left out: never a shorter file.
/// </summary>
/// <param name="fileSystem">Where from.</param>
/// <param name="root">Where to.</param>
/// <param name="progress">Hears of bytes done.</param>
/// <param name="warn">Hears of what could not be copied.</param>
internal sealed class Extraction(FileSystem fileSystem, OutputFolder root, Action<long> progress, Action<string> warn)
{
    private const int TypeShift = 12;
    private const uint SetIdBits = 0xC00; // setuid and setgid

    // Where files of several names were made first: most files have one. An image may give two files one inode number, so their place
    // in it counts too.
    private readonly Dictionary<(ulong Inode, long Size, long Address), byte[]> _linked = [];

    private VisitedDirectories _visited = new();

    /// <summary>Whether owners are set, and set-user-id bits kept: only root may.</summary>
    internal bool KeepsOwners { get; init; } = Processes.IsRoot;

    /// <summary>How many files could not be copied, or not with all that they have.</summary>
    internal int Failures { get; private set; }

    /// <summary>Copies what a directory holds.</summary>
    /// <exception cref="ImageException">The directory is damaged.</exception>
    /// <exception cref="IOException">The target is full.</exception>
    internal void CopyContents(NodeId directory)
    {
        _visited = new VisitedDirectories();
        _visited.Enter(directory, 0);
        CopyEntries(directory, root, [], 1).ThrowIfIncomplete();
    }

    /// <summary>Copies a file, or a directory with all in it, to a path of its own; directories on the way to it are made as mkdir(1) makes them.</summary>
    /// <param name="path">The names on the way, and its own.</param>
    /// <param name="node">What is copied.</param>
    /// <exception cref="IOException">The target is full.</exception>
    internal void Copy(ReadOnlySpan<byte[]> path, NodeId node)
    {
        _visited = new VisitedDirectories();
        CopyBelow(path, node, root, []);
    }

    private void CopyBelow(ReadOnlySpan<byte[]> names, NodeId node, OutputFolder target, byte[] folder)
    {
        if (names.Length == 1)
        {
            TryCopy(new Entry(names[0], node), target, folder, 0);
            return;
        }

        byte[] path = [.. folder, .. names[0]];
        OutputFolder below;
        try
        {
            below = target.OpenOrCreateFolder(names[0], isForAll: true);
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOSPC)
        {
            throw Full(path, e);
        }
        catch (LinuxException e)
        {
            Fail(path, e.Message);
            return;
        }

        using (below)
        {
            CopyBelow(names[1..], node, below, [.. path, (byte)'/']);
        }
    }

    private DirectoryContents CopyEntries(NodeId directory, OutputFolder target, byte[] path, int depth)
    {
        var contents = DirectoryContents.Read(fileSystem, directory);
        foreach (Entry entry in contents.Entries)
        {
            TryCopy(entry, target, path, depth);
        }

        return contents;
    }

    // What one file has wrong does not hold up the others; a full disk does.
    private void TryCopy(Entry entry, OutputFolder target, byte[] folder, int depth)
    {
        byte[] path = [.. folder, .. entry.Name];
        try
        {
            NodeAttributes attributes = fileSystem.GetAttributes(entry.Node);
            DirectoryContents? contents = null;
            if (attributes.Type == NodeType.Directory)
            {
                contents = CopyFolder(entry, target, [.. path, (byte)'/'], depth);
            }
            else
            {
                target.Remove(entry.Name);
                if (IsLinkedAlready(entry, attributes, target, path))
                {
                    return;
                }

                CopyFile(entry, attributes, target);
            }

            SetAttributes(entry, attributes, target);
            contents?.ThrowIfIncomplete();
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOSPC)
        {
            throw Full(path, e);
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            Fail(path, e.Message);
        }
    }

    private DirectoryContents CopyFolder(Entry entry, OutputFolder target, byte[] path, int depth)
    {
        _visited.Enter(entry.Node, depth);
        using OutputFolder folder = target.OpenOrCreateFolder(entry.Name);
        return CopyEntries(entry.Node, folder, path, depth + 1);
    }

    private bool IsLinkedAlready(Entry entry, in NodeAttributes attributes, OutputFolder target, byte[] path)
    {
        if (attributes.LinkCount <= 1)
        {
            return false;
        }

        (ulong Inode, long Size, long Address) file = (attributes.Inode, attributes.Size, AddressOf(entry.Node, attributes));
        if (_linked.TryGetValue(file, out byte[]? first) && target.TryCreateHardLink(entry.Name, root, first))
        {
            return true;
        }

        _linked[file] = path;
        return false;
    }

    private long AddressOf(NodeId node, in NodeAttributes attributes) =>
        attributes is { Type: NodeType.Regular, Size: > 0 } ? fileSystem.OpenFile(node).Locate(0, 1).Address : 0;

    private void CopyFile(Entry entry, in NodeAttributes attributes, OutputFolder target)
    {
        switch (attributes.Type)
        {
            case NodeType.Regular:
                CopyContents(entry, target);
                break;
            case NodeType.SymbolicLink:
                target.CreateSymbolicLink(entry.Name, fileSystem.ReadLink(entry.Node));
                break;
            default:
                target.CreateNode(entry.Name, ((uint)attributes.Type << TypeShift) | attributes.Permissions, attributes.Device);
                break;
        }
    }

    private void CopyContents(Entry entry, OutputFolder target)
    {
        BlockSource source = fileSystem.OpenFile(entry.Node);
        using FileDescriptor file = target.CreateFile(entry.Name);
        try
        {
            Contents.Copy(source, file, progress);
        }
        catch
        {
            target.Remove(entry.Name);
            throw;
        }
    }

    // The owner first: to change it takes the set-user-id bits away. Times last: all else changes them.
    private void SetAttributes(Entry entry, in NodeAttributes attributes, OutputFolder target)
    {
        if (KeepsOwners)
        {
            target.SetOwner(entry.Name, attributes.Uid, attributes.Gid);
        }

        SetExtendedAttributes(entry, target);
        if (attributes.Type != NodeType.SymbolicLink)
        {
            target.SetPermissions(entry.Name, KeepsOwners ? attributes.Permissions : attributes.Permissions & ~SetIdBits);
        }

        target.SetTimes(entry.Name, Time(attributes.AccessTime), Time(attributes.ModifyTime));
    }

    // Not every file system takes every attribute: what it does not take is no loss of the file's.
    private void SetExtendedAttributes(Entry entry, OutputFolder target)
    {
        if (!fileSystem.HasExtendedAttributes)
        {
            return;
        }

        foreach (byte[] name in fileSystem.ListExtendedAttributes(entry.Node))
        {
            try
            {
                if (fileSystem.GetExtendedAttribute(entry.Node, name) is { } value)
                {
                    target.SetExtendedAttribute(entry.Name, name, value);
                }
            }
            catch (LinuxException e) when (e.Errno is Errno.EPERM or Errno.EOPNOTSUPP or Errno.EINVAL or Errno.E2BIG)
            {
                warn($"{ByteText.FromBytes(entry.Name)}: {ByteText.FromBytes(name)}: {LinuxException.Text(e.Errno)}");
            }
        }
    }

    // Other than what one file has wrong, which is a LinuxException.
    private static IOException Full(byte[] path, LinuxException e) => new($"{ByteText.FromBytes(path)}: {e.Message}", e);

    private void Fail(byte[] path, string message)
    {
        Failures++;
        warn($"{ByteText.FromBytes(path)}: {message}");
    }

    private static (long Seconds, uint Nanoseconds) Time(Timestamp time) => (time.Seconds, time.Nanoseconds);
}
