using System.Buffers;
using System.Globalization;
using System.Text;
using ImageFs.FileSystems.Discs;
using ImageFs.FileSystems.Udf.Partitions;
using ImageFs.FileSystems.Udf.Structures;
using ImageFs.FileSystems.Udf.Volumes;
using ImageFs.Storage;
using ImageFs.Storage.Formats;

namespace ImageFs.FileSystems.Udf;

/// <summary>What <c>imagefs info</c> says of a UDF file system.</summary>
internal static class UdfDescription
{
    // What blkid makes a UUID of: sixteen bytes, of which the first eight are a time.
    private const int UuidLength = 16;
    private const int UuidTimeLength = 8;

    private const int DiscSectorSize = 2048;

    private static readonly SearchValues<byte> s_digits = SearchValues.Create("0123456789abcdefABCDEF"u8);

    /// <summary>What tells the volume from others.</summary>
    public static VolumeIdentity Identify(VolumeDescriptorSequence descriptors) => new(
        "udf",
        descriptors.LogicalVolume.Identifier,
        FindUuid(CompressedUnicode.ReadField(descriptors.Primary.VolumeSetIdentifier)) ?? string.Empty);

    /// <summary>Describes the volume, and its partitions inside it.</summary>
    public static ImageDescription Make(UdfVolume volume)
    {
        PrimaryVolumeDescriptor primary = volume.Descriptors.Primary;
        LogicalVolumeDescriptor logical = volume.Descriptors.LogicalVolume;
        Integrity? integrity = volume.Integrity;
        string volumeSet = CompressedUnicode.ReadField(primary.VolumeSetIdentifier);
        VolumeIdentity identity = Identify(volume.Descriptors);
        ImageDescription description = new ImageDescription(identity.Type)
            .With("label", identity.Label)
            .With("uuid", identity.Uuid)
            .With("version", FormatRevision(volume.Revision))
            .With("block-size", (long)volume.BlockSize)
            .With("volume", primary.VolumeIdentifier)
            .With("volume-set", volumeSet)
            .With("file-set", volume.FileSet.Identifier)
            .With("application", primary.Application.Text)
            .With("implementation", logical.Implementation.Text)
            .With("created", UdfTime.ReadDate(primary.RecordingTime))
            .With("integrity", integrity is null ? null : integrity.IsClosed ? "closed" : "open")
            .With("files", (long?)integrity?.Files)
            .With("directories", (long?)integrity?.Directories)
            .With("modified", integrity is null ? null : UdfTime.ReadDate(integrity.RecordingTime))
            .With("system-streams", volume.FileSet.SystemStreamDirectory.Length > 0 ? true : null)
            .With("sessions", UdfSessions.Count(volume))
            .With("first-sector", (volume.Image as SessionSource)?.Start / DiscSectorSize)
            .With("anchor", (long)volume.Descriptors.Anchor.Block)
            .With("reserve-descriptors", volume.Descriptors.IsReserve ? true : null);
        for (int i = 0; i < volume.Maps.Count; i++)
        {
            description.Children.Add(DescribePartition(volume, i));
        }

        return description;
    }

    private static ImageDescription DescribePartition(UdfVolume volume, int index)
    {
        PartitionMap map = volume.Maps[index];
        PartitionDescriptor partition = volume.Descriptors.FindPartition(map.Number);
        bool isMetadata = map.Kind == PartitionKind.Metadata;
        return new ImageDescription("udf-partition")
            .With("map", map.Kind.ToString().ToLowerInvariant())
            .With("number", (long)map.Number)
            .With("offset", (long)partition.StartingLocation * volume.BlockSize)
            .With("size", (long)partition.PartitionLength * volume.BlockSize)
            .With("access", FormatAccess(partition.AccessType))
            .With("contents", partition.Contents.Text)
            .With("packet-blocks", map.Kind == PartitionKind.Sparable ? (long)map.PacketLength : null)
            .With("metadata-block", isMetadata ? (long)map.MetadataFile : null)
            .With("metadata-mirror-block", isMetadata ? (long)map.MetadataMirrorFile : null)
            .With("metadata-bitmap-block", isMetadata && map.MetadataBitmapFile != uint.MaxValue ? (long)map.MetadataBitmapFile : null)
            .With("metadata-duplicated", isMetadata ? map.IsDuplicated : null);
    }

    private static string? FormatRevision(ushort revision) =>
        revision == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"{revision >> 8:X}.{revision & 0xFF:X2}");

    private static string FormatAccess(uint type) => type switch
    {
        0 => "pseudo-overwritable",
        1 => "read-only",
        2 => "write-once",
        3 => "rewritable",
        4 => "overwritable",
        _ => "unknown",
    };

    /// <summary>
    /// The UUID as blkid forms it, of the volume set identifier: its first sixteen bytes if they are hexadecimal digits; else those of
    /// the first eight that are, and what follows as the digits of its bytes.
    /// </summary>
    private static string? FindUuid(string volumeSet)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(volumeSet);
        if (bytes.Length < UuidTimeLength)
        {
            return null;
        }

        Array.Resize(ref bytes, UuidLength);
        int digits = bytes.AsSpan().IndexOfAnyExcept(s_digits);
        string text = digits switch
        {
            < 0 => Encoding.ASCII.GetString(bytes),
            < UuidTimeLength => Convert.ToHexString(bytes, 0, UuidTimeLength),
            _ => Encoding.ASCII.GetString(bytes, 0, UuidTimeLength) + Convert.ToHexString(bytes, UuidTimeLength, (UuidLength - UuidTimeLength) / 2),
        };
        return text.ToLowerInvariant();
    }
}
