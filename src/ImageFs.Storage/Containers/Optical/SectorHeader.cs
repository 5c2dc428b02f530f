namespace ImageFs.Storage.Containers.Optical;

/// <summary>The first bytes of a raw data sector: the sync pattern, its address and its mode (ECMA-130 14.1, 14.2).</summary>
internal readonly ref struct SectorHeader
{
    internal const int Length = 16;

    private readonly ReadOnlySpan<byte> _bytes;

    internal SectorHeader(ReadOnlySpan<byte> bytes) => _bytes = bytes[..Length];

    private static ReadOnlySpan<byte> Sync => [0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0];

    /// <summary>Whether it is one.</summary>
    internal bool IsValid => _bytes.StartsWith(Sync) && Mode <= 2;

    /// <summary>0, 1 or 2.</summary>
    internal byte Mode => _bytes[15];

    /// <summary>What the sector holds; those of mode 0 hold nothing.</summary>
    internal TrackKind Kind => Mode == 2 ? TrackKind.Mode2 : TrackKind.Mode1;

    /// <summary>The sector's number on the disc; less than 0 in front of the first track. Null when it is no number.</summary>
    internal long? Address
    {
        get
        {
            // Discs of more than 99 minutes go on with A0.
            int? minute = ToNumber(_bytes[12], maxTens: 15);
            int? second = ToNumber(_bytes[13]);
            int? frame = ToNumber(_bytes[14]);
            return minute is not null && second < DiscTime.SecondsPerMinute && frame < DiscTime.SectorsPerSecond
                ? DiscTime.ToSectors(minute.Value, second.Value, frame.Value) - DiscTime.Pregap
                : null;
        }
    }

    /// <summary>Reads the header of a sector in a file; false when there is none.</summary>
    /// <param name="file">The file.</param>
    /// <param name="offset">Where the sector begins.</param>
    /// <param name="buffer">At least <see cref="Length"/> bytes.</param>
    /// <param name="header">The header, in the buffer.</param>
    internal static bool TryRead(BlockSource file, long offset, Span<byte> buffer, out SectorHeader header)
    {
        header = new SectorHeader(buffer);
        if (offset < 0 || offset > file.Length - Length)
        {
            return false;
        }

        file.ReadAt(offset, buffer[..Length]);
        return header.IsValid;
    }

    /// <summary>Makes the header of a sector of mode 2.</summary>
    /// <param name="header">Takes it; of <see cref="Length"/>.</param>
    /// <param name="sector">The sector's number on the disc.</param>
    internal static void WriteMode2(Span<byte> header, long sector)
    {
        long time = sector + DiscTime.Pregap;
        Sync.CopyTo(header);
        header[12] = ToDigits(time / (DiscTime.SecondsPerMinute * DiscTime.SectorsPerSecond));
        header[13] = ToDigits(time / DiscTime.SectorsPerSecond % DiscTime.SecondsPerMinute);
        header[14] = ToDigits(time % DiscTime.SectorsPerSecond);
        header[15] = 2;
    }

    private static byte ToDigits(long number) => (byte)((number / 10 % 10 * 16) + (number % 10));

    private static int? ToNumber(byte digits, int maxTens = 9) => digits >> 4 <= maxTens && (digits & 0xF) <= 9 ? ((digits >> 4) * 10) + (digits & 0xF) : null;
}

/// <summary>What a sector of mode 2 has in front of its user data, twice (CD-ROM XA): file, channel, submode, coding.</summary>
/// <param name="bytes">At least <see cref="Length"/>.</param>
internal readonly ref struct Subheader(ReadOnlySpan<byte> bytes)
{
    internal const int Length = 8;

    private const int Submode = 2;
    private const byte Form2 = 0x20;
    private const byte RealTime = 0x40;

    private readonly ReadOnlySpan<byte> _bytes = bytes[..Length];

    /// <summary>
    /// Whether the sector is of form 2: 2324 bytes of sound or film without error correction. Both copies have to say so: those of a
    /// sector without forms are user data.
    /// </summary>
    internal bool IsForm2 => Has(Form2);

    /// <summary>Whether the sector is played as it is read: sectors of both forms follow one another in what is played.</summary>
    internal bool IsRealTime => Has(RealTime);

    /// <summary>File Number: which of several files by turns it is of.</summary>
    internal byte FileNumber => _bytes[0];

    private bool Has(byte bit) => (_bytes[Submode] & _bytes[Submode + (Length / 2)] & bit) != 0;
}
