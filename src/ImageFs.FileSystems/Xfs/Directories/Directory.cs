using ImageFs.FileSystems.Directories;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Xfs.Directories;

/// <summary>A directory that was opened: its blocks, or the part of the inode that takes their place.</summary>
internal sealed class Directory
{
    // XFS_DIR2_LEAF_OFFSET: where the hashes begin.
    private const long HashStart = 1L << 35;
    private const int MaxPrefetch = 128 * 1024;

    private readonly XfsVolume _volume;
    private readonly byte[]? _local;
    private readonly HashBlocks? _blocks;

    // Once one of its blocks was found to be so: it never changes.
    private bool _hasLeaves;

    /// <param name="volume">The file system.</param>
    /// <param name="inode">The inode.</param>
    /// <exception cref="LinuxException">It is not a directory's.</exception>
    /// <exception cref="ImageException">It is damaged.</exception>
    public Directory(XfsVolume volume, Inode inode)
    {
        if (inode.Type != NodeType.Directory)
        {
            throw new LinuxException("readdir", Errno.ENOTDIR, $"inode {inode.Number}");
        }

        _volume = volume;
        Number = inode.Number;
        Address = inode.Address;
        if (!inode.IsLocal(isAttributes: false))
        {
            _blocks = new HashBlocks(volume, new ForkMap(volume, inode, isAttributes: false), isAttributes: false);
            return;
        }

        ReadOnlySpan<byte> fork = inode.DataFork;
        if (inode.Size > fork.Length || !ShortFormWalker.IsGood(fork[..(int)inode.Size]))
        {
            throw new InvalidImageException($"directory of inode {Number}", Address, $"{inode.Size} bytes of it are not in {fork.Length}", "xfs_dir2_sf_hdr");
        }

        _local = fork[..(int)inode.Size].ToArray();
    }

    /// <summary>The number of its inode.</summary>
    public long Number { get; }

    /// <summary>Where its inode is in the volume.</summary>
    public long Address { get; }

    /// <summary>Whether its entries are in the inode.</summary>
    public bool IsLocal => _local is not null;

    /// <summary>Its entries, when they are in the inode.</summary>
    public ReadOnlySpan<byte> Local => _local;

    /// <summary>Bytes of memory that it takes.</summary>
    public int Size => _local?.Length ?? _blocks!.Map.Size;

    /// <summary>The file system.</summary>
    public XfsVolume Volume => _volume;

    /// <summary>Bytes of a block.</summary>
    public int BlockSize => _volume.Geometry.DirectoryBlockSize;

    private int BlocksOfEach => BlockSize / _volume.Geometry.BlockSize;

    private HashBlocks Blocks => _blocks!;

    /// <summary>Has the kernel begin to read the entries, where they are in blocks; of a large directory the first ones.</summary>
    public void PrefetchEntries()
    {
        if (!IsLocal && Blocks.Map.Find(0) is { Kind: ExtentKind.Mapped } run)
        {
            _volume.Source.Prefetch(_volume.Geometry.AddressOf(run.Start), Math.Min(MaxPrefetch, run.Count * _volume.Geometry.BlockSize));
        }
    }

    /// <summary>The first block at or after another that has entries: one may be missing where all were removed.</summary>
    /// <param name="block">The block's number, counted in blocks of directories.</param>
    /// <returns>Null when there is none.</returns>
    public long? FindBlock(long block)
    {
        long end = HashStart / BlockSize;
        while (block < end)
        {
            BlockRun run = Blocks.Map.Find(block * BlocksOfEach);
            if (run.Kind != ExtentKind.Hole)
            {
                return block;
            }

            block = run.End / BlocksOfEach;
        }

        return null;
    }

    /// <summary>A block with entries.</summary>
    /// <param name="block">Its number, counted in blocks of directories.</param>
    /// <param name="buffer">Takes it.</param>
    /// <param name="address">Where it begins in the volume.</param>
    /// <exception cref="ImageException">It is damaged, or not there.</exception>
    /// <exception cref="LinuxException">The device failed.</exception>
    public DirectoryData Read(long block, Span<byte> buffer, out long address) =>
        new(Blocks.Read(block * BlocksOfEach, _volume.DirectoryDataCheck, buffer, out address), _volume.Geometry.HasChecksums);

    /// <summary>The hash that a name has on disk.</summary>
    public uint HashOnDisk(ReadOnlySpan<byte> name) => _volume.Geometry.IgnoresCase ? NameHashing.HashCaseless(name) : NameHashing.Hash(name);

