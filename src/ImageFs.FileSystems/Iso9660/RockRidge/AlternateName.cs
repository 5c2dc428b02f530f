namespace ImageFs.FileSystems.Iso9660.RockRidge;

/// <summary>An NM entry: a part of the file's name (RRIP 4.1.4).</summary>
internal readonly ref struct AlternateName
{
    /// <summary>Bytes of the whole entry before the name.</summary>
    public const int Length = 5;

    private readonly ReadOnlySpan<byte> _data;

    public AlternateName(SystemUseEntry entry) => _data = SystemUse.Require(entry, Length, "NM", "RRIP 4.1.4");

    /// <summary>Flags.</summary>
    public AlternateNameFlags Flags => (AlternateNameFlags)_data[0];

    /// <summary>Name Content.</summary>
    public ReadOnlySpan<byte> Content => _data[1..];
}
