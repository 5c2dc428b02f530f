namespace ImageFs.FileSystems.Iso9660.RockRidge;

/// <summary>An SP entry: System Use areas are as SUSP has them (SUSP 5.3).</summary>
internal readonly ref struct SharingProtocolIndicator
{
    /// <summary>Bytes of the whole entry.</summary>
    public const int Length = 7;

    private readonly ReadOnlySpan<byte> _data;

    public SharingProtocolIndicator(SystemUseEntry entry) => _data = SystemUse.Require(entry, Length, "SP", "SUSP 5.3");

    /// <summary>Whether the check bytes are right.</summary>
    public bool IsValid => _data[0] == 0xBE && _data[1] == 0xEF;

    /// <summary>Bytes Skipped: what stands in front of the entries in every System Use area but that of the root's own record.</summary>
    public byte BytesSkipped => _data[2];
}
