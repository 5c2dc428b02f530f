namespace ImageFs.FileSystems.Iso9660;

/// <summary>
/// High Sierra (1986), which ISO 9660 was made of: the same fields, some of them in other places. They are put where ISO 9660 has them as
/// they are read, so nothing else needs to know.
/// </summary>
internal static class HighSierra
{
    /// <summary>Bytes that a descriptor is recognised by.</summary>
    public const int HeaderLength = 15;

    // In front of a descriptor's type is its own place on the disc.
    private const int NumberLength = 8;

    private const int FlagsPlace = 24;
    private const int FlagsPlaceOfIso = 25;

    private const int Times = 4;
    private const int TimeLength = 16;
    private const int FileNameLength = 32;

    /// <summary>Whether bytes begin a volume descriptor.</summary>
    public static bool IsDescriptor(ReadOnlySpan<byte> header) => header[(NumberLength + 1)..].StartsWith("CDROM"u8);

    /// <summary>The type of a volume descriptor: the primary one and the terminator have ISO 9660's numbers.</summary>
    public static VolumeDescriptorType TypeOf(ReadOnlySpan<byte> header) => (VolumeDescriptorType)header[NumberLength];

    /// <summary>Makes a volume descriptor of ISO 9660 of one of High Sierra.</summary>
    /// <param name="descriptor">All its bytes.</param>
    public static byte[] ToIso9660(ReadOnlySpan<byte> descriptor)
    {
        byte[] iso = new byte[VolumeDescriptor.Length];

        // Type, version, identifiers, sizes, and the first path table; then the first table of the other byte order.
        Copy(descriptor, NumberLength, iso, 0, 144);
        "CD001"u8.CopyTo(iso.AsSpan(1));
        Copy(descriptor, 164, iso, 148, 4);

        // The root's record, and identifiers.
        Copy(descriptor, 180, iso, 156, 34);
        MoveFlags(iso.AsSpan(156));
        Copy(descriptor, 214, iso, 190, 512);

        // Copyright and abstract file; there is no bibliographic one.
        iso.AsSpan(702, 111).Fill((byte)' ');
        Copy(descriptor, 726, iso, 702, FileNameLength);
        Copy(descriptor, 758, iso, 739, FileNameLength);
        for (int i = 0; i < Times; i++)
        {
            Copy(descriptor, 790 + (i * TimeLength), iso, 813 + (i * VolumeTime.Length), TimeLength);
        }

        return iso;
    }

    /// <summary>Puts the flags of a directory record where ISO 9660 has them; its time has no zone.</summary>
    public static void MoveFlags(Span<byte> record)
    {
        record[FlagsPlaceOfIso] = record[FlagsPlace];
        record[FlagsPlace] = 0;
    }

    private static void Copy(ReadOnlySpan<byte> from, int start, Span<byte> to, int place, int length) =>
        from.Slice(start, length).CopyTo(to[place..]);
}
