using ImageFs.Storage;

namespace ImageFs.FileSystems.Ntfs;

/// <summary>The bytes of a file.</summary>
internal static class FileContents
{
    /// <summary>Opens the contents of a file.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="record">The file's first record.</param>
    /// <exception cref="ImageException">They are damaged, or kept in a way that is not read.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static BlockSource Open(NtfsVolume volume, FileRecord record) =>
        NtfsStream.Open(volume, record, AttributeType.Data, SystemFiles.ContentsOf(record.Number)) is { } stream ? Open(volume, record, stream) : MemorySource.Empty;

    /// <summary>Opens a stream of a file.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="record">The file's first record.</param>
    /// <param name="stream">The stream.</param>
    /// <exception cref="UnsupportedFeatureException">It is kept in a way that is not read.</exception>
    public static BlockSource Open(NtfsVolume volume, FileRecord record, NtfsStream stream) =>
        stream.Flags.HasFlag(AttributeFlags.Encrypted) ? throw new UnsupportedFeatureException($"the file of record {record.Number}, which is encrypted (EFS)", AttributeRecord.Clause)
        : (stream.Flags & AttributeFlags.CompressionMask) != 0 && !stream.IsResident ? throw new UnsupportedFeatureException($"the file of record {record.Number}, which is compressed", AttributeRecord.Clause)
        : stream.OpenPlain(volume.Source);
}
