using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Directories;

/// <summary>
/// The directories of a file system: listed, and searched for names, all through the cursor that the format gives. What every format needs and
/// none has to write: "." and "..", positions that stay good, an index of names, one node for all entries of one name, and that what is damaged
/// is told once what can be read was handed over.
/// </summary>
/// <remarks>
/// A directory is gone through once before it is listed or searched, by one thread; who wants the same waits. A lookup finds the first entry of
/// a name, as in Linux, unless the format has a way of its own (<see cref="TryLookUp"/>): a listing gives that one's node to all entries of
/// the name, or what it leads to would depend on who asked last. A device that failed may recover: who begins a listing, or looks for a name,
/// asks it again.
/// </remarks>
/// <typeparam name="TDirectory">A directory that was opened: what a cursor has to know of it. Never changed once it is made.</typeparam>
/// <typeparam name="TCursor">Goes through the entries of one.</typeparam>
internal abstract class DirectoryListing<TDirectory, TCursor>
    where TCursor : IDirectoryCursor, allows ref struct
{
    private const int Gates = 16;
    private const int GateShift = 60;
    private const ulong Spread = 0x9E37_79B9_7F4A_7C15;

    // What every directory takes that is kept: the object itself, and what was found out of it.
    private const int OwnWeight = 256;

    private readonly IndexShare _kept;
    private readonly Lock[] _gates = Array.ConvertAll(new Lock?[Gates], _ => new Lock());

    /// <param name="kept">Keeps the directories that were last used.</param>
    protected DirectoryListing(IndexShare kept) => _kept = kept;

    /// <summary>What positions of the format are multiples of: an index has 32 bits for one.</summary>
    protected virtual int PositionUnit => 1;

    /// <summary>A directory that is open, or opened now.</summary>
    /// <exception cref="ImageException">It is damaged.</exception>
    /// <exception cref="LinuxException">The node is no directory (ENOTDIR), or the device failed.</exception>
    public TDirectory Open(NodeId directory) => Open(directory, isAfresh: false).Directory;

    /// <summary>Goes through a directory once, and returns what is known of it then.</summary>
    public DirectoryFacts GoThrough(NodeId directory, out TDirectory opened)
    {
        Opened found = Open(directory, isAfresh: true);
        opened = found.Directory;
        return FindFacts(directory, found);
    }

    /// <summary>Whether a directory is open.</summary>
    public bool IsOpen(NodeId directory) => _kept.Find<Opened>(KeyOf(directory)) is not null;

    /// <summary>As <see cref="FileSystem.TryLookup"/>.</summary>
    public bool TryLookup(NodeId directory, ReadOnlySpan<byte> name, out NodeId node)
    {
        Opened opened = Open(directory, isAfresh: true);
        node = directory;
        if (name is [(byte)'.'])
        {
            return true;
        }

        if (name is [(byte)'.', (byte)'.'] && CountDots(opened.Directory) > 1)
        {
            node = FindParent(directory, opened.Directory);
            return true;
        }

        name = Trim(name);
        return !name.IsEmpty && (TryLookUp(opened.Directory, name, out node) ?? TryFind(directory, opened, name, out node));
    }

    /// <summary>As <see cref="FileSystem.ReadDirectory"/>.</summary>
    public void List(NodeId directory, long position, IDirectorySink sink)
    {
        Opened opened = Open(directory, isAfresh: position == 0);
        DirectoryFacts facts = FindFacts(directory, opened);
        int dots = CountDots(opened.Directory);
        for (long dot = position; dot < dots; dot++)
        {
            NodeId node = dot == 0 ? directory : FindParent(directory, opened.Directory);
            if (!sink.Add(new DirectoryEntry(dot == 0 ? "."u8 : ".."u8, node, NodeType.Directory, dot + 1, FindInode(node))))
            {
                return;
            }
        }

        TCursor cursor = Read(opened.Directory, Math.Max(position - dots, 0));
        try
        {
            bool hasAdded = position < dots;
            while (facts.GoesOn(cursor.NextPosition, hasAdded) && TryMoveNext(ref cursor, hasAdded))
            {
                Note(directory, cursor.Node);
                if (!sink.Add(Describe(opened, facts, dots, ref cursor)))
                {
                    return;
                }

                hasAdded = true;
            }

            // What could be read is handed over first; the next call, from the end on, fails.
            if (!hasAdded && (facts.Damage ?? facts.Unreachable) is { } damage)
            {
                throw damage;
            }
        }
        finally
        {
            cursor.Dispose();
        }
    }

    /// <summary>The hash that a name is looked up by: <see cref="IDirectoryCursor.Hash"/> is that of a name's entry.</summary>
    /// <param name="directory">Where.</param>
    /// <param name="name">The name.</param>
    public virtual uint Hash(TDirectory directory, ReadOnlySpan<byte> name) => NameHash.Of(name);

    /// <summary>Opens a directory.</summary>
    /// <exception cref="ImageException">It is damaged.</exception>
    /// <exception cref="LinuxException">The node is no directory (ENOTDIR), or the device failed.</exception>
    protected abstract TDirectory OpenDirectory(NodeId directory);

    /// <summary>Makes a cursor, which whoever asks for it disposes of.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="position">Where it begins: 0, or a position that a cursor of the directory had.</param>
    protected abstract TCursor Read(TDirectory directory, long position);

    /// <summary>Bytes that an opened directory takes, beside the few that every one does.</summary>
    protected virtual long Weigh(TDirectory directory) => 0;

    /// <summary>How many of "." and ".." are no entries of a directory: 2, or 1 where ".." alone is one, or 0. They come first, then.</summary>
    protected virtual int CountDots(TDirectory directory) => 2;

    /// <summary>The parent of a directory of which ".." is no entry.</summary>
    /// <param name="node">The directory.</param>
    /// <param name="directory">The same, opened.</param>
    protected virtual NodeId FindParent(NodeId node, TDirectory directory) => throw new NotSupportedException();

    /// <summary>The inode number of a node whose entry says nothing of it.</summary>
    protected virtual ulong FindInode(NodeId node) => node.Value;

    /// <summary>The part of a name that counts when it is looked up.</summary>
    protected virtual ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> name) => name;

    /// <summary>Whether the format finds names in the directory by itself: there is no need of an index.</summary>
    protected virtual bool HasOwnLookup(TDirectory directory) => false;

    /// <summary>Finds a name by what the format has for that.</summary>
    /// <param name="directory">Where.</param>
    /// <param name="name">The name.</param>
    /// <param name="node">The node found.</param>
    /// <returns>Null when the format has nothing that tells: then all entries are looked at.</returns>
    protected virtual bool? TryLookUp(TDirectory directory, ReadOnlySpan<byte> name, out NodeId node)
    {
        node = default;
        return null;
    }

    /// <summary>A node was listed, or found by its name, in a directory: for formats in which a node does not say where it is.</summary>
    protected virtual void Note(NodeId directory, NodeId node)
    {
    }

    private static bool TryMoveNext(ref TCursor cursor, bool hasAdded)
    {
        try
        {
            return cursor.MoveNext();
        }
        catch (Exception e) when (hasAdded && e is ImageException or LinuxException)
        {
            // What came before is handed over first; the next call begins here and fails.
            return false;
        }
    }

    private Opened Open(NodeId directory, bool isAfresh)
    {
        if (_kept.Find<Opened>(KeyOf(directory)) is { } known && !(isAfresh && known.Facts?.Damage is LinuxException))
        {
            return known;
        }

        var opened = new Opened(OpenDirectory(directory));
        Keep(directory, opened);
        return opened;
    }

    private DirectoryEntry Describe(Opened opened, DirectoryFacts facts, int dots, ref TCursor cursor)
    {
        long next = cursor.NextPosition + dots;
        if (facts.Repeated.IsEmpty || facts.Repeated.Find(cursor.Hash) is not { IsEmpty: false } places)
        {
            return DescribeOwn(next, ref cursor);
        }

        if (TryLookUpSafely(opened.Directory, cursor.Name) is { } found)
        {
            return found == cursor.Node
                ? DescribeOwn(next, ref cursor)
                : new DirectoryEntry(cursor.Name, found, NodeType.Unknown, next, FindInode(found));
        }

        foreach (ulong place in places)
        {
            long position = (long)DirectoryIndex.FromPlace(place) * PositionUnit;
            if (position == cursor.Position)
            {
                break;
            }

            using TCursor first = Read(opened.Directory, position);
            if (first.MoveNext() && first.Match(cursor.Name) == NameMatch.Same)
            {
                return new DirectoryEntry(cursor.Name, first.Node, first.Type, next, first.Inode);
            }
        }

        return DescribeOwn(next, ref cursor);
    }

    private static DirectoryEntry DescribeOwn(long next, ref TCursor cursor) =>
        new(cursor.Name, cursor.Node, cursor.Type, next, cursor.Inode) { Record = cursor.Record };

    // What the format has for lookups may be damaged where the entries are not.
    private NodeId? TryLookUpSafely(TDirectory directory, ReadOnlySpan<byte> name)
    {
        try
        {
            return TryLookUp(directory, name, out NodeId node) is true ? node : null;
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            return null;
        }
    }

    private bool TryFind(NodeId directory, Opened opened, ReadOnlySpan<byte> name, out NodeId node)
    {
        NodeId? similar = null;
        Exception? damage;
        if (FindIndex(directory, opened) is { } index)
        {
            foreach (ulong place in index.Find(Hash(opened.Directory, name)))
            {
                using TCursor cursor = Read(opened.Directory, (long)DirectoryIndex.FromPlace(place) * PositionUnit);
                if (cursor.MoveNext() && IsFound(cursor.Match(name), cursor.Node, ref similar))
                {
                    break;
                }
            }

            damage = index.Damage;
        }
        else
        {
            using TCursor cursor = Read(opened.Directory, 0);
            while (cursor.MoveNext() && !IsFound(cursor.Match(name), cursor.Node, ref similar))
            {
            }

            damage = cursor.Damage;
        }

        node = similar ?? default;
        if (similar is null)
        {
            // The name may be what cannot be read: that it does not exist would be a guess.
            return damage is null ? false : throw damage;
        }

        Note(directory, node);
        return true;
    }

    private static bool IsFound(NameMatch match, NodeId node, ref NodeId? found)
    {
        if (match == NameMatch.Same || (match == NameMatch.Similar && found is null))
        {
            found = node;
        }

        return match == NameMatch.Same;
    }

    private DirectoryFacts FindFacts(NodeId directory, Opened opened)
    {
        if (opened.Facts is { } known)
        {
            return known;
        }

        lock (GateOf(directory))
        {
            return opened.Facts ?? Scan(directory, opened, !HasOwnLookup(opened.Directory));
        }
    }

    private DirectoryIndex? FindIndex(NodeId directory, Opened opened)
    {
        if (opened.Index is null && opened.Facts is not { HasIndex: false })
        {
            lock (GateOf(directory))
            {
                if (opened.Index is null)
                {
                    Scan(directory, opened, keepsIndex: true);
                }
            }
        }

        return opened.Index;
    }

    private void Keep(NodeId directory, Opened opened) =>
        _kept.Add(KeyOf(directory), opened, OwnWeight + Weigh(opened.Directory) + (opened.Facts?.Repeated.Weight ?? 0) + (opened.Index?.Weight ?? 0));

    private DirectoryFacts Scan(NodeId directory, Opened opened, bool keepsIndex)
    {
        var names = new DirectoryIndexBuilder(_kept.MaxBytesOfLatest / sizeof(ulong));
        uint subdirectories = 0;
        long end = 0;
        Exception? failure = null;
        int unit = PositionUnit;
        TCursor cursor = Read(opened.Directory, 0);
        try
        {
            while (TryMoveNext(ref cursor, ref failure))
            {
                subdirectories += cursor.Type == NodeType.Directory ? 1u : 0;
                long place = cursor.Position / unit;
                names.Add(cursor.Hash, place);
                if (cursor.AliasHash is uint alias)
                {
                    names.Add(alias, place);
                }

                end = cursor.NextPosition;
            }

            Exception? damage = cursor.Damage ?? failure;
            DirectoryIndex? index = names.Build(damage, out DirectoryIndex repeated);
            opened.Index = keepsIndex ? index : null;
            opened.Facts = new DirectoryFacts
            {
                Subdirectories = subdirectories,
                HasIndex = index is not null,
                Repeated = repeated,
                Damage = damage,
                Unreachable = cursor.Unreachable,
                Failure = failure as ImageException,
                End = end,
            };
        }
        finally
        {
            cursor.Dispose();
        }

        Keep(directory, opened);
        return opened.Facts;
    }

    private static bool TryMoveNext(ref TCursor cursor, ref Exception? failure)
    {
        try
        {
            return cursor.MoveNext();
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            failure = e;
            return false;
        }
    }

    private static UInt128 KeyOf(NodeId directory) => new(directory.Space, directory.Value);

    private Lock GateOf(NodeId directory) => _gates[unchecked(directory.Value * Spread) >> GateShift];

    private sealed class Opened(TDirectory directory)
    {
        public TDirectory Directory => directory;

        // Both are written once they are whole, and never changed.
        public DirectoryFacts? Facts { get; set; }

        public DirectoryIndex? Index { get; set; }
    }
}
