using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Ext.Journal;

/// <summary>
/// The volume as it is after recovery of its journal, with nothing written: a map in which the copies in the log stand for the blocks
/// that they are for.
/// </summary>
internal static class JournalRecovery
{
    // Of a fast commit the first tag, and how many bytes there are to know it by.
    private const ushort FastCommitHead = 9;
    private const int FastCommitHeadSize = 12;

    /// <summary>Whether there is anything to recover.</summary>
    public static bool IsNeeded(SuperBlock superBlock) =>
        superBlock.Compatible.HasFlag(CompatibleFeatures.HasJournal) && superBlock.Incompatible.HasFlag(IncompatibleFeatures.Recover);

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
                "recovery from an external journal (option noload leaves it alone) is", JournalLog.Clause);
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
        VerifyCopies(log, scan.Copies.Values, volume.Geometry.BlockSize);
        recovered = scan.Copies.Count;
        return new MappedSource(volume.Source, Overlay(volume, log, scan.Copies));
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
                "recovery of fast commits (option noload leaves the journal alone) is", "ext4: Fast Commits");
        }
    }

    private static void VerifyCopies(JournalLog log, IEnumerable<JournalCopy> copies, int blockSize)
    {
        if (!log.HasBlockChecksums)
        {
            return;
        }

        uint mask = log.Incompatible.HasFlag(JournalIncompatibleFeatures.ChecksumV3) ? uint.MaxValue : ushort.MaxValue;
        byte[] block = new byte[blockSize];
        foreach (JournalCopy copy in copies)
        {
            log.Read(copy.LogBlock, block);
            uint crc = Crc32C.Append(log.Seed, BinaryPrimitives.ReverseEndianness(copy.Sequence));
            if ((Crc32C.Append(crc, block) & mask) != copy.Checksum)
            {
                throw new InvalidImageException(
                    "journal block",
                    log.AddressOf(copy.LogBlock),
                    $"its checksum is wrong in transaction {copy.Sequence}; option noload leaves the journal alone",
                    JournalLog.Clause);
            }
        }
    }

    private static ExtentMap Overlay(ExtVolume volume, JournalLog log, IReadOnlyDictionary<ulong, JournalCopy> copies)
    {
        int blockSize = volume.Geometry.BlockSize;
        long length = volume.Source.Length;
        long magicNumber = log.AddressOf(0);
        var map = new ExtentMapBuilder();
        foreach ((ulong block, JournalCopy copy) in copies.OrderBy(pair => pair.Key))
        {
            if (block >= (ulong)(length / blockSize))
            {
                throw new InvalidImageException(
                    "journal", log.AddressOf(copy.LogBlock), $"it has a copy of block {block}, behind the end", JournalLog.Clause);
            }

            map.AppendMapped(((long)block * blockSize) - map.Length, map.Length);
            long address = log.AddressOf(copy.LogBlock);
            int escaped = 0;
            if (copy.IsEscaped)
            {
                // The magic number that the copy must not begin with is in the journal's super block.
                escaped = sizeof(uint);
                map.AppendMapped(escaped, magicNumber);
            }

            map.AppendMapped(blockSize - escaped, address + escaped);
        }

        return map.AppendMapped(length - map.Length, map.Length).Build();
    }
}
