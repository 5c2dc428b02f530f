using ImageFs.Storage;

namespace ImageFs.FileSystems.Ext.Journal;

/// <summary>The blocks of a journal, of which those of the log form a ring.</summary>
internal sealed class JournalLog
{
    /// <summary>Where the journal is specified.</summary>
    public const string Clause = "ext4: Journal (jbd2)";

    private const JournalIncompatibleFeatures Readable =
        JournalIncompatibleFeatures.Revoke | JournalIncompatibleFeatures.Bits64 | JournalIncompatibleFeatures.AsyncCommit
        | JournalIncompatibleFeatures.ChecksumV2 | JournalIncompatibleFeatures.ChecksumV3 | JournalIncompatibleFeatures.FastCommit;

    private readonly BlockSource _contents;
    private readonly int _blockSize;
    private readonly uint _end;

    /// <param name="contents">The journal's file.</param>
    /// <param name="address">Where its inode is, for messages.</param>
    /// <param name="blockSize">Block size of the file system.</param>
    /// <exception cref="ImageException">Its super block is damaged, or has a feature that is not read.</exception>
    public JournalLog(BlockSource contents, long address, int blockSize)
    {
        _contents = contents;
        _blockSize = blockSize;
        byte[] bytes = new byte[JournalSuperBlock.Size];
        contents.ReadAt(0, bytes);
        var superBlock = new JournalSuperBlock(bytes);
        string? problem = FindProblem(superBlock, contents.Length / blockSize, blockSize);
        if (problem is not null)
        {
            throw new InvalidImageException("journal of the inode", address, $"{problem}; option noload leaves it alone", Clause);
        }

        Incompatible = superBlock.Incompatible;
        if ((Incompatible & ~Readable) != 0 || superBlock.ReadOnlyCompatible != 0)
        {
            throw new UnsupportedFeatureException(
                $"a journal with features 0x{(uint)(Incompatible & ~Readable):X}, 0x{superBlock.ReadOnlyCompatible:X} (option noload leaves it alone)",
                Clause);
        }

        HasBlockChecksums = superBlock.HasBlockChecksums;
        HasTransactionChecksums = superBlock.HasTransactionChecksums;
        Seed = Crc32C.Append(Crc32C.Initial, superBlock.Uuid);
        First = superBlock.First;
        Start = superBlock.Start;
        Sequence = superBlock.Sequence;
        _end = superBlock.MaxLength;
        if (Incompatible.HasFlag(JournalIncompatibleFeatures.FastCommit))
        {
            _end -= superBlock.FastCommitBlocks;
            FastCommits = _end + 1;
        }
    }

    public JournalIncompatibleFeatures Incompatible { get; }

    /// <summary>Whether the log's own blocks have checksums, and the tags those of the copies.</summary>
    public bool HasBlockChecksums { get; }

    /// <summary>Whether commit blocks have a checksum of their transaction.</summary>
    public bool HasTransactionChecksums { get; }

    /// <summary>Where the checksums of blocks begin.</summary>
    public uint Seed { get; }

    /// <summary>The first block of the log.</summary>
    public uint First { get; }

    /// <summary>The block at which recovery begins; 0 when the log is empty.</summary>
    public uint Start { get; }

    /// <summary>The first transaction that is expected.</summary>
    public uint Sequence { get; }

    /// <summary>The first block for fast commits; 0 when there are none.</summary>
    public uint FastCommits { get; }

    /// <summary>Blocks in the log.</summary>
    public uint Length => _end - First;

    /// <summary>Where a block of the journal is in the volume.</summary>
    /// <exception cref="InvalidImageException">It is not on disk.</exception>
    public long AddressOf(uint block)
    {
        Extent extent = _contents.Map((long)block * _blockSize, _blockSize, out _);
        return extent.Kind == ExtentKind.Mapped && extent.Length == _blockSize
            ? extent.Address
            : throw new InvalidImageException("journal", 0, $"its block {block} is not on disk", Clause);
    }

    /// <summary>Reads a block of the journal.</summary>
    /// <exception cref="ImageException">It is not on disk, or not in the image.</exception>
    public void Read(uint block, Span<byte> destination) => _contents.ReadAt((long)block * _blockSize, destination);

    /// <summary>The block so many blocks after another: after the last comes the first.</summary>
    public uint Advance(uint block, uint count) => First + (uint)(((long)block - First + count) % Length);

    private static string? FindProblem(JournalSuperBlock superBlock, long blocks, int blockSize)
    {
        if (!superBlock.IsGood || !superBlock.IsChecksumGood)
        {
            return "its super block has no magic number, or the checksum is wrong";
        }

        if (superBlock.BlockSize != blockSize || superBlock.MaxLength > blocks)
        {
            return $"it has {superBlock.MaxLength} blocks of {superBlock.BlockSize} bytes in a file of {blocks} blocks of {blockSize}";
        }

        long end = superBlock.MaxLength;
        if (superBlock.Incompatible.HasFlag(JournalIncompatibleFeatures.FastCommit))
        {
            end -= superBlock.FastCommitBlocks;
        }

        return superBlock.First == 0 || superBlock.First >= end || superBlock.Start >= end
            || (superBlock.Start != 0 && superBlock.Start < superBlock.First)
            ? $"its log begins at {superBlock.First} and {superBlock.Start} and ends at {end}"
            : null;
    }
}
