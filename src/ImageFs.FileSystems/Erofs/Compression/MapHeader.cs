using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Erofs.Compression;

/// <summary>h_advise: how a compressed file is indexed (Z_EROFS_ADVISE_*).</summary>
[Flags]
internal enum Advice
{
    /// <summary>Of compact indexes, that some have two bytes; of full ones, that records of extents are in their place.</summary>
    OtherIndexes = 0x1,

    /// <summary>Clusters of the first compressor may have several blocks.</summary>
    LargeClusters1 = 0x2,

    /// <summary>Those of the second, and those that are not compressed.</summary>
    LargeClusters2 = 0x4,

    /// <summary>The last cluster is behind the indexes.</summary>
    InlineCluster = 0x8,

    /// <summary>What is not compressed lies in its block where it would be in the file.</summary>
    Interlaced = 0x10,

    /// <summary>The end of the file is in the packed inode.</summary>
    Fragment = 0x20,
}

/// <summary>What is before the indexes of a compressed file (z_erofs_map_header).</summary>
/// <param name="Address">Where it is.</param>
/// <param name="Bytes">All of it, as a number.</param>
internal readonly record struct MapHeader(long Address, ulong Bytes)
{
    /// <summary>Bytes of it.</summary>
    public const int Size = 8;

    private const ulong WholeFragment = 1ul << 63;

    /// <summary>Where what it is of begins.</summary>
    public long End => Address + Size;

    public Advice Advice => (Advice)((Bytes >> 32) & ushort.MaxValue);

    /// <summary>Whether the whole of the file is in the packed inode.</summary>
    public bool IsWholeFragment => (Bytes & WholeFragment) != 0;

    /// <summary>Where it is there, then.</summary>
    public ulong WholeFragmentOffset => Bytes ^ WholeFragment;

    /// <summary>h_fragmentoff: where the end of the file is in the packed inode, or the low half of that.</summary>
    public uint FragmentOffset => (uint)(Bytes & uint.MaxValue);

    /// <summary>h_idata_size: bytes of the cluster behind the indexes.</summary>
    public int InlineSize => Advice.HasFlag(Advice.InlineCluster) && !Advice.HasFlag(Advice.Fragment) ? (int)((Bytes >> 16) & ushort.MaxValue) : 0;

    /// <summary>h_algorithmtype: the compressors.</summary>
    public (int First, int Second) Compressors => ((int)((Bytes >> 48) & 0xF), (int)((Bytes >> 52) & 0xF));

    /// <summary>h_clusterbits: how much larger than a block a logical cluster is, as a power of two.</summary>
    public int ClusterBits => (int)((Bytes >> 56) & 0xF);

    /// <summary>h_extents_lo, h_extents_hi: how many records of extents there are.</summary>
    public long Extents => (long)((Bytes & uint.MaxValue) | (((Bytes >> 48) & ushort.MaxValue) << 32));

    /// <summary>Bytes of a record of an extent.</summary>
    public int ExtentSize => 4 << (((int)Advice >> 1) & 3);

    /// <summary>Reads that of a file.</summary>
    /// <exception cref="ImageException">It is not there.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static MapHeader Read(ErofsVolume volume, in Inode inode)
    {
        long address = Geometry.Align(inode.BodyAddress, Size);
        Span<byte> bytes = stackalloc byte[Size];
        volume.Metadata(inode.IsInMetabox).ReadAt(address, bytes);
        return new MapHeader(address, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
    }
}
