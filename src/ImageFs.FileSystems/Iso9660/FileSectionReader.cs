using ImageFs.Storage;

namespace ImageFs.FileSystems.Iso9660;

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

    /// <summary>That the last record of a file is not where it must be.</summary>
    public static InvalidImageException Unfinished(long address) =>
        new("directory record", address, "the last section of the file is missing", "ECMA-119 9.1.6");

    private static FileSection ToSection(Iso9660Volume volume, DirectoryRecord record)
    {
        long unit = volume.ToAddress(record.FileUnitSize);
        long gap = volume.ToAddress(record.InterleaveGapSize);
        long block = record.LocationOfData;
        if (unit > 0 && record.ExtendedAttributeRecordLength > 0)
        {
            // Of an interleaved section the extended attribute record has the first file unit to itself (ECMA-119 6.4.3).
            block = (long)record.LocationOfExtent + record.FileUnitSize + record.InterleaveGapSize;
        }

        return new FileSection(volume.ToAddress(block), record.DataLength, unit, gap, record.VolumeSequenceNumber);
    }
}
