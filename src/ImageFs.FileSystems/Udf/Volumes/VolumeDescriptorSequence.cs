using System.Buffers.Binary;
using ImageFs.FileSystems.Udf.Structures;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Checking;

namespace ImageFs.FileSystems.Udf.Volumes;

/// <summary>The prevailing descriptors of a volume descriptor sequence: of each kind that of the highest number (ECMA-167 3/8.4.3).</summary>
internal sealed class VolumeDescriptorSequence
{
    // Linux's bound for pointers from one sequence to the next.
    private const int MaxPointers = 64;
    private const int MaxBlocks = 4096;
    private const int NumberPlace = DescriptorTag.Length;
    private const int PointerPlace = 20;
    private const string Clause = "ECMA-167 3/8.4.2";

    private readonly SortedDictionary<ushort, byte[]> _partitions = [];
    private byte[]? _primary;
    private byte[]? _logicalVolume;
    private long _logicalVolumeAddress;

    private VolumeDescriptorSequence(Anchor anchor, bool isReserve)
    {
        Anchor = anchor;
        IsReserve = isReserve;
    }

    /// <summary>What led to it.</summary>
    public Anchor Anchor { get; }

    /// <summary>Whether it is the reserve, because the main sequence is damaged.</summary>
    public bool IsReserve { get; }

    /// <summary>Primary volume descriptor.</summary>
    public PrimaryVolumeDescriptor Primary => new(_primary);

    /// <summary>Logical volume descriptor.</summary>
    public LogicalVolumeDescriptor LogicalVolume => new(_logicalVolume, _logicalVolumeAddress);

    /// <summary>Reads the sequence that the first sound anchor leads to.</summary>
    /// <param name="source">The volume.</param>
    /// <param name="options">The mount options.</param>
    /// <param name="warn">Called with what is damaged, when the reserve is not.</param>
    /// <exception cref="ImageException">There is no anchor, or both sequences of every one are damaged.</exception>
    public static VolumeDescriptorSequence Read(BlockSource source, UdfOptions options, Action<string> warn)
    {
        Exception? problem = null;
        foreach (Anchor anchor in Anchor.Find(source, options))
        {
            foreach (bool isReserve in (bool[])[false, true])
            {
                try
                {
                    var sequence = new VolumeDescriptorSequence(anchor, isReserve);
                    sequence.Read(source, isReserve ? anchor.Reserve : anchor.Main);
                    if (problem is not null)
                    {
                        warn($"{problem.Message}: {(isReserve ? "the reserve volume descriptor sequence" : "another anchor")} is used");
                    }

                    return sequence;
                }
                catch (Exception e) when (e is ImageException or LinuxException)
                {
                    problem ??= e;
                }
            }
        }

        throw problem ?? (options.IgnoreRecognition || RecognitionSequence.HasVolume(source, options.Session * 2048L, 2048)
            ? new InvalidImageException(
                TagIdentifier.AnchorVolumeDescriptorPointer.ToName(), source.Length, "there is none in any of its places", "ECMA-167 3/8.4.2.1")
            : new InvalidImageException(
                "volume recognition sequence", RecognitionSequence.Start, "it has no NSR02 or NSR03", RecognitionSequence.Clause));
    }

    /// <summary>Checks both sequences that an anchor leads to.</summary>
    public static void Check(BlockSource source, Anchor anchor, CheckRun run)
    {
        run.Extent = "2";
        run.Try(() => new VolumeDescriptorSequence(anchor, isReserve: false).Read(source, anchor.Main));
        run.Try(() => new VolumeDescriptorSequence(anchor, isReserve: true).Read(source, anchor.Reserve));
    }

    /// <summary>A partition descriptor by its partition's number.</summary>
    /// <exception cref="InvalidImageException">There is none.</exception>
    public PartitionDescriptor FindPartition(ushort number) => _partitions.TryGetValue(number, out byte[]? descriptor)
        ? new PartitionDescriptor(descriptor)
        : throw new InvalidImageException(
            TagIdentifier.PartitionDescriptor.ToName(), _logicalVolumeAddress, $"there is none for partition {number}", TagIdentifier.PartitionDescriptor.ToClause());

