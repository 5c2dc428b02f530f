namespace ImageFs.Storage.Containers.Optical;

/// <summary>How the sectors of a track lie in a file, one after the other.</summary>
/// <param name="Size">Bytes from one sector to the next.</param>
/// <param name="DataStart">Bytes in front of the user data: sync, header, subheader.</param>
/// <param name="DataLength">Bytes of user data: what counts of a sector.</param>
public readonly record struct SectorLayout(int Size, int DataStart, int DataLength)
{
    /// <summary>Bytes of a sector as a drive reads it raw (ECMA-130 14).</summary>
    public const int RawSize = 2352;

    /// <summary>Bytes of a sector as a file system has it.</summary>
    public const int UserSize = 2048;

    /// <summary>Bytes of subchannel P to W after a sector.</summary>
    public const int SubchannelSize = 96;

    /// <summary>Bytes that a sector of form 2 has in a file without all else.</summary>
    internal const int Form2Size = 2324;

    /// <summary>Bytes in front of the user data of a raw sector of mode 2: sync, header and subheader.</summary>
    internal const int RawDataStart = HeaderSize + SubheaderSize;

    private const int HeaderSize = 16;
    private const int SubheaderSize = Subheader.Length;

    // Subchannel P and Q alone.
    private const int ShortSubchannelSize = 16;

    /// <summary>Whether the sync pattern and the header are there (ECMA-130 14.1, 14.2).</summary>
    public bool HasHeader => DataStart >= HeaderSize;

    /// <summary>Whether a subheader is there, in front of the user data, which says the form of each sector.</summary>
    public bool HasSubheader => DataStart is SubheaderSize or HeaderSize + SubheaderSize;

    /// <summary>Whether sectors of mode 2 are whole, but for sync and header.</summary>
    internal bool IsWholeMode2 => HasSubheader && Size - DataStart >= RawSize - RawDataStart;

    /// <summary>Whether all sectors are of form 2: there is nothing else that has their size.</summary>
    public bool IsForm2 => Size == Form2Size;

    /// <summary>The layout of sectors of a kind by their size in a file.</summary>
    /// <param name="kind">What they hold. Whether a sector of mode 2 is of form 2, which is no data of a file system, its subheader says.</param>
    /// <param name="size">Bytes from one sector to the next.</param>
    /// <exception cref="UnsupportedFeatureException">There are no such sectors.</exception>
    public static SectorLayout Of(TrackKind kind, int size)
    {
        bool isRaw = size is RawSize or RawSize + SubchannelSize or RawSize + ShortSubchannelSize;
        int? start = (kind, size) switch
        {
            (TrackKind.Audio, _) when isRaw => 0,
            (TrackKind.Mode1, _) when isRaw => HeaderSize,
            (TrackKind.Mode2, _) when isRaw => HeaderSize + SubheaderSize,
            (TrackKind.Mode1 or TrackKind.Mode2, UserSize or UserSize + SubchannelSize) => 0,
            (TrackKind.Mode2, Form2Size) => 0,
            (TrackKind.Mode2, UserSize + SubheaderSize or 2328 or 2332 or 2336 or 2336 + SubchannelSize) => SubheaderSize,
            _ => null,
        };
        return new SectorLayout(
            size,
            start ?? throw new UnsupportedFeatureException($"a track ({kind}) with sectors of {size} bytes"),
            kind == TrackKind.Audio ? RawSize : UserSize);
    }
}
