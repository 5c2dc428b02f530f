using ImageFs.FileSystems.Ntfs.Indexes;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Ntfs.Directories;

/// <summary>A directory that was opened: its index of names (linux-ntfs, Directory).</summary>
internal sealed class Directory
{
    private const string IndexName = "$I30";
    private const int MaxPrefetch = 128 * 1024;

    /// <param name="volume">The volume.</param>
    /// <param name="record">The file record.</param>
    /// <exception cref="LinuxException">It is not a directory's.</exception>
    /// <exception cref="ImageException">It is damaged.</exception>
    public Directory(NtfsVolume volume, FileRecord record)
    {
        if (!record.IsDirectory)
        {
            throw new LinuxException("readdir", Errno.ENOTDIR, $"file record {record.Number}");
        }

        Reference = record.Reference;
        FileReference? parent = null;
        var parts = new IndexParts(IndexName);
        var scan = new AttributeScan(volume, record);
        try
        {
            while (scan.MoveNext())
            {
                AttributeRecord attribute = scan.Current;
                if (attribute.Type == AttributeType.StandardInformation && !attribute.IsNonResident && attribute.Value.Length >= StandardInformation.MinLength)
                {
                    IsCaseSensitive = new StandardInformation(attribute.Value).IsCaseSensitive;
                }
                else if (attribute.Type == AttributeType.FileName && !attribute.IsNonResident && new FileName(attribute.Value) is { IsWhole: true } name)
                {
                    parent ??= name.Parent;
                }
                else
                {
                    parts.Take(volume, ref scan);
                }
            }
        }
        finally
        {
            scan.Dispose();
        }

        Parent = parent ?? throw record.Damaged("it has no name");
        Index = new IndexRecords(volume, record, parts);
        if (Index.KeyType != AttributeType.FileName || Index.Collation != Collation.FileName)
        {
            throw Index.Damaged("it is no index of names");
        }
    }

    /// <summary>What refers to its record.</summary>
    public FileReference Reference { get; }

    /// <summary>The directory that it is in.</summary>
    public FileReference Parent { get; }

    /// <summary>Whether the case of letters counts in its names, whatever the options say.</summary>
    public bool IsCaseSensitive { get; }

    /// <summary>Its names.</summary>
    public IndexRecords Index { get; }

    /// <summary>Has the kernel begin to read the index; of a large directory the first records.</summary>
    public void PrefetchEntries() => Index.Prefetch(MaxPrefetch);

    /// <summary>Finds a name by the order of the index.</summary>
    /// <param name="name">The name.</param>
    /// <param name="upcase">The order.</param>
    /// <param name="ignoresCase">Whether the case of letters does not count.</param>
    /// <param name="file">What it leads to.</param>
    /// <returns>False when there is none of the name.</returns>
    /// <exception cref="ImageException">A record on the way is damaged.</exception>
    /// <exception cref="LinuxException">The device failed.</exception>
    public bool TryFind(ReadOnlySpan<char> name, UpcaseTable upcase, bool ignoresCase, out FileReference file)
    {
        using var buffer = new PooledBuffer(Index.BufferSize);
        var key = new NameKey(name, upcase, ignoresCase);
        bool isThere = Index.TryFind(ref key, buffer.Span, out IndexEntry entry);
        file = isThere ? entry.File : key.Similar ?? default;
        return isThere || key.Similar is not null;
    }

    private ref struct NameKey(ReadOnlySpan<char> name, UpcaseTable upcase, bool ignoresCase) : IIndexKey
    {
        private readonly ReadOnlySpan<char> _name = name;

        /// <summary>The first entry whose name differs in case alone, where that does not count.</summary>
        public FileReference? Similar { get; private set; }

        public bool TryCompare(IndexEntry entry, out int order)
        {
            order = 0;
            var key = new FileName(entry.Key);
            if (!key.IsWhole)
            {
                return false;
            }

            order = upcase.CompareCaseless(_name, key.Name);
            if (order == 0)
            {
                // Names that differ in case alone are beside each other, so that all that matter here are on the way.
                order = _name.SequenceCompareTo(key.Name);
                Similar = ignoresCase || key.NameSpace == NameSpace.Dos ? Similar ?? entry.File : Similar;
            }

            return true;
        }
    }
}
