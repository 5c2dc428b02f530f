using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Btrfs.Devices;

/// <summary>The devices of a file system, and what its chunks make of them.</summary>
internal sealed class DeviceSet
{
    // Of 1 GiB each these are 256 TiB.
    private const int MaxChunks = 256 << 10;
    private const int MaxDevices = 64 << 10;

    private readonly DeviceTable _devices = new();
    private readonly List<(SuperBlock Super, BlockSource Source)> _seeds = [];
    private readonly OpenContext _context;

    private DeviceSet(IReadOnlyList<BlockSource> sources, RescueOptions rescue, OpenContext context)
    {
        _context = context;
        Super = SuperBlock.Read(sources[0]);
        AddMembers(sources);
        RefuseFlags(rescue);
        Geometry = Super.ToGeometry() with
        {
            SeedIds = [.. _seeds.Select(seed => seed.Super.MetadataId).Distinct()],
            IgnoresChecksums = rescue.IgnoresMetadataChecksums,
        };
        Logical = new LogicalSource(ReadSystemChunks());
        Reader = new NodeReader(Logical, Geometry, context.Memory.Blocks);
        Logical = new LogicalSource(ReadChunks());
        Reader = new NodeReader(Logical, Geometry, context.Memory.Blocks);
        ChunkTree = new Trees.Tree(Reader, Super.ChunkTree);
        Devices = ReadDevices();
    }

    /// <summary>The newest super block of all devices.</summary>
    public SuperBlock Super { get; private set; }

    /// <summary>What everybody needs who reads a tree.</summary>
    public Geometry Geometry { get; }

    /// <summary>Its logical addresses.</summary>
    public LogicalSource Logical { get; }

    /// <summary>Reads the nodes of its trees.</summary>
    public NodeReader Reader { get; }

    /// <summary>The tree of chunks and devices.</summary>
    public Trees.Tree ChunkTree { get; }

    /// <summary>Its devices, those that are missing among them, in the order of their numbers.</summary>
    public IReadOnlyList<MemberDevice> Devices { get; }

    /// <summary>Finds the devices of a file system, and reads its chunks.</summary>
    /// <param name="sources">The device that was meant, and others that may be of the same file system, or of a seed that it grew from.</param>
    /// <param name="options">Whether devices may be missing, and what is passed over.</param>
    /// <param name="context">What the file system is opened with.</param>
    /// <exception cref="InvalidImageException">A structure contradicts itself.</exception>
    /// <exception cref="TruncatedImageException">A device is missing.</exception>
    /// <exception cref="UnsupportedFeatureException">It has something that is not read.</exception>
    /// <exception cref="LinuxException">A device failed.</exception>
    public static DeviceSet Open(IReadOnlyList<BlockSource> sources, DeviceOptions options, OpenContext context)
    {
        var set = new DeviceSet(sources, options.Rescue, context);
        MemberDevice[] missing = [.. set.Devices.Where(device => device.Source is null)];
        if (missing.Length > 0)
        {
            string names = string.Join(", ", missing.Select(device => device.Key.ToString()));
            string what = $"{names} of {set.Devices.Count} devices {(missing.Length == 1 ? "is" : "are")} missing";
            if (!options.IsDegraded)
            {
                throw new TruncatedImageException($"{what}: -o device=FILE names the image of one, -o degraded reads what is left");
            }

            context.Warn($"{what}: what has no other copy cannot be read");
        }

        return set;
    }

    // What is being changed into something else, or may be.
    private void RefuseFlags(RescueOptions rescue)
    {
        if (Super.UnknownFlags is 0 || rescue.IgnoresSuperFlags)
        {
            return;
        }

        string what = (Super.UnknownFlags & SuperBlockFlags.Changing) != 0 ? "a change that btrfstune has not ended" : "an unknown state";
        throw new UnsupportedFeatureException(
            $"Btrfs in {what} (flags 0x{(ulong)Super.UnknownFlags:X}; rescue=ignoresuperflags reads it as far as it can be read)", SuperBlock.Clause);
    }

    // The newest super block of all counts. Devices that were left behind are told: they are read last.
    private void AddMembers(IReadOnlyList<BlockSource> sources)
    {
        UInt128 id = Super.FileSystemId;
        var members = new List<(SuperBlock Super, BlockSource Source)> { (Super, sources[0]) };
        for (int i = 1; i < sources.Count; i++)
        {
            if (TryReadSuper(sources[i]) is not { } super)
            {
                continue;
            }

            if (super.FileSystemId == id)
            {
                members.Add((super, sources[i]));
            }
            else if (super.Flags.HasFlag(SuperBlockFlags.Seeding))
            {
                _seeds.Add((super, sources[i]));
            }
            else
            {
                _context.Warn($"{super.Device.Key} is of file system {UuidText.Of(super.FileSystemId)}, not of {UuidText.Of(id)}: it is left out");
            }
        }

        Super = members.MaxBy(member => member.Super.Generation).Super;
        foreach ((SuperBlock super, BlockSource source) in members.OrderByDescending(member => member.Super.Generation))
        {
            Add(super, source, Super.Generation);
        }

        foreach ((SuperBlock super, BlockSource source) in _seeds)
        {
            Add(super, source, super.Generation);
        }
    }

