namespace ImageFs.Storage.Containers.Optical;

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
