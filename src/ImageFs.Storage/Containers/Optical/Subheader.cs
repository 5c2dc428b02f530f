namespace ImageFs.Storage.Containers.Optical;

/// <summary>What a sector of mode 2 has in front of its user data, twice (CD-ROM XA): file, channel, submode, coding.</summary>
/// <param name="bytes">At least <see cref="Length"/>.</param>
internal readonly ref struct Subheader(ReadOnlySpan<byte> bytes)
{
    internal const int Length = 8;

    private const int Submode = 2;
    private const byte Form2 = 0x20;

    private readonly ReadOnlySpan<byte> _bytes = bytes[..Length];

    /// <summary>
    /// Whether the sector is of form 2: 2324 bytes of sound or film without error correction. Both copies have to say so: those of a
    /// sector without forms are user data.
    /// </summary>
    internal bool IsForm2 => (_bytes[Submode] & _bytes[Submode + (Length / 2)] & Form2) != 0;
}
