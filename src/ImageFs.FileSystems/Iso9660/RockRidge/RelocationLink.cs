namespace ImageFs.FileSystems.Iso9660.RockRidge;

/// <summary>A CL or PL entry: where a relocated directory is, or was (RRIP 4.1.5.1, 4.1.5.2).</summary>
internal readonly ref struct RelocationLink
{
    /// <summary>Bytes of the whole entry.</summary>
    public const int Length = 12;

    private readonly ReadOnlySpan<byte> _data;

    public RelocationLink(SystemUseEntry entry) => _data = SystemUse.Require(entry, Length, "CL or PL", "RRIP 4.1.5");

    /// <summary>Location of the child directory, or of the parent directory, in logical blocks.</summary>
    public uint Location => BothEndian.UInt32(_data);
}