    private void Add(SuperBlock super, BlockSource source, ulong newest)
    {
        DeviceKey key = super.Device.Key;
        if (key.Id == 0)
        {
            // It is just taking the place of another one, which has all that it will have.
            return;
        }

        if (_devices.Get(key).Source is not null)
        {
            _context.Warn($"{key} is there twice, in the states of transactions {_devices.Get(key).Generation} and {super.Generation}: the first of them is taken");
            return;
        }

        // Super blocks are written one after the other, when all that they lead to is there: those of one transaction before lead there, too.
        bool isStale = super.Generation + 1 < newest;
        if (isStale)
        {
            _context.Warn($"{key} was left behind at transaction {super.Generation} of {newest}: it is read only where nothing else has the data");
        }

        VolumeLength.WarnIfCut(source, (long)super.Device.TotalBytes, _context.Warn);
        _devices.Add(new MemberDevice(key, source, super.Generation, isStale));
    }

    private SuperBlock? TryReadSuper(BlockSource source)
    {
        try
        {
            return SuperBlock.Read(source);
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            _context.Warn($"a device is left out: {e.Message}");
            return null;
        }
    }

    private List<Chunk> ReadSystemChunks()
    {
        var chunks = new List<Chunk>();
        ReadOnlySpan<byte> rest = Super.SystemChunks;
        long address = Super.Address + SuperBlock.SystemChunksOffset;
        while (rest.Length > 0)
        {
            if (rest.Length < TreeKey.Size || TreeKey.Read(rest) is not { ObjectId: ObjectIds.FirstFree, Type: ItemType.ChunkItem } key)
            {
                throw new InvalidImageException("system chunks", address, "they are no chunks", "sys_chunk_array");
            }

            Chunk chunk = Chunk.Read(key.Offset, rest[TreeKey.Size..], address, Geometry.SectorSize, _devices);
            int size = TreeKey.Size + new ChunkItem(rest[TreeKey.Size..]).Size;
            if (!chunk.Flags.HasFlag(Items.BlockGroupFlags.System))
            {
                throw new InvalidImageException("system chunks", address, $"that of 0x{key.Offset:X} is for something else", "sys_chunk_array");
            }

            chunks.Add(chunk);
            rest = rest[size..];
            address += size;
        }

        return chunks;
    }

    private List<Chunk> ReadChunks()
    {
        var chunks = new List<Chunk>();
        using TreeCursor cursor = new Trees.Tree(Reader, Super.ChunkTree).Open();
        for (bool isThere = cursor.SeekFirst(new TreeKey(ObjectIds.FirstFree, ItemType.ChunkItem, 0));
             isThere && cursor.Key is { ObjectId: ObjectIds.FirstFree, Type: ItemType.ChunkItem } key;
             isThere = cursor.MoveNext())
        {
            if (chunks.Count == MaxChunks)
            {
                throw new UnsupportedFeatureException($"more than {MaxChunks} chunks", Chunk.Clause);
            }

            chunks.Add(Chunk.Read(key.Offset, cursor.Data, (long)cursor.Address, Geometry.SectorSize, _devices));
        }

        return chunks;
    }

    private List<MemberDevice> ReadDevices()
    {
        var devices = new List<MemberDevice>();
        var used = new HashSet<UInt128> { Super.FileSystemId };
        using TreeCursor cursor = ChunkTree.Open();
        for (bool isThere = cursor.SeekFirst(new TreeKey(ObjectIds.Devices, ItemType.DeviceItem, 0));
             isThere && cursor.Key is { ObjectId: ObjectIds.Devices, Type: ItemType.DeviceItem } key;
             isThere = cursor.MoveNext())
        {
            if (cursor.Data.Length < DeviceItem.Size)
            {
                throw ChunkTree.Damaged("btrfs_dev_item", cursor.Address, $"it has {cursor.Data.Length} bytes");
            }

            var item = new DeviceItem(cursor.Data);
            if (item.Key.Id != key.Offset)
            {
                throw ChunkTree.Damaged("btrfs_dev_item", cursor.Address, $"its number is {item.Key.Id}, not {key.Offset}");
            }

            if (devices.Count == MaxDevices)
            {
                throw new UnsupportedFeatureException($"more than {MaxDevices} devices", "btrfs_dev_item");
            }

            devices.Add(_devices.Get(item.Key));
            used.Add(item.FileSystemId);
        }

        foreach ((SuperBlock super, _) in _seeds.Where(seed => !used.Contains(seed.Super.FileSystemId)))
        {
            _context.Warn($"{super.Device.Key} is of the seed {UuidText.Of(super.FileSystemId)}, which {UuidText.Of(Super.FileSystemId)} did not grow from: it is left out");
        }

        return devices;
    }
}
