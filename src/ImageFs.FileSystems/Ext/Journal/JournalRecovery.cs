using System.Buffers.Binary;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Ext.Journal;

/// <summary>
/// The volume as it is after recovery of its journal, with nothing written: the copies in the log stand for the blocks that they are for.
/// </summary>
internal static class JournalRecovery
{
    // The first tag of a fast commit, and how many bytes identify it.
    private const ushort FastCommitHead = 9;
    private const int FastCommitHeadSize = 12;

    /// <summary>Whether there is anything to recover.</summary>
    public static bool IsNeeded(SuperBlock superBlock) =>
        superBlock.Compatible.HasFlag(CompatibleFeatures.HasJournal) && superBlock.Incompatible.HasFlag(IncompatibleFeatures.Recover);

    /// <summary>
    /// What of the super block speaks against there being nothing to recover, though it says so: Linux goes by what it says, e2fsck asks.
    /// Null when nothing does.
    /// </summary>
    /// <param name="volume">The volume.</param>
    /// <param name="superBlock">Its super block.</param>
    public static string? FindContradiction(ExtVolume volume, SuperBlock superBlock)
    {
        if (!superBlock.Compatible.HasFlag(CompatibleFeatures.HasJournal))
        {
            return superBlock.Incompatible.HasFlag(IncompatibleFeatures.Recover) || superBlock.JournalInode != 0
                ? "the super block has the feature of no journal, and names one"
                : null;
        }

        if (superBlock.JournalInode == 0 || superBlock.Incompatible.HasFlag(IncompatibleFeatures.Recover))
        {
            return null;
        }

        try
        {
            Inode inode = volume.Inodes.Read(superBlock.JournalInode);
            var log = new JournalLog(volume.OpenContents(inode), inode.Address, volume.Geometry.BlockSize);
            return log.Start != 0 ? "the journal has data, and the super block does not ask for its recovery" : null;
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            // The check of the reserved inodes reports it.
            return null;
        }
    }

    /// <summary>The recovered volume.</summary>
    /// <param name="volume">The volume as it was left.</param>
    /// <param name="inodeNumber">The journal's inode; 0 when it is on another device.</param>
    /// <param name="recovered">Number of blocks that were recovered.</param>
    /// <exception cref="ImageException">The journal is damaged, or cannot be read.</exception>
    public static BlockSource Recover(ExtVolume volume, uint inodeNumber, out int recovered)
    {
        if (inodeNumber == 0)
        {
            throw new UnsupportedFeatureException(
                "recovery from an external journal (option noload leaves it alone)", JournalLog.Clause);
        }

        Inode inode = volume.Inodes.Read(inodeNumber);
        if (inode.Type != NodeType.Regular)
        {
            throw new InvalidImageException(
                $"inode {inodeNumber}", inode.Address, "it is not that of a journal; option noload leaves it alone", JournalLog.Clause);
        }

        var log = new JournalLog(volume.OpenContents(inode), inode.Address, volume.Geometry.BlockSize);
        recovered = 0;
        if (log.Start == 0)
        {
            return volume.Source;
        }

        var scan = new JournalScan(log, volume.Geometry.BlockSize);
        scan.Run();
        RefuseFastCommit(log, scan.EndSequence);
        VerifyCopies(log, scan.Copies, volume.Geometry.BlockSize, volume.Source.Length / volume.Geometry.BlockSize);
        recovered = scan.Copies.Count;
        return new RecoveredSource(volume.Source, log, scan.Copies, volume.Geometry.BlockSize);
    }

    private static void RefuseFastCommit(JournalLog log, uint sequence)
    {
        if (log.FastCommits == 0)
        {
            return;
        }

        Span<byte> head = stackalloc byte[FastCommitHeadSize];
        log.Read(log.FastCommits, head);
        if (BinaryPrimitives.ReadUInt16LittleEndian(head) == FastCommitHead
            && BinaryPrimitives.ReadUInt32LittleEndian(head[8..]) == sequence)
        {
            throw new UnsupportedFeatureException(
                "recovery of fast commits (option noload leaves the journal alone)", "ext4: Fast Commits");
        }
    }

    private static void VerifyCopies(JournalLog log, JournalCopies copies, int blockSize, long blocks)
    {
        for (int i = 0; i < copies.Count; i++)
        {
            ulong block = copies.Get(i, out uint logBlock, out _, out bool isDamaged);
            long address = log.AddressOf(logBlock);
            if (isDamaged)
            {
                // It may not have been readable: then that is the error.
                log.Read(logBlock, new byte[blockSize]);
            }

            if (isDamaged || block >= (ulong)blocks)
            {
                string problem = isDamaged ? $"the checksum of its copy of block {block} is wrong" : $"it has a copy of block {block}, beyond the end";
                throw new InvalidImageException("journal block", address, $"{problem}; option noload leaves the journal alone", JournalLog.Clause);
            }
        }
    }
}

/// <summary>The volume with the copies in the log in the places of the blocks that they are for.</summary>
/// <param name="volume">The volume as it was left.</param>
/// <param name="log">The journal.</param>
/// <param name="copies">The copies; each is of a block of the volume, and lies on it.</param>
/// <param name="blockSize">Bytes in a block.</param>
internal sealed class RecoveredSource(BlockSource volume, JournalLog log, JournalCopies copies, int blockSize) : PiecedSource
{
    // What an escaped copy must not begin with, and what the journal's super block does.
    private const int MagicNumberSize = sizeof(uint);

    /// <inheritdoc/>
    public override long Length => volume.Length;

    /// <inheritdoc/>
    public override long MapSize => copies.Count * 16L;

    /// <inheritdoc/>
    protected override Piece Find(long offset)
    {
        ulong block = (ulong)(offset / blockSize);
        int inBlock = (int)(offset % blockSize);
        int place = copies.Find(block);
        ulong next = place < copies.Count ? copies.Get(place, out _, out _, out _) : ulong.MaxValue;
        if (next != block)
        {
            long end = next == ulong.MaxValue ? Length : (long)next * blockSize;
            return Piece.Mapped(volume, offset, end - offset);
        }

        copies.Get(place, out uint logBlock, out bool isEscaped, out _);
        return isEscaped && inBlock < MagicNumberSize
            ? Piece.Mapped(volume, log.AddressOf(0) + inBlock, MagicNumberSize - inBlock)
            : Piece.Mapped(volume, log.AddressOf(logBlock) + inBlock, blockSize - inBlock);
    }
}
