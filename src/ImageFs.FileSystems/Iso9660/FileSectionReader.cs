using ImageFs.Storage;

namespace ImageFs.FileSystems.Iso9660;

/// <summary>A file section: what one directory record describes (ECMA-119 6.5). All values but the last are bytes.</summary>
/// <param name="Address">Where its data begin.</param>
/// <param name="Length">Its data.</param>
/// <param name="FileUnitSize">Data between two gaps; 0 when it is not interleaved.</param>
/// <param name="InterleaveGapSize">Bytes of others between its file units.</param>
/// <param name="VolumeSequenceNumber">The volume of the volume set that it is on.</param>
internal readonly record struct FileSection(
    long Address, long Length, long FileUnitSize, long InterleaveGapSize, ushort VolumeSequenceNumber)
{
    /// <summary>Whether its data lie in several pieces.</summary>
    public bool IsInterleaved => FileUnitSize > 0 && InterleaveGapSize > 0 && Length > FileUnitSize;
}

/// <summary>Gathers the sections of a file from its directory records, which follow one another (ECMA-119 9.1.6).</summary>
internal static class FileSectionReader
{
    // Far more than a file of 8 TiB needs, the largest that block numbers allow.
    private const int MaxSections = 4096;

    /// <summary>Reads the sections of the file whose first record is at an address.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="address">Where the record is.</param>
    /// <param name="sections">Takes the sections; null when only their length is wanted.</param>
    /// <returns>Bytes of all sections.</returns>
    /// <exception cref="ImageException">A record is damaged, or the last one is missing.</exception>
    public static long Read(Iso9660Volume volume, long address, List<FileSection>? sections)
    {
        Span<byte> buffer = stackalloc byte[DirectoryRecord.MaxLength];
        Span<byte> identifier = stackalloc byte[DirectoryRecord.MaxLength];
        var cursor = new DirectoryCursor(volume.Cache, volume.BlockSize, address, MaxSections * DirectoryRecord.MaxLength, 0, buffer)
        {
            IsHighSierra = volume.Descriptors.IsHighSierra,
        };
        int identifierLength = 0;
        int count = 0;
        long length = 0;
        bool isLast;
        do
        {
            if (!cursor.MoveNext() || cursor.Damage is not null || count == MaxSections)
            {
                throw cursor.Damage ?? Unfinished(address);
            }

            DirectoryRecord record = volume.Note(cursor.Current, cursor.Address);
            if (count == 0)
            {
                identifierLength = record.FileIdentifier.Length;
                record.FileIdentifier.CopyTo(identifier);
            }
            else if (!record.FileIdentifier.SequenceEqual(identifier[..identifierLength]))
            {
                throw Unfinished(address);
            }

            FileSection section = ToSection(volume, record);
            sections?.Add(section);
            length += section.Length;
            count++;
            isLast = !record.Flags.HasFlag(FileFlags.MultiExtent);
        }
        while (!isLast);

        return length;
    }

    /// <summary>The error that the last record of a file is not where it must be.</summary>
    public static InvalidImageException Unfinished(long address) =>
        new("directory record", address, "the last section of the file is missing", "ECMA-119 9.1.6");

    private static FileSection ToSection(Iso9660Volume volume, DirectoryRecord record)
    {
        long unit = volume.ToAddress(record.FileUnitSize);
        long gap = volume.ToAddress(record.InterleaveGapSize);
        long block = record.LocationOfData;
        if (unit > 0 && record.ExtendedAttributeRecordLength > 0)
        {
            // In an interleaved section the extended attribute record has the first file unit to itself (ECMA-119 6.4.3).
            block = (long)record.LocationOfExtent + record.FileUnitSize + record.InterleaveGapSize;
        }

        return new FileSection(volume.ToAddress(block), record.DataLength, unit, gap, record.VolumeSequenceNumber);
    }
}

/// <summary>
/// A file of which sections are interleaved: their file units alternate with gaps (ECMA-119 6.4.3). Where a byte lies is calculated;
/// a list of the pieces could be millions long.
/// </summary>
internal sealed class InterleavedSource : BlockSource
{
    private readonly BlockSource _volume;
    private readonly List<FileSection> _sections;

    /// <param name="volume">The image.</param>
    /// <param name="sections">The sections in their order.</param>
    /// <param name="length">Bytes of the file.</param>
    public InterleavedSource(BlockSource volume, List<FileSection> sections, long length)
    {
        _volume = volume;
        _sections = sections;
        Length = length;
    }

    /// <inheritdoc/>
    public override long Length { get; }

    /// <inheritdoc/>
    public override Extent Map(long offset, long maxLength, out BlockSource below)
    {
        below = _volume;
        long start = 0;
        int index = 0;
        while (offset >= start + _sections[index].Length)
        {
            start += _sections[index++].Length;
        }

        FileSection section = _sections[index];
        long inSection = offset - start;
        long length = Math.Min(Math.Min(maxLength, Length - offset), section.Length - inSection);
        if (!section.IsInterleaved)
        {
            return Extent.Mapped(offset, length, section.Address + inSection);
        }

        long unit = Math.DivRem(inSection, section.FileUnitSize, out long inUnit);
        long address = section.Address + (unit * (section.FileUnitSize + section.InterleaveGapSize)) + inUnit;
        return Extent.Mapped(offset, Math.Min(length, section.FileUnitSize - inUnit), address);
    }
}
