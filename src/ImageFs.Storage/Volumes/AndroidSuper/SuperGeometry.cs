using System.Buffers.Binary;

namespace ImageFs.Storage.Volumes.AndroidSuper;

/// <summary>Where the metadata of a super partition is; all numbers are little-endian (liblp: LpMetadataGeometry).</summary>
/// <param name="MaxLength">Bytes that each copy of the metadata has room for.</param>
/// <param name="Slots">How many the metadata has; of each there are two copies.</param>
/// <param name="BlockSize">What lengths of partitions are a multiple of.</param>
internal sealed record SuperGeometry(uint MaxLength, uint Slots, uint BlockSize)
{
    /// <summary>What it is called in errors.</summary>
    public const string Structure = "super geometry";

    /// <summary>Where the two copies of it are, after a sector that boot loaders may write to.</summary>
    public static readonly long[] Places = [4096, 8192];

    private const int Length = 52;
    private const int ChecksumAt = 8;
    private const long FirstSlot = 12288;
    private const uint MaxSlots = 64;

    /// <summary>What it begins with.</summary>
    public static ReadOnlySpan<byte> Magic => "gDla"u8;

    /// <summary>Whether a copy is where one has to be.</summary>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static bool IsAt(BlockSource source, long place)
    {
        Span<byte> bytes = stackalloc byte[4];
        if (place > source.Length - Length)
        {
            return false;
        }

        source.ReadAt(place, bytes);
        return bytes.SequenceEqual(Magic);
    }

    /// <summary>Reads the first copy that is whole.</summary>
    /// <param name="source">The partition.</param>
    /// <param name="warn">Called when that is the second.</param>
    /// <exception cref="InvalidImageException">None is.</exception>
    public static SuperGeometry Read(BlockSource source, Action<string> warn)
    {
        ImageException? first = null;
        foreach (long place in Places)
        {
            try
            {
                SuperGeometry geometry = ReadAt(source, place);
                if (first is not null)
                {
                    warn($"{first.Message}; the copy at 0x{place:X} is used");
                }

                return geometry;
            }
            catch (ImageException e)
            {
                first ??= e;
            }
        }

        throw first!;
    }

    /// <summary>Reads one copy.</summary>
    /// <exception cref="InvalidImageException">It is damaged.</exception>
    /// <exception cref="TruncatedImageException">The image ends in it.</exception>
    public static SuperGeometry ReadAt(BlockSource source, long place)
    {
        Span<byte> bytes = stackalloc byte[Length];
        source.ReadAt(place, bytes);
        if (!bytes.StartsWith(Magic))
        {
            throw Invalid("it has no magic number");
        }

        uint length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        if (length != Length)
        {
            throw Invalid($"it says that it has {length} bytes, and has {Length}");
        }

        if (!SuperChecksum.IsRight(bytes, ChecksumAt))
        {
            throw Invalid("its checksum is wrong");
        }

        var geometry = new SuperGeometry(
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[40..]), BinaryPrimitives.ReadUInt32LittleEndian(bytes[44..]), BinaryPrimitives.ReadUInt32LittleEndian(bytes[48..]));
        return geometry.Slots is > 0 and <= MaxSlots && geometry.MaxLength > 0 && geometry.MaxLength % SuperMetadata.SectorSize == 0
            ? geometry
            : throw Invalid($"it has {geometry.Slots} slots of {geometry.MaxLength} bytes: 1 to {MaxSlots} of whole sectors are allowed");

        InvalidImageException Invalid(string problem) => new(Structure, place, problem, SuperMetadata.Clause);
    }

    /// <summary>Where the two copies of a slot are.</summary>
    public long[] PlacesOf(uint slot) => [FirstSlot + (slot * (long)MaxLength), FirstSlot + ((Slots + slot) * (long)MaxLength)];
}
