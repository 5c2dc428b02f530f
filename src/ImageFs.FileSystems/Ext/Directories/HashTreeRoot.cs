namespace ImageFs.FileSystems.Ext.Directories;

/// <summary>The root of a hash tree (ext4: Hash Tree Directories): dx_root, between the entries "." and ".." and the nodes.</summary>
internal readonly ref struct HashTreeRoot
{
    /// <summary>rec_len of ".".</summary>
    public const int SelfLength = 12;

    /// <summary>Where the entries begin.</summary>
    public const int EntriesOffset = InfoOffset + InfoLength;

    private const int InfoOffset = 24;
    private const int InfoLength = 8;

    private readonly ReadOnlySpan<byte> _info;

    /// <param name="block">The first block of the directory.</param>
    public HashTreeRoot(ReadOnlySpan<byte> block)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(block.Length, EntriesOffset, nameof(block));
        _info = block.Slice(InfoOffset, InfoLength);
    }

    /// <summary>hash_version.</summary>
    public byte HashVersion => _info[4];

    /// <summary>indirect_levels: inner nodes between the root and the leaves.</summary>
    public byte IndirectLevels => _info[6];

    /// <summary>unused_flags; the lowest bit has to be 0.</summary>
    public byte UnusedFlags => _info[7];

    /// <summary>Whether reserved_zero and info_length are as they have to be.</summary>
    public static bool IsGood(ReadOnlySpan<byte> block) =>
        block.Slice(InfoOffset, sizeof(uint)).IndexOfAnyExcept((byte)0) < 0 && block[InfoOffset + 5] == InfoLength;
}
