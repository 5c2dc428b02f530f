namespace ImageFs.FileSystems.Iso9660.RockRidge;

/// <summary>An SF entry: the file is recorded as a table of its regions (RRIP 4.1.7).</summary>
internal readonly ref struct SparseFile
{
    /// <summary>Bytes of the whole entry.</summary>
    public const int Length = 21;

    private readonly ReadOnlySpan<byte> _data;

    public SparseFile(SystemUseEntry entry) => _data = SystemUse.Require(entry, Length, "SF", "RRIP 4.1.7");

    /// <summary>Virtual File Size in bytes, high and low half together.</summary>
    public ulong VirtualFileSize => ((ulong)BothEndian.UInt32(_data) << 32) | BothEndian.UInt32(_data[8..]);

    /// <summary>Table Depth.</summary>
    public byte TableDepth => _data[16];
}
