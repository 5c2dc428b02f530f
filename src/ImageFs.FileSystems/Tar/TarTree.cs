using System.IO.Hashing;
using System.Runtime.InteropServices;
using ImageFs.Storage;
using ImageFs.Storage.Tar;

namespace ImageFs.FileSystems.Tar;

/// <summary>
/// The tree that the members of an archive make: read once, from the first header to the last, and of each only where it is and what it lies in is kept.
/// </summary>
internal sealed class TarTree
{
    /// <summary>The root.</summary>
    public const int Root = 0;

    private const int None = -1;

    // An entry, and its place in the table of names.
    private const int EntryBytes = 64;
    private const int MaxDepth = 256;

    private readonly List<Entry> _entries = [];
    private readonly Dictionary<ulong, int> _byName = [];
    // The directories that the last member lies in.
    private readonly List<(byte[] Name, int Entry)> _path = [];
    private readonly TarReader _reader;
    private readonly long _maxEntries;
    private readonly long _seed = Random.Shared.NextInt64();

    /// <summary>Reads the headers.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="maxBytes">What the tree may take in memory.</param>
    /// <param name="warn">Called with what is wrong but harmless.</param>
    /// <exception cref="UnsupportedFeatureException">It has more members than there is room for.</exception>
    public TarTree(BlockSource archive, long maxBytes, Action<string> warn)
    {
        Archive = archive;
        _reader = new TarReader(archive);
        _maxEntries = maxBytes / EntryBytes;
        _entries.Add(new Entry { Address = None, Parent = Root, FirstChild = None, LastChild = None, Next = None, Target = None, IsDirectory = true });
        int passed = 0;
        string why = string.Empty;
        try
        {
            long address = 0;
            while (_reader.Read(address) is { } member)
            {
                Members++;
                if (Take(member) is { } problem && passed++ == 0)
                {
                    why = $"{Show(member.Name)} {problem}";
                }

                address = member.Next;
                if (address > archive.Length)
                {
                    throw new TruncatedImageException(archive.Length, archive.Length);
                }
            }
        }
        catch (Exception e) when (e is InvalidImageException or TruncatedImageException)
        {
            // What comes before is there; nobody knows what comes behind.
            Damage = e;
            warn($"the archive is damaged or cut short after {Members} members: {e.Message}");
        }

        if (passed > 0)
        {
            warn($"{passed} members are not shown: {why}");
        }
    }

    /// <summary>The archive.</summary>
    public BlockSource Archive { get; }

    /// <summary>How many members it has.</summary>
    public long Members { get; private set; }

    /// <summary>What hides the rest of the archive; null where all of it was read.</summary>
    public Exception? Damage { get; }

    /// <summary>The member that an entry is of; null where none says of a directory more than that it is there.</summary>
    public TarMember? MemberOf(int entry)
    {
        Entry found = _entries[entry];
        return found.Address == None || found.Depth > 0 ? null : Read(found.Address);
    }

    /// <summary>Whether there is such an entry.</summary>
    public bool Contains(ulong entry) => entry < (ulong)_entries.Count;

    /// <summary>Whether an entry is a directory.</summary>
    public bool IsDirectory(int entry) => _entries[entry].IsDirectory;

    /// <summary>The directory that an entry is in.</summary>
    public int ParentOf(int entry) => _entries[entry].Parent;

    /// <summary>The entry whose bytes an entry has: itself, but of a hard link.</summary>
    public int TargetOf(int entry) => _entries[entry].Target is >= 0 and var target ? target : entry;

    /// <summary>How many names more than one lead to a file.</summary>
    public uint LinksTo(int entry) => _entries[entry].IsHidden ? _entries[entry].Links - 1 : _entries[entry].Links;

    /// <summary>The next entry of a directory.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="before">The one before; null for the first.</param>
    /// <returns>Null behind the last.</returns>
    public int? NextOf(int directory, int? before)
    {
        int next = before is { } entry && _entries[entry].Parent == directory && entry != Root ? _entries[entry].Next : _entries[directory].FirstChild;

        // A position that nobody was given: the first entry behind it.
        while (next != None && ((before is { } at && next <= at) || _entries[next].IsHidden))
        {
            next = _entries[next].Next;
        }

        return next == None ? null : next;
    }

    /// <summary>The name of an entry in its directory.</summary>
    public byte[] NameOf(int entry)
    {
        Entry found = _entries[entry];
        List<byte[]> parts = Split(Read(found.Address).Name) ?? throw Gone(found.Address);
        int index = found.Depth > 0 ? found.Depth - 1 : parts.Count - 1;
        return index >= 0 && index < parts.Count ? parts[index] : throw Gone(found.Address);
    }

    /// <summary>Looks for a name.</summary>
    /// <returns>The entry; null when there is none.</returns>
    public int? Find(int directory, ReadOnlySpan<byte> name) =>
        _byName.TryGetValue(KeyOf(directory, name), out int entry) && _entries[entry].Parent == directory && name.SequenceEqual(NameOf(entry)) ? entry : null;

    private static InvalidImageException Gone(long address) => new("tar header", address, "it changed while it was read");

    private static string Show(byte[] name) => ImageFs.Linux.ByteText.FromBytes(name);

