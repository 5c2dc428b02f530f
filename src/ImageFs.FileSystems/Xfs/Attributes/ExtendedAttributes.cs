using System.Buffers.Binary;
using ImageFs.FileSystems.Xfs.Log;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Xfs.Attributes;

/// <summary>The extended attributes of inodes: in the inode, or in leaves of the fork of attributes, found by their hashes.</summary>
/// <param name="volume">The file system.</param>
internal sealed class ExtendedAttributes(XfsVolume volume)
{
    /// <summary>Where they are specified.</summary>
    public const string Clause = "xfs_attr_leafblock";

    private const int ShortHeaderSize = 4;

    // XFS_XATTR_SIZE_MAX.
    private const int MaxValue = 64 * 1024;

    private readonly RemotePieces _values = new(volume, "value of an attribute", RemotePieces.ValueMagic, "xfs_attr3_rmt_hdr");

    private delegate bool Visitor(in AttributeEntry entry);

    /// <summary>The whole names that Linux shows.</summary>
    /// <exception cref="ImageException">They are damaged.</exception>
    public List<byte[]> List(Inode inode)
    {
        var names = new List<byte[]>();
        IReadOnlyList<AttributeChange> changes = ChangesOf(inode);
        bool Add(in AttributeEntry entry)
        {
            if (entry.IsShown && FindChange(changes, AttributeName.KindOf(entry.Flags), entry.Name) is null)
            {
                AttributeName.AddTo(names, entry.Flags, entry.Name);
            }

            return true;
        }

        if (inode.IsLocal(isAttributes: true))
        {
            VisitLocal(inode, Add);
        }
        else if (Open(inode) is { } blocks)
        {
            VisitLeaves(blocks, Add);
        }

        foreach (AttributeChange change in changes.Where(change => change.Value is not null))
        {
            AttributeName.AddTo(names, change.Kind, change.Name);
        }

        return names;
    }

    /// <summary>The value of an attribute; null when there is none of the name.</summary>
    /// <param name="inode">The inode.</param>
    /// <param name="name">The whole name.</param>
    /// <exception cref="ImageException">They are damaged.</exception>
    public byte[]? Get(Inode inode, ReadOnlySpan<byte> name)
    {
        if (!AttributeName.TryParse(name, out AttributeFlags kind, out ReadOnlySpan<byte> onDisk, out bool isAccessControlList))
        {
            return null;
        }

        byte[]? value = FindChange(ChangesOf(inode), kind, onDisk) is { } change ? change.Value
            : inode.IsLocal(isAttributes: true) ? FindLocal(inode, kind, onDisk) : FindByHash(inode, kind, onDisk);
        return value is null || !isAccessControlList
            ? value
            : AccessControlList.FromDisk(value)
                ?? throw new InvalidImageException($"attributes of inode {inode.Number}", inode.Address, "its access control list is not valid", "xfs_acl");
    }

    // What the log began and was finished here.
    private IReadOnlyList<AttributeChange> ChangesOf(Inode inode) => volume.Recovery?.Finished.AttributesOf(inode.Number) ?? [];

    private static AttributeChange? FindChange(IReadOnlyList<AttributeChange> changes, AttributeFlags kind, ReadOnlySpan<byte> name)
    {
        foreach (AttributeChange change in changes)
        {
            if (change.IsOf(kind, name))
            {
                return change;
            }
        }

        return null;
    }

    private static byte[]? FindLocal(Inode inode, AttributeFlags kind, ReadOnlySpan<byte> onDisk)
    {
        byte[] wanted = onDisk.ToArray();
        byte[]? value = null;
        VisitLocal(inode, (in AttributeEntry entry) =>
        {
            bool isFound = AttributeName.IsOf(in entry, kind, wanted);
            value = isFound ? entry.Value.ToArray() : value;
            return !isFound;
        });
        return value;
    }

