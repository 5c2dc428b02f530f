namespace ImageFs.FileSystems.Iso9660;

/// <summary>A CE entry: where the next System Use Entries of the record are (SUSP 5.1).</summary>
internal readonly ref struct ContinuationArea
{
    /// <summary>Bytes of the whole entry.</summary>
    public const int Length = 28;

    private readonly ReadOnlySpan<byte> _data;

    public ContinuationArea(SystemUseEntry entry) => _data = SystemUse.Require(entry, Length, "CE", "SUSP 5.1");

    /// <summary>Logical block in which the area begins.</summary>
    public uint Location => BothEndian.UInt32(_data);

    /// <summary>Byte of the block at which the area begins.</summary>
    public uint Offset => BothEndian.UInt32(_data[8..]);

    /// <summary>Bytes in the area.</summary>
    public uint AreaLength => BothEndian.UInt32(_data[16..]);
}