    // The parts of a path: "." and slashes are left out; null where it leads up.
    private static List<byte[]>? Split(ReadOnlySpan<byte> path)
    {
        var parts = new List<byte[]>();
        foreach (Range range in path.Split((byte)'/'))
        {
            ReadOnlySpan<byte> part = path[range];
            if (part.SequenceEqual(".."u8))
            {
                return null;
            }

            if (part.Length > 0 && !part.SequenceEqual("."u8))
            {
                parts.Add(part.ToArray());
            }
        }

        return parts;
    }

    private TarMember Read(long address) => _reader.Read(address) ?? throw Gone(address);

    private ulong KeyOf(int directory, ReadOnlySpan<byte> name) => XxHash3.HashToUInt64(name, unchecked(_seed + (directory * -7_046_029_254_386_353_131L)));

    // Why a member is not shown; null where it is.
    private string? Take(TarMember member)
    {
        if (member.Type == TarType.Other)
        {
            return null;
        }

        if (Split(member.Name) is not { } parts || parts.Count > MaxDepth)
        {
            return "leads out of the archive, or too deep";
        }

        if (parts.Exists(part => part.Length > 255))
        {
            return "has a name of more than 255 bytes";
        }

        int directory = Root;
        int known = CountKnown(parts);
        _path.RemoveRange(known, _path.Count - known);
        for (int i = 0; i + 1 < parts.Count; i++)
        {
            int found = i < known ? _path[i].Entry : Find(directory, parts[i]) ?? Add(directory, parts[i], member.Address, i + 1, isDirectory: true);
            if (!_entries[found].IsDirectory)
            {
                return "lies in what is no directory";
            }

            if (i >= known)
            {
                _path.Add((parts[i], found));
            }

            directory = found;
        }

        if (parts.Count == 0)
        {
            Set(Root, member.Address, member.Type == TarType.Directory, None);
            return null;
        }

        int target = None;
        if (member.Type == TarType.HardLink)
        {
            if (FindTarget(member.Link) is not { } linked)
            {
                return $"is a hard link to {Show(member.Link)}, which does not come before it";
            }

            target = linked;
        }

        // Of two with one name the later one counts, as for who unpacks them.
        int? same = Find(directory, parts[^1]);
        if (same is { } old && old != target && _entries[old].Links > 0)
        {
            // What has other names goes on under those.
            CollectionsMarshal.AsSpan(_entries)[old].IsHidden = true;
            same = null;
        }

        int entry = same ?? Add(directory, parts[^1], member.Address, 0, member.Type == TarType.Directory);
        return entry != target && Set(entry, member.Address, member.Type == TarType.Directory, target) ? null : "is in the place of a directory that is not empty";
    }

    // How many directories of a path are those of the member before.
    private int CountKnown(List<byte[]> parts)
    {
        int known = 0;
        while (known < _path.Count && known + 1 < parts.Count && parts[known].AsSpan().SequenceEqual(_path[known].Name))
        {
            known++;
        }

        return known;
    }

    private int? FindTarget(byte[] path)
    {
        int entry = Root;
        foreach (byte[] part in Split(path) ?? [])
        {
            if (Find(entry, part) is not { } found)
            {
                return null;
            }

            entry = found;
        }

        return _entries[entry].IsDirectory ? null : TargetOf(entry);
    }

    private int Add(int directory, byte[] name, long address, int depth, bool isDirectory)
    {
        if (_entries.Count >= _maxEntries)
        {
            throw new UnsupportedFeatureException($"an archive of more than {_maxEntries} files and directories (cache-size= gives them more room)");
        }

        int entry = _entries.Count;
        _entries.Add(new Entry
        {
            Address = address,
            Parent = directory,
            FirstChild = None,
            LastChild = None,
            Next = None,
            Target = None,
            Depth = (short)depth,
            IsDirectory = isDirectory,
        });
        Span<Entry> entries = CollectionsMarshal.AsSpan(_entries);
        ref Entry parent = ref entries[directory];
        if (parent.LastChild == None)
        {
            parent.FirstChild = entry;
        }
        else
        {
            entries[parent.LastChild].Next = entry;
        }

        parent.LastChild = entry;
        _byName[KeyOf(directory, name)] = entry;
        return entry;
    }

    private bool Set(int place, long address, bool isDirectory, int target)
    {
        Span<Entry> entries = CollectionsMarshal.AsSpan(_entries);
        ref Entry entry = ref entries[place];
        if (!isDirectory && (place == Root || entry.FirstChild != None))
        {
            return false;
        }

        if (entry.Target != None)
        {
            entries[entry.Target].Links--;
        }

        entry.Address = address;
        entry.Depth = 0;
        entry.IsDirectory = isDirectory;
        entry.Target = target;
        if (target != None)
        {
            entries[target].Links++;
        }

        return true;
    }

    private struct Entry
    {
        public long Address;
        public int Parent;
        public int FirstChild;
        public int LastChild;
        public int Next;

        // The file of a hard link.
        public int Target;
        public uint Links;

        // For a directory that only the path of a member tells of, which part of it.
        public short Depth;
        public bool IsDirectory;

        // Another has its name, and further names lead to it.
        public bool IsHidden;
    }
}
