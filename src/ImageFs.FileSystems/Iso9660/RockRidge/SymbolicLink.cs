namespace ImageFs.FileSystems.Iso9660.RockRidge;

/// <summary>An SL entry: component records of a symbolic link's target (RRIP 4.1.3).</summary>
internal readonly ref struct SymbolicLink
{
    /// <summary>Bytes of the whole entry before the component area.</summary>
    public const int Length = 5;

    private readonly ReadOnlySpan<byte> _data;

    public SymbolicLink(SystemUseEntry entry) => _data = SystemUse.Require(entry, Length, "SL", "RRIP 4.1.3");

    /// <summary>Whether the target goes on in the next SL entry.</summary>
    public bool Continues => (_data[0] & 1) != 0;

    /// <summary>Component Area: component records one behind the other.</summary>
    public ReadOnlySpan<byte> ComponentArea => _data[1..];
}
