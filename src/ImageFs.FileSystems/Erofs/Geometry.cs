namespace ImageFs.FileSystems.Erofs;

/// <summary>What the super block says that readers need all the time.</summary>
/// <param name="super">The super block, found good.</param>
internal sealed class Geometry(SuperBlock super)
{
    /// <summary>The block size as a power of two.</summary>
    public int BlockBits { get; } = super.BlockBits;

    /// <summary>Bytes of a block.</summary>
    public int BlockSize => 1 << BlockBits;

    public CompatibleFeatures Compatible { get; } = super.Compatible;

    public IncompatibleFeatures Incompatible { get; } = super.Incompatible;

    /// <summary>Bytes of the super block.</summary>
    public int SuperBlockSize { get; } = super.Size;

    /// <summary>Blocks of the volume, without those of extra devices.</summary>
    public ulong Blocks { get; } = super.Blocks;

    public ulong Inodes { get; } = super.Inodes;

    public ulong RootNode { get; } = super.RootNode;

    public ulong PackedNode { get; } = super.Incompatible.HasFlag(IncompatibleFeatures.Fragments) || super.AttributePrefixes > 0 ? super.PackedNode : 0;

    public ulong MetaboxNode { get; } = super.MetaboxNode;

    public bool HasMetabox => Incompatible.HasFlag(IncompatibleFeatures.Metabox);

    /// <summary>Where numbers of nodes count from, in bytes; it may be negative.</summary>
    public long MetadataStart { get; } = (long)super.MetadataBlock << super.BlockBits;

    /// <summary>Where numbers of shared attributes count from, in bytes.</summary>
    public long AttributeStart { get; } = (long)super.AttributeBlock << super.BlockBits;

    public long Epoch { get; } = super.Epoch;

    public uint FixedNanoseconds { get; } = super.FixedNanoseconds;

    public uint BuildTime { get; } = super.BuildTime;

    public ushort Compressors { get; } = super.Compressors;

    public int ExtraDevices { get; } = super.ExtraDevices;

    /// <summary>Where the table of devices is, in bytes.</summary>
    public long DeviceTable { get; } = (long)super.DeviceTableSlot * Devices.DeviceSlot.Size;

    public int AttributePrefixes { get; } = super.AttributePrefixes;

    /// <summary>Where the long prefixes are, in bytes.</summary>
    public long AttributePrefixStart { get; } = (long)super.AttributePrefixStart * sizeof(uint);

    public Guid Uuid { get; } = super.Uuid;

    public byte[] Label { get; } = super.Label.ToArray();

    /// <summary>Where a block begins, in bytes; of one that lies where no byte can, the largest number.</summary>
    public long AddressOf(ulong block) => block > (ulong)(long.MaxValue >> BlockBits) ? long.MaxValue : (long)block << BlockBits;

    /// <summary>Where something begins that is aligned, at a place or behind it.</summary>
    public static long Align(long address, int alignment) => (address + alignment - 1) & ~((long)alignment - 1);

    /// <summary>The length of the volume in bytes, without extra devices.</summary>
    public long Length => AddressOf(Blocks);
}
