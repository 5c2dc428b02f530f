using ImageFs.FileSystems.Iso9660.RockRidge;
using ImageFs.Storage;
using ImageFs.Storage.Decoding;

namespace ImageFs.FileSystems.Iso9660;

/// <summary>What every reader of the volume's structures needs to know of it.</summary>
internal sealed class Iso9660Volume
{
    private const int CacheBlockSize = 8192;

    // At most half a megabyte, with a block of 2048 bytes each.
    private const int KnownContinuations = 256;

    private readonly Action<string> _warn;
    private readonly bool _isOfVolumeSet;
    private readonly ushort _volumeSequenceNumber;
    private int _hasWarnedOfRecords;

    /// <summary>Opens the volume that a descriptor set describes, and decides which tree is shown.</summary>
    /// <exception cref="ImageException">It cannot be read.</exception>
    public Iso9660Volume(BlockSource source, VolumeDescriptorSet descriptors, Iso9660Options options, OpenContext context)
    {
        Source = source;
        Descriptors = descriptors;
        Options = options;
        Cache = new BlockCache(source, CacheBlockSize, context.Memory.Blocks);
        Indexes = context.Memory.Indexes.ForOwner();
        Decoded = context.Memory.Decoded.ForOwner();
        _warn = context.Warn;

        DescriptorSector? joliet = options.NoJoliet ? null : descriptors.Joliet;
        Shown = (options.NoRockRidge ? joliet : null) ?? descriptors.Primary ?? joliet
            ?? throw new InvalidImageException(
                "volume descriptor set", 16 * VolumeDescriptor.Length, "it has no primary volume descriptor", "ECMA-119 6.7.1.1");
        BlockSize = CheckDescriptor(Shown);
        _isOfVolumeSet = Shown.Volume.VolumeSetSize > 1;
        _volumeSequenceNumber = Shown.Volume.VolumeSequenceNumber;
        Root = FindRoot(Shown);
        RockRidge = options.NoRockRidge || descriptors.Primary is null || descriptors.IsHighSierra ? null : RockRidgeVersion.Find(this, Root);

        // Linux: with an ER entry it is Rock Ridge, unless the root is empty where Joliet's is not; without one, Joliet goes before.
        bool isRockRidge = RockRidge?.Identifier is not null && !(joliet is not null && IsEmpty(Root));
        if (joliet is not null && !isRockRidge)
        {
            Tree = Iso9660Tree.Joliet;
            Shown = joliet;
            Root = FindRoot(joliet);
        }
        else
        {
            Tree = RockRidge is null ? Iso9660Tree.Plain : Iso9660Tree.RockRidge;
        }

        Comparison = new NameComparison(options.CheckRelaxed ?? (Tree == Iso9660Tree.Joliet), Tree == Iso9660Tree.Joliet);
    }

    /// <summary>The image.</summary>
    public BlockSource Source { get; }

    /// <summary>Its metadata, cached.</summary>
    public BlockCache Cache { get; }

    /// <summary>The blocks of its compressed files.</summary>
    public DecodedBlocks Decoded { get; }

    /// <summary>The indexes of its directories.</summary>
    public IndexShare Indexes { get; }

    /// <summary>The long continuation areas that were last read.</summary>
    public SlotCache<long, ContinuationEntries> Continuations { get; } = new(KnownContinuations);

    /// <summary>The volume descriptors.</summary>
    public VolumeDescriptorSet Descriptors { get; }

    /// <summary>The descriptor of the tree that is shown.</summary>
    public DescriptorSector Shown { get; }

    /// <summary>The mount options.</summary>
    public Iso9660Options Options { get; }

    /// <summary>Bytes in a logical block (ECMA-119 8.4.12).</summary>
    public int BlockSize { get; }

    /// <summary>The tree that is shown.</summary>
    public Iso9660Tree Tree { get; }

    /// <summary>Which names are the same in a lookup.</summary>
    public NameComparison Comparison { get; }

    /// <summary>What is known of Rock Ridge; null when it was not looked for.</summary>
    public RockRidgeVersion? RockRidge { get; }

    /// <summary>Address of the root directory.</summary>
    public long Root { get; }

    /// <summary>Address of a logical block.</summary>
    public long ToAddress(long block) => block * BlockSize;

    /// <summary>Reads the directory record at an address.</summary>
    /// <param name="address">Where it begins.</param>
    /// <param name="buffer">At least <see cref="DirectoryRecord.MaxLength"/> bytes, for the record.</param>
    /// <exception cref="ImageException">There is none, or it is damaged.</exception>
    public DirectoryRecord ReadRecord(long address, Span<byte> buffer)
    {
        var cursor = new DirectoryCursor(Cache, BlockSize, address, DirectoryRecord.MaxLength, 0, buffer) { IsHighSierra = Descriptors.IsHighSierra };
        return cursor.MoveNext() && cursor.Position == 0
            ? Note(cursor.Current, address)
            : throw cursor.Damage ?? new InvalidImageException("directory record", address, "there is none", "ECMA-119 9.1");
    }

