using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Reading;

/// <summary>
/// Copies files and directories out of an image, with their holes and what else of them is to be kept. What is damaged is reported and left
/// out: never a shorter file.
/// </summary>
/// <param name="fileSystem">Where from.</param>
/// <param name="root">Where to.</param>
/// <param name="allowance">How much may be written.</param>
/// <param name="progress">Called with the number of bytes done.</param>
/// <param name="warn">Called with what could not be copied.</param>
/// <param name="ahead">Decodes what will be copied next.</param>
internal sealed class Extraction(
    FileSystem fileSystem, OutputFolder root, Allowance allowance, Action<long> progress, Action<string> warn, FolderAhead ahead) : IDisposable
{
    private const int TypeShift = 12;
    private const uint OrdinaryBits = 0x1FF; // rwxrwxrwx
    private const uint SetIdBits = 0xC00; // setuid and setgid

    private readonly HardLinks _linked = new(fileSystem);
    private readonly uint _umask = Processes.Umask;
    private readonly UnfinishedFile _unfinished = new();

    private VisitedDirectories _visited = new();

    /// <summary>What of a file is kept.</summary>
    internal Preserved Keeps { get; init; } = PreservedWords.Default;

    /// <summary>Whether what a symbolic link leads to is copied in its place.</summary>
    internal bool FollowsLinks { get; init; }

    /// <summary>How many names are taken away from the beginning of each path; what has no more is not copied.</summary>
    internal int StrippedNames { get; init; }

    /// <summary>What is not copied.</summary>
    internal Exclusions Exclusions { get; init; } = new([]);

    /// <summary>Called with each name before it is copied.</summary>
    internal Action<string> Announce { get; init; } = static _ => { };

    /// <summary>How many files could not be copied, or not with all that was to be kept.</summary>
    internal int Failures { get; private set; }

    /// <summary>What the image has and <see cref="Keeps"/> has not: how often, and the word of cp(1) that would keep it.</summary>
    internal Dictionary<string, int> LeftOut { get; } = [];

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

    /// <inheritdoc/>
    public void Dispose() => _unfinished.Dispose();

    private void CopyBelow(ReadOnlySpan<byte[]> names, NodeId node, OutputFolder target, byte[] folder)
    {
        if (names.Length == 1)
        {
            CopyAll([new NamedNode(names[0], node)], target, folder, 0);
            return;
        }

        byte[] path = [.. folder, .. names[0]];
        if (Exclusions.Has(path))
        {
            return;
        }

        if (IsStripped(path))
        {
            CopyBelow(names[1..], node, target, [.. path, (byte)'/']);
            return;
        }

        OutputFolder below;
        try
        {
            below = target.OpenOrCreateFolder(names[0], isForAll: true);
        }
        catch (LinuxException e) when (IsOfTarget(e.Errno))
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
        CopyAll(contents.Entries, target, path, depth);
        return contents;
    }

    private void CopyAll(IReadOnlyList<NamedNode> entries, OutputFolder target, byte[] path, int depth)
    {
        ahead.Enter(entries);
        try
        {
            for (int i = 0; i < entries.Count; i++)
            {
                ahead.Begin(i);
                TryCopy(entries[i], target, path, depth);
            }
        }
        finally
        {
            ahead.Leave();
        }
    }

    // An error in one file does not stop the others; a full disk does, and one that is read-only.
    private void TryCopy(NamedNode entry, OutputFolder target, byte[] folder, int depth)
    {
        byte[] path = [.. folder, .. entry.Name];
        if (Exclusions.Has(path))
        {
            return;
        }

        string name = ByteText.FromBytes(path);
        try
        {
            if (IsStripped(path))
            {
                CopyStripped(entry, target, [.. path, (byte)'/'], depth);
                return;
            }

            allowance.Take(Allowance.NameCost, name);
            Announce(name);
            NodeAttributes attributes = fileSystem.GetAttributes(entry.Node);
            if (FollowsLinks && attributes.Type == NodeType.SymbolicLink)
            {
                entry = entry with { Node = Follow(name) };
                attributes = fileSystem.GetAttributes(entry.Node);
            }

            if (attributes.Type is NodeType.BlockDevice or NodeType.CharacterDevice && !Has(Preserved.Devices))
            {
                LeaveOut("device nodes (devices)");
                return;
            }

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

                CopyFile(entry, attributes, target, name);
            }

            SetAttributes(entry, attributes, target, name);
            contents?.ThrowIfIncomplete();
        }
        catch (LinuxException e) when (IsOfTarget(e.Errno))
        {
            throw Full(path, e);
        }
        catch (Exception e) when (e is ImageException or LinuxException { Errno: not Errno.EPIPE })
        {
            Fail(path, e.Message);
        }
    }

    // What it holds comes out where it would.
    private void CopyStripped(NamedNode entry, OutputFolder target, byte[] path, int depth)
    {
        bool isFollowed = FollowsLinks && fileSystem.GetAttributes(entry.Node).Type == NodeType.SymbolicLink;
        NodeId node = isFollowed ? Follow(ByteText.FromBytes(path.AsSpan(..^1))) : entry.Node;
        if (fileSystem.GetAttributes(node).Type == NodeType.Directory)
        {
            RefuseCircle(node);
            CopyInside(node, target, path, depth).ThrowIfIncomplete();
        }
    }

    private DirectoryContents CopyFolder(NamedNode entry, OutputFolder target, byte[] path, int depth)
    {
        RefuseCircle(entry.Node);
        using OutputFolder folder = target.OpenOrCreateFolder(entry.Name);
        return CopyInside(entry.Node, folder, path, depth);
    }

    private void RefuseCircle(NodeId directory)
    {
        if (FollowsLinks && _visited.Contains(directory))
        {
            throw new LinuxException("link", Errno.ELOOP);
        }
    }

    private DirectoryContents CopyInside(NodeId directory, OutputFolder target, byte[] path, int depth)
    {
        _visited.Enter(directory, depth);
        DirectoryContents contents = CopyEntries(directory, target, path, depth + 1);
        if (FollowsLinks)
        {
            _visited.Leave(directory);
        }

        return contents;
    }

    // What is copied lies at the same path in the image.
    private NodeId Follow(string path)
    {
        try
        {
            return PathLookup.Find(fileSystem, path);
        }
        catch (LinuxException e)
        {
            throw new LinuxException("link", e.Errno);
        }
    }

    private bool IsLinkedAlready(NamedNode entry, in NodeAttributes attributes, OutputFolder target, byte[] path)
    {
        if (!Has(Preserved.Links))
        {
            return false;
        }

        if (_linked.TryFind(entry.Node, attributes, out byte[]? first) && target.TryCreateHardLink(entry.Name, root, first))
        {
            return true;
        }

        _linked.Add(entry.Node, attributes, WithoutStripped(path));
        return false;
    }

    private void CopyFile(NamedNode entry, in NodeAttributes attributes, OutputFolder target, string path)
    {
        switch (attributes.Type)
        {
            case NodeType.Regular:
                CopyContents(entry, target, path);
                break;
            case NodeType.SymbolicLink:
                byte[] link = fileSystem.ReadLink(entry.Node);
                allowance.Take(link.Length, path);
                target.CreateSymbolicLink(entry.Name, link);
                break;
            default:
                target.CreateNode(entry.Name, ((uint)attributes.Type << TypeShift) | attributes.Permissions, attributes.Device);
                break;
        }
    }

    private void CopyContents(NamedNode entry, OutputFolder target, string path)
    {
        BlockSource source = fileSystem.OpenFile(entry.Node);
        _unfinished.Write(target, entry.Name, file => Contents.Copy(source, file, bytes => allowance.Take(bytes, path), Advance));

        void Advance(long offset, long bytes)
        {
            ahead.Pass(offset);
            progress(bytes);
        }
    }

    // The owner first: to change it takes the set-user-id bits away. Times last: all else changes them.
    private void SetAttributes(NamedNode entry, in NodeAttributes attributes, OutputFolder target, string path)
    {
        bool isOwned = !Has(Preserved.Ownership) || TrySetOwner(entry, attributes, target, path);
        SetExtendedAttributes(entry, attributes.Type, target, path);
        if (attributes.Type != NodeType.SymbolicLink)
        {
            uint permissions = Permissions(attributes);
            target.SetPermissions(entry.Name, isOwned ? permissions : permissions & ~SetIdBits);
        }

        if (Has(Preserved.Times))
        {
            target.SetTimes(entry.Name, Time(attributes.AccessTime), Time(attributes.ModifyTime));
        }
    }

    // A file of another owner keeps the rest of what it has.
    private bool TrySetOwner(NamedNode entry, in NodeAttributes attributes, OutputFolder target, string path)
    {
        try
        {
            target.SetOwner(entry.Name, attributes.Uid, attributes.Gid);
            return true;
        }
        catch (LinuxException e) when (e.Errno is Errno.EPERM or Errno.EINVAL)
        {
            Failures++;
            warn($"{path}: chown to {attributes.Uid}:{attributes.Gid}: {LinuxException.Text(e.Errno)}");
            return false;
        }
    }

    private uint Permissions(in NodeAttributes attributes)
    {
        uint permissions = attributes.Permissions;
        if ((permissions & SetIdBits) != 0 && !Has(Preserved.SetId))
        {
            LeaveOut("set-user-id bits (mode)");
            permissions &= ~SetIdBits;
        }

        return Has(Preserved.Permissions) ? permissions : permissions & OrdinaryBits & ~_umask;
    }

    // Not every file system takes every attribute: what it does not take is no loss of the file's.
    private void SetExtendedAttributes(NamedNode entry, NodeType type, OutputFolder target, string path)
    {
        if (!fileSystem.HasExtendedAttributes)
        {
            return;
        }

        bool canBeOpened = type is NodeType.Regular or NodeType.Directory;
        foreach (byte[] name in fileSystem.ListExtendedAttributes(entry.Node))
        {
            Preserved kind = PreservedWords.OfAttribute(name);
            if (!Has(kind))
            {
                LeaveOut(kind == Preserved.Context ? "security contexts (context)" : "extended attributes (xattr)");
                continue;
            }

            try
            {
                if (fileSystem.GetExtendedAttribute(entry.Node, name) is { } value)
                {
                    allowance.Take(value.Length, path);
                    target.SetExtendedAttribute(entry.Name, name, value, canBeOpened);
                }
            }
            catch (LinuxException e) when (e.Errno is Errno.EPERM or Errno.EOPNOTSUPP or Errno.EINVAL)
            {
                warn($"{path}: {ByteText.FromBytes(name)}: {LinuxException.Text(e.Errno)}");
            }
            catch (LinuxException e) when (e.Errno is Errno.E2BIG or Errno.ERANGE or Errno.ENOSPC)
            {
                // Larger than an extended attribute can be, or than those of a file can be together where it is written to: contents are lost.
                Failures++;
                warn($"{path}: {ByteText.FromBytes(name)}: {e.Message}");
            }
        }
    }

    // The bytes of a path have no slash at their ends.
    private bool IsStripped(ReadOnlySpan<byte> path) => path.Count((byte)'/') < StrippedNames;

    private byte[] WithoutStripped(ReadOnlySpan<byte> path)
    {
        for (int i = 0; i < StrippedNames; i++)
        {
            path = path[(path.IndexOf((byte)'/') + 1)..];
        }

        return [.. path];
    }

    private bool Has(Preserved what) => (Keeps & what) == what;

    private void LeaveOut(string what) => LeftOut[what] = LeftOut.GetValueOrDefault(what) + 1;

    private static bool IsOfTarget(Errno errno) => errno is Errno.ENOSPC or Errno.EDQUOT or Errno.EROFS;

    // Unlike what is wrong with one file, which is a LinuxException.
    private static IOException Full(byte[] path, LinuxException e) => new($"{ByteText.FromBytes(path)}: {e.Message}", e);

    private void Fail(byte[] path, string message)
    {
        Failures++;
        warn($"{ByteText.FromBytes(path)}: {message}");
    }

    private static (long Seconds, uint Nanoseconds) Time(Timestamp time) => (time.Seconds, time.Nanoseconds);
}
