using System.Runtime.InteropServices;
using ImageFs.FileSystems.Directories;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Ntfs.Directories;

/// <summary>The directories of an NTFS volume: names are found by the order of their index. "." and ".." are no entries.</summary>
/// <param name="volume">The volume.</param>
/// <param name="upcase">The order of names.</param>
/// <param name="options">Which names are shown, and how.</param>
internal sealed class NtfsDirectories(NtfsVolume volume, UpcaseTable upcase, NtfsOptions options) : DirectoryListing<Directory, DirectoryCursor>(volume.Indexes)
{
    private const int OwnWeight = 200;
    private const int KnownDirectories = 256;
    private const int MaxPrefetched = 8192;

    // Those that somebody asked about, apart from those that are listed: what is in a large one does not drive it out.
    private readonly SlotCache<NodeId, Directory> _prefetched = new(KnownDirectories);

    // Those whose files' records somebody was about to read.
    private readonly SlotCache<NodeId, bool> _prefetchedRecords = new(KnownDirectories);

    /// <summary>How names are shown.</summary>
    public ShownNames Names => options.Names;

    /// <summary>File records that there are.</summary>
    public long RecordCount => volume.Table.Count;

    /// <summary>Has the kernel begin to read a directory: who asks about it may go into it, and a walk comes to all that a directory has.</summary>
    /// <param name="node">The directory.</param>
    public void PrefetchNames(NodeId node)
    {
        if (_prefetched.TryFind(node, out _))
        {
            return;
        }

        try
        {
            Directory directory = OpenDirectory(node);
            directory.PrefetchEntries();
            _prefetched.Add(node, directory);
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            // Who opens it gets the error.
        }
    }

    /// <summary>Has the kernel begin to read the records of a directory's files; of a large one those of the first.</summary>
    /// <param name="node">The directory.</param>
    public void PrefetchRecords(NodeId node)
    {
        if (_prefetchedRecords.TryFind(node, out _))
        {
            return;
        }

        try
        {
            var records = new List<long>();
            using DirectoryCursor cursor = Read(Open(node), 0);
            while (records.Count < MaxPrefetched && cursor.MoveNext())
            {
                records.Add(new NtfsNode(cursor.Node).Record);
            }

            volume.Table.Prefetch(CollectionsMarshal.AsSpan(records));
            _prefetchedRecords.Add(node, true);
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            // Who lists it gets the error.
        }
    }

    /// <summary>Whether a file is listed.</summary>
    /// <param name="record">The number of its record.</param>
    /// <param name="attributes">Its attributes.</param>
    public bool IsShown(long record, FileAttributes attributes) =>
        (options.ShowsSystemFiles || record >= SystemFiles.FirstFree) && !(options.HidesHidden && attributes.HasFlag(FileAttributes.Hidden));

    /// <summary>Whether a name that is shown can be found by another.</summary>
    public NameMatch Match(Directory directory, ReadOnlySpan<byte> shown, ReadOnlySpan<byte> name)
    {
        if (shown.SequenceEqual(name))
        {
            return NameMatch.Same;
        }

        if (!IgnoresCase(directory))
        {
            return NameMatch.None;
        }

        Span<char> left = stackalloc char[FileName.MaxUnits];
        Span<char> right = stackalloc char[FileName.MaxUnits];
        return Names.TryDecode(shown, left, out int leftLength)
            && Names.TryDecode(name, right, out int rightLength)
            && upcase.CompareCaseless(left[..leftLength], right[..rightLength]) == 0 ? NameMatch.Similar : NameMatch.None;
    }

    /// <inheritdoc/>
    public override uint Hash(Directory directory, ReadOnlySpan<byte> name)
    {
        Span<char> units = stackalloc char[FileName.MaxUnits];
        if (!IgnoresCase(directory) || !Names.TryDecode(name, units, out int length))
        {
            return NameHash.Of(name);
        }

        foreach (ref char unit in units[..length])
        {
            unit = upcase[unit];
        }

        return NameHash.Of(MemoryMarshal.AsBytes(units[..length]));
    }

    /// <inheritdoc/>
    protected override Directory OpenDirectory(NodeId directory)
    {
        if (_prefetched.TryFind(directory, out Directory known))
        {
            return known;
        }

        using var buffer = new PooledBuffer(volume.Geometry.RecordSize);
        return new Directory(volume, volume.ReadFile(directory, buffer.Span));
    }

    /// <inheritdoc/>
    protected override DirectoryCursor Read(Directory directory, long position) => new(this, directory, position);

    /// <inheritdoc/>
    protected override long Weigh(Directory directory) => OwnWeight + directory.Index.Size;

    /// <inheritdoc/>
    protected override NodeId FindParent(NodeId node, Directory directory)
    {
        using var buffer = new PooledBuffer(volume.Geometry.RecordSize);
        return new NtfsNode(volume.ReadFile(directory.Parent, buffer.Span).Reference).Id;
    }

    /// <inheritdoc/>
    protected override bool HasOwnLookup(Directory directory) => Names.IsExact;

    /// <inheritdoc/>
    protected override bool? TryLookUp(Directory directory, ReadOnlySpan<byte> name, out NodeId node)
    {
        node = default;
        if (!Names.IsExact)
        {
            return null;
        }

        Span<char> units = stackalloc char[FileName.MaxUnits];
        if (!Names.TryDecode(name, units, out int length))
        {
            return false;
        }

        FileReference file;
        try
        {
            if (!directory.TryFind(units[..length], upcase, IgnoresCase(directory), out file))
            {
                return false;
            }
        }
        catch (InvalidImageException)
        {
            // All entries are looked at, then.
            return null;
        }

        using var buffer = new PooledBuffer(volume.Geometry.RecordSize);
        node = new NtfsNode(volume.ReadFile(file, buffer.Span).Reference).Id;
        return true;
    }

    /// <inheritdoc/>
    protected override ulong FindInode(NodeId node) => (ulong)new NtfsNode(node).Number;

    private bool IgnoresCase(Directory directory) => options.IgnoresCase && !directory.IsCaseSensitive;
}