    /// <summary>Warns of what is wrong but harmless.</summary>
    public void WarnOf(string problem) => _warn(problem);

    /// <summary>Warns of a record whose two byte orders disagree, the first time there is one.</summary>
    public DirectoryRecord Note(DirectoryRecord record, long address)
    {
        if (!record.FieldsAgree && Interlocked.Exchange(ref _hasWarnedOfRecords, 1) == 0)
        {
            WarnOfByteOrders("directory record", address);
        }

        return record;
    }

    /// <summary>The System Use entries of a directory record.</summary>
    /// <param name="record">The record.</param>
    /// <param name="address">Where it is.</param>
    /// <param name="skip">Bytes of the System Use area in front of the entries.</param>
    /// <param name="buffer">At least <see cref="SystemUseReader.BufferLength"/> bytes, for one entry.</param>
    public SystemUseReader ReadSystemUse(DirectoryRecord record, long address, int skip, Span<byte> buffer)
    {
        int length = Math.Max(0, record.SystemUse.Length - skip);
        return new SystemUseReader(Cache, Continuations, BlockSize, address + record.Length - length, record.SystemUse[^length..], buffer);
    }

    /// <summary>What Rock Ridge says of a directory record; nothing in a tree without it.</summary>
    /// <param name="record">The record.</param>
    /// <param name="address">Where it is.</param>
    /// <param name="name">At least 255 bytes, for the name.</param>
    /// <param name="target">For the target of a symbolic link, see <see cref="SymbolicLinkTarget"/>.</param>
    /// <exception cref="ImageException">An entry is damaged.</exception>
    public RockRidgeFields ReadRockRidge(DirectoryRecord record, long address, Span<byte> name, Span<byte> target) =>
        Tree == Iso9660Tree.RockRidge
            ? RockRidgeFields.Read(ReadSystemUse(record, address, stackalloc byte[SystemUseReader.BufferLength]), name, target)
            : default;

    /// <summary>As <see cref="ReadRockRidge"/>, but only what a directory's listing shows.</summary>
    /// <param name="record">The record.</param>
    /// <param name="address">Where it is.</param>
    /// <param name="name">At least 255 bytes, for the name.</param>
    /// <param name="steps">Grows by the entries that were gone through.</param>
    public RockRidgeFields ReadRockRidgeName(DirectoryRecord record, long address, Span<byte> name, ref long steps) =>
        Tree == Iso9660Tree.RockRidge
            ? RockRidgeFields.ReadName(ReadSystemUse(record, address, stackalloc byte[SystemUseReader.BufferLength]), name, ref steps)
            : default;

    /// <summary>Refuses an extent that is on another volume of the volume set.</summary>
    /// <exception cref="UnsupportedFeatureException">It is.</exception>
    public void RequireThisVolume(ushort volumeSequenceNumber)
    {
        if (_isOfVolumeSet && volumeSequenceNumber != 0 && volumeSequenceNumber != _volumeSequenceNumber)
        {
            throw new UnsupportedFeatureException(
                $"a volume set, of which this is volume {_volumeSequenceNumber} and the data is on volume {volumeSequenceNumber}",
                "ECMA-119 9.1.9");
        }
    }

    private SystemUseReader ReadSystemUse(DirectoryRecord record, long address, Span<byte> buffer)
    {
        int skip = RockRidge is null ? 0 : address == Root ? RockRidge.RootSkip : RockRidge.Skip;
        return ReadSystemUse(record, address, skip, buffer);
    }

    private void WarnOfByteOrders(string structure, long address) =>
        _warn($"{structure} at 0x{address:X}: the byte orders of a number disagree, the little-endian one counts (ECMA-119 7.3.3)");

    private int CheckDescriptor(DescriptorSector descriptor)
    {
        PrimaryVolumeDescriptor volume = descriptor.Volume;
        if (!volume.FieldsAgree)
        {
            WarnOfByteOrders("volume descriptor", descriptor.Address);
        }

        return volume.LogicalBlockSize is 512 or 1024 or 2048
            ? volume.LogicalBlockSize
            : throw new InvalidImageException(
                "volume descriptor", descriptor.Address, $"its logical block size is {volume.LogicalBlockSize}", "ECMA-119 8.4.12");
    }

    private long FindRoot(DescriptorSector descriptor)
    {
        long root = ToAddress(descriptor.Volume.LocationOfRoot);
        return root < Source.Length
            ? root
            : throw new InvalidImageException("root directory", root, "it lies beyond the end of the image", "ECMA-119 8.4.18");
    }

    /// <summary>Whether the directory's first block, which is all that Linux looks at, has only the records of itself and its parent.</summary>
    private bool IsEmpty(long directory)
    {
        Span<byte> buffer = stackalloc byte[DirectoryRecord.MaxLength];
        var cursor = new DirectoryCursor(Cache, BlockSize, directory, BlockSize, 0, buffer);
        int records = 0;
        while (records < 3 && cursor.MoveNext())
        {
            records++;
        }

        return records < 3;
    }
}
