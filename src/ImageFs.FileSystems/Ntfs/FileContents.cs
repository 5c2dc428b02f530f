using ImageFs.FileSystems.Ntfs.Contents;
using ImageFs.FileSystems.Ntfs.Reparse;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Ntfs;

/// <summary>The bytes of a file.</summary>
internal static class FileContents
{
    private const FileAttributes NotHere = FileAttributes.Offline | FileAttributes.RecallOnOpen | FileAttributes.RecallOnDataAccess;

    /// <summary>Opens the contents of a file.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="record">The file's first record.</param>
    /// <exception cref="ImageException">They are damaged, or kept in a way that is not read.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static BlockSource Open(NtfsVolume volume, FileRecord record)
    {
        NtfsStream? stream = NtfsStream.Open(volume, record, AttributeType.Data, SystemFiles.ContentsOf(record.Number));
        return ReparsePoint.Find(volume, record) is { } point ? Open(volume, record, stream, point)
            : stream is null ? MemorySource.Empty
            : Open(volume, record, stream, record.Number);
    }

    /// <summary>Opens a stream of a file.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="record">The file's first record.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="number">A number that no other stream of the volume has, and that is not 0.</param>
    /// <exception cref="UnsupportedFeatureException">It is kept in a way that is not read.</exception>
    public static BlockSource Open(NtfsVolume volume, FileRecord record, NtfsStream stream, long number) =>
        stream.Flags.HasFlag(AttributeFlags.Encrypted) ? throw new UnsupportedFeatureException($"the file of record {record.Number}, which is encrypted (EFS)", AttributeRecord.Clause)
        : stream.IsResident ? stream.OpenPlain(volume.Source)
        : (stream.Flags & AttributeFlags.CompressionMask) switch
        {
            AttributeFlags.None => stream.OpenPlain(volume.Source),
            AttributeFlags.Compressed => new CompressedStream(volume, record, stream, volume.Decoded.OfFile(number)),
            AttributeFlags method => throw new UnsupportedFeatureException($"the file of record {record.Number}, which is compressed by the method {(int)method}", AttributeRecord.Clause),
        };

    private static BlockSource Open(NtfsVolume volume, FileRecord record, NtfsStream? stream, ReparsePoint point)
    {
        if (point.Tag == ReparseTag.Overlay)
        {
            OverlayFormat format = OverlayFormat.Read(record, point);
            NtfsStream stored = NtfsStream.Open(volume, record, AttributeType.Data, OverlayFormat.StreamName)
                ?? throw record.Damaged($"it is compressed, and has no stream {OverlayFormat.StreamName}", OverlayFormat.Clause);
            return (stored.Flags & (AttributeFlags.CompressionMask | AttributeFlags.Encrypted)) == 0
                ? new OverlayFile(volume, record, stored, stream?.Size ?? 0, format, volume.Decoded.OfFile(record.Number))
                : throw new UnsupportedFeatureException($"the file of record {record.Number}, which is compressed or encrypted twice", OverlayFormat.Clause);
        }

        if (point.Tag == ReparseTag.Deduplicated)
        {
            throw new UnsupportedFeatureException($"the file of record {record.Number}, which is deduplicated", ReparsePoint.Clause);
        }

        if (point.IsCloud && (StandardInformation.AttributesOf(record) & NotHere) != 0)
        {
            throw new UnsupportedFeatureException($"the file of record {record.Number}, whose contents are not here but at a service", ReparsePoint.Clause);
        }

        return stream is null ? MemorySource.Empty : Open(volume, record, stream, record.Number);
    }
}