    private void Read(BlockSource source, VolumeExtent extent)
    {
        int blockSize = Anchor.BlockSize;
        int pointers = 0;
        byte[] block = new byte[blockSize];
        while (true)
        {
            VolumeExtent? next = ReadExtent(source, extent, block);
            if (next is not { Length: > 0 } following)
            {
                break;
            }

            if (++pointers > MaxPointers)
            {
                throw new InvalidImageException(
                    TagIdentifier.VolumeDescriptorPointer.ToName(), (long)extent.Location * blockSize, $"there are more than {MaxPointers}", Clause);
            }

            extent = following;
        }

        _ = _primary ?? throw Missing(TagIdentifier.PrimaryVolumeDescriptor, extent);
        _ = _logicalVolume ?? throw Missing(TagIdentifier.LogicalVolumeDescriptor, extent);
        LogicalVolume.Check(blockSize);
    }

    /// <summary>Takes the descriptors of one extent.</summary>
    /// <returns>The extent that the sequence goes on in; null when it does not.</returns>
    private VolumeExtent? ReadExtent(BlockSource source, VolumeExtent extent, byte[] block)
    {
        uint? pointerNumber = null;
        VolumeExtent? next = null;
        long count = Math.Min(extent.Length / block.Length, MaxBlocks);
        for (long i = 0; i < count; i++)
        {
            long location = extent.Location + i;
            long address = location * block.Length;
            if (location > uint.MaxValue)
            {
                throw new InvalidImageException("volume descriptor sequence", address, "it goes on behind the last block that has a number", Clause);
            }

            source.ReadAt(address, block);
            var tag = new DescriptorTag(block);
            if (tag.IsBlank || (tag.Identifier == TagIdentifier.TerminatingDescriptor && tag.FindProblem() is null))
            {
                break;
            }

            // A sound descriptor of an unknown kind is passed over, as in Linux.
            bool isKnown = tag.Identifier is >= TagIdentifier.PrimaryVolumeDescriptor and <= TagIdentifier.UnallocatedSpaceDescriptor;
            TagIdentifier expected = isKnown || tag.FindProblem() is null ? tag.Identifier : TagIdentifier.PrimaryVolumeDescriptor;
            DescriptorTag.Check(block, (uint)location, address, expected);
            uint number = BinaryPrimitives.ReadUInt32LittleEndian(block.AsSpan(NumberPlace));
            if (expected != TagIdentifier.VolumeDescriptorPointer)
            {
                Take(expected, number, block, address);
            }
            else if (pointerNumber is null || number >= pointerNumber)
            {
                pointerNumber = number;
                next = VolumeExtent.Read(block.AsSpan(PointerPlace));
            }
        }

        return next;
    }

    private void Take(TagIdentifier identifier, uint number, byte[] block, long address)
    {
        switch (identifier)
        {
            case TagIdentifier.PrimaryVolumeDescriptor when Prevails(number, _primary):
                _primary = (byte[])block.Clone();
                break;
            case TagIdentifier.LogicalVolumeDescriptor when Prevails(number, _logicalVolume):
                _logicalVolume = (byte[])block.Clone();
                _logicalVolumeAddress = address;
                break;
            case TagIdentifier.PartitionDescriptor:
                ushort partition = new PartitionDescriptor(block).Number;
                if (Prevails(number, _partitions.GetValueOrDefault(partition)))
                {
                    _partitions[partition] = (byte[])block.Clone();
                }

                break;
            default:
                break;
        }
    }

    private static bool Prevails(uint number, byte[]? other) =>
        other is null || number >= BinaryPrimitives.ReadUInt32LittleEndian(other.AsSpan(NumberPlace));

    private InvalidImageException Missing(TagIdentifier identifier, VolumeExtent extent) => new(
        identifier.ToName(), (long)extent.Location * Anchor.BlockSize, "the volume descriptor sequence has none", identifier.ToClause());
}