    /// <summary>The hash that a name has in an index in memory.</summary>
    public uint HashInMemory(ReadOnlySpan<byte> name)
    {
        if (!_volume.Geometry.IgnoresCase)
        {
            return NameHash.Of(name);
        }

        Span<byte> folded = stackalloc byte[NameHashing.MaxName];
        name = name[..Math.Min(name.Length, folded.Length)];
        NameHashing.Fold(name, folded);
        return NameHash.Of(folded[..name.Length]);
    }

    /// <summary>Whether an entry's name is one that is looked for.</summary>
    public NameMatch Match(ReadOnlySpan<byte> entry, ReadOnlySpan<byte> name) =>
        entry.SequenceEqual(name) ? NameMatch.Same
        : _volume.Geometry.IgnoresCase && NameHashing.AreSimilar(entry, name) ? NameMatch.Similar
        : NameMatch.None;

    /// <summary>Finds a name by its hash; for a directory in blocks.</summary>
    /// <param name="name">The name.</param>
    /// <param name="inode">The number of its inode.</param>
    /// <returns>False when there is none of the name.</returns>
    /// <exception cref="ImageException">A block on the way is damaged.</exception>
    /// <exception cref="LinuxException">The device failed.</exception>
    public bool TryFind(ReadOnlySpan<byte> name, out long inode)
    {
        using var buffer = new PooledBuffer(BlockSize);
        using var dataBuffer = new PooledBuffer(BlockSize);
        uint hash = HashOnDisk(name);
        inode = -1;
        if (!_hasLeaves && FindBlock(0) is 0)
        {
            DirectoryData first = Read(0, dataBuffer.Span, out _);
            _hasLeaves = !first.IsWhole;
            if (first.IsWhole)
            {
                first.Bytes.CopyTo(buffer.Span);
                HashList hashes = new DirectoryData(buffer.Span, _volume.Geometry.HasChecksums).Hashes;
                Find(hashes, hash, name, dataBuffer.Span, ref inode);
                return inode >= 0;
            }
        }

        HashBlock leaf = Blocks.FindLeaf(HashStart / _volume.Geometry.BlockSize, hash, buffer.Span, out long address);
        while (!Find(leaf.Entries, hash, name, dataBuffer.Span, ref inode) && leaf.Next != 0)
        {
            uint last = leaf.Count == 0 ? hash : leaf.Entries.Hash(leaf.Count - 1);
            long before = address;
            leaf = Blocks.ReadHashes(leaf.Next, buffer.Span, out address);
            if (leaf.Count == 0 || leaf.IsNode || leaf.Entries.Hash(0) < last || address == before)
            {
                throw _volume.DirectoryHashCheck.Damaged(address, "it does not go on where the leaf before it ends");
            }
        }

        return inode >= 0;
    }

    /// <returns>Whether nothing is to be looked for in the next leaf: the name was found, or all entries with the hash were looked at.</returns>
    private bool Find(HashList hashes, uint hash, ReadOnlySpan<byte> name, Span<byte> buffer, ref long inode)
    {
        for (int i = hashes.FindFirst(hash); i < hashes.Count; i++)
        {
            if (hashes.Hash(i) != hash)
            {
                return true;
            }

            // What was removed leads nowhere.
            uint place = hashes.Target(i);
            if (place != 0 && MatchAt(place, name, buffer, out long found) is not NameMatch.None and var match)
            {
                if (match == NameMatch.Same)
                {
                    inode = found;
                    return true;
                }

                inode = inode < 0 ? found : inode;
            }
        }

        return false;
    }

    private NameMatch MatchAt(uint place, ReadOnlySpan<byte> name, Span<byte> buffer, out long inode)
    {
        (long block, long offset) = Math.DivRem((long)place * DirectoryData.Unit, BlockSize);
        DirectoryData data = Read(block, buffer, out long address);
        var walker = new DirectoryDataWalker(data, _volume.Geometry.HasFileTypes, (int)offset);
        if (offset < data.Start || !walker.MoveNext() || walker.Offset != offset)
        {
            throw new InvalidImageException("directory block", address, $"no entry is at byte {offset} of it, where a hash leads to", DirectoryData.Clause);
        }

        inode = walker.Current.Inode;
        return Match(walker.Current.Name, name);
    }
}