    private static void VisitLocal(Inode inode, Visitor visit)
    {
        ReadOnlySpan<byte> fork = inode.AttributeFork;
        int end = fork.Length < ShortHeaderSize ? 0 : Math.Min(BinaryPrimitives.ReadUInt16BigEndian(fork), fork.Length);
        int left = end < ShortHeaderSize ? 0 : fork[2];
        int next = ShortHeaderSize;
        for (; left > 0; left--)
        {
            int length = AttributeEntry.ReadShort(fork[next..end], out AttributeEntry entry);
            if (length == 0)
            {
                throw new InvalidImageException($"attributes of inode {inode.Number}", inode.Address, $"{left} of them do not fit {fork.Length} bytes", "xfs_attr_sf_hdr");
            }

            if (entry.Problem is { } problem)
            {
                throw new InvalidImageException($"attributes of inode {inode.Number}", inode.Address, $"of attribute {fork[2] - left}, {problem}", "xfs_attr_sf_entry");
            }

            if (!visit(in entry))
            {
                return;
            }

            next += length;
        }
    }

    private HashBlocks? Open(Inode inode)
    {
        if (inode.ForkOffset == 0)
        {
            return null;
        }

        var map = new ForkMap(volume, inode, isAttributes: true);
        return map.Find(0).Kind == ExtentKind.Hole ? null : new HashBlocks(volume, map, isAttributes: true);
    }

    // Leaves follow one another, from that of the lowest hash on. What is not where its hash leads would be listed and not found.
    private static void VisitLeaves(HashBlocks blocks, Visitor visit)
    {
        using var buffer = new PooledBuffer(blocks.BlockSize);
        HashBlock leaf = blocks.FindLeaf(0, 0, buffer.Span, out long address);
        long most = blocks.CountBlocks();
        uint before = 0;
        while (true)
        {
            HashList hashes = leaf.Entries;
            for (int i = 0; i < leaf.Count; i++)
            {
                AttributeEntry entry = Read(leaf, i, address);
                uint hash = hashes.Hash(i);
                if (hash < before || (entry.IsShown && hash != Directories.NameHashing.Hash(entry.Name)))
                {
                    throw Damaged(address, $"the hash of attribute {i} is 0x{hash:X8}, which is not that of its name, or out of order");
                }

                before = hash;
                visit(in entry);
            }

            if (leaf.Next == 0)
            {
                return;
            }

            leaf = GoOn(blocks, leaf, buffer.Span, ref address, ref most);
        }
    }

    private byte[]? FindByHash(Inode inode, AttributeFlags kind, ReadOnlySpan<byte> onDisk)
    {
        if (Open(inode) is not { } blocks)
        {
            return null;
        }

        uint hash = Directories.NameHashing.Hash(onDisk);
        using var buffer = new PooledBuffer(blocks.BlockSize);
        HashBlock leaf = blocks.FindLeaf(0, hash, buffer.Span, out long address);
        long most = blocks.CountBlocks();
        while (true)
        {
            int i = leaf.Entries.FindFirst(hash);
            for (; i < leaf.Count && leaf.Entries.Hash(i) == hash; i++)
            {
                AttributeEntry entry = Read(leaf, i, address);
                if (AttributeName.IsOf(in entry, kind, onDisk))
                {
                    return ReadValue(blocks.Map, in entry, address);
                }
            }

            if (i < leaf.Count || leaf.Next == 0)
            {
                return null;
            }

            leaf = GoOn(blocks, leaf, buffer.Span, ref address, ref most);
        }
    }

    private byte[] ReadValue(ForkMap map, in AttributeEntry entry, long address)
    {
        if (entry.ValueBlock == 0)
        {
            return entry.Value.ToArray();
        }

        if (entry.ValueLength > MaxValue)
        {
            throw Damaged(address, $"a value has {entry.ValueLength} bytes");
        }

        byte[] value = new byte[entry.ValueLength];
        _values.Read(map, entry.ValueBlock, value);
        return value;
    }

    private static HashBlock GoOn(HashBlocks blocks, HashBlock leaf, Span<byte> buffer, scoped ref long address, scoped ref long most)
    {
        uint next = leaf.Next;
        leaf = blocks.ReadHashes(next, buffer, out address);
        return leaf.IsNode || --most <= 0 ? throw Damaged(address, "it does not go on where the leaf before it ends") : leaf;
    }

    private static AttributeEntry Read(HashBlock leaf, int index, long address) =>
        !AttributeEntry.TryRead(leaf, index, out AttributeEntry entry) ? throw Damaged(address, $"attribute {index} does not lie in it")
        : entry.Problem is { } problem ? throw Damaged(address, $"of attribute {index}, {problem}")
        : entry;

    private static InvalidImageException Damaged(long address, string problem) => new("hashes of attributes", address, problem, Clause);
}
