namespace ImageFs.FileSystems.Iso9660.RockRidge;

/// <summary>An ER entry: names an extension that is used in the image (SUSP 5.5).</summary>
internal readonly ref struct ExtensionsReference
{
    /// <summary>Bytes of the whole entry before the identifier.</summary>
    public const int Length = 8;

    private readonly ReadOnlySpan<byte> _data;

    public ExtensionsReference(SystemUseEntry entry) => _data = SystemUse.Require(entry, Length, "ER", "SUSP 5.5");

    /// <summary>Extension Identifier.</summary>
    public ReadOnlySpan<byte> Identifier => _data.Slice(4, Math.Min(_data[0], _data.Length - 4));
}
