using ImageFs.Storage;

namespace ImageFs.FileSystems.Xfs.Log;

/// <summary>
/// The volume as it is after recovery of its log, with nothing written: what the log changes is kept in memory, and stands for what is there.
/// </summary>
internal sealed class LogRecovery
{
    // mkfs.xfs makes none smaller; XFS_MAX_LOG_BYTES.
    private const long MinBytes = 512 * 1024;
    private const long MaxBytes = 1L << 31;

    // XFS_SB_FEAT_INCOMPAT_LOG_XATTRS: intents of extended attributes.
    private const uint LoggedAttributes = 1;

    private readonly PatchedSectors _sectors;
    private readonly Intents _intents = new();
    private readonly LogReader _log;

    private LogRecovery(BlockSource volume, LogReader log)
    {
        _sectors = new PatchedSectors(volume);
        _log = log;
    }

    /// <summary>Replays the log; null when there is nothing to recover.</summary>
    /// <param name="volume">The volume as it was left.</param>
    /// <param name="geometry">The file system's sizes.</param>
    /// <param name="superBlock">The super block: records have its UUID.</param>
    /// <param name="logDevice">The device of the log, where it is not on the volume; null when it was not given.</param>
    /// <param name="warn">Is told that the log was not given.</param>
    /// <exception cref="ImageException">The log is damaged, or cannot be read.</exception>
    public static LogRecovery? Replay(BlockSource volume, Geometry geometry, SuperBlock superBlock, BlockSource? logDevice, Action<string> warn)
    {
        if (geometry.LogStart == 0 && logDevice is null)
        {
            warn("the log is on another device: what it has not yet written elsewhere is not shown (-o logdev=FILE names the device)");
            return null;
        }

        long length = geometry.LogBlocks * geometry.BlockSize;
        if (length is < MinBytes or > MaxBytes)
        {
            throw new InvalidImageException("super block", 0, $"its log has {length} bytes; -o norecovery leaves the log alone", SuperBlock.Clause);
        }

        LogRing ring = geometry.LogStart == 0
            ? new LogRing(logDevice!, 0, length / RecordHeader.BlockSize)
            : new LogRing(volume, geometry.AddressOf(geometry.LogStart), length / RecordHeader.BlockSize);
        byte[] id = superBlock.Uuid.ToArray();
        var ends = new LogEnds(ring, geometry.HasChecksums, id);
        ends.Find();
        if (ends.IsClean)
        {
            return null;
        }

        return (superBlock.LogIncompatible & ~LoggedAttributes) != 0 && geometry.HasChecksums
            ? throw new UnsupportedFeatureException(
                $"a log to recover with features 0x{superBlock.LogIncompatible:X} (-o norecovery leaves the log alone)", "sb_features_log_incompat")
            : Replay(volume, geometry, new LogReader(ring, ends.Tail, ends.Head, geometry.HasChecksums, id));
    }

    /// <summary>The volume with what its log changes; what the log only begins is not finished.</summary>
    public BlockSource ToSource() => _sectors.ToSource();

    /// <summary>Finishes what the log begins.</summary>
    /// <param name="volume">The volume of <see cref="ToSource"/>.</param>
    /// <exception cref="ImageException">What it begins is damaged, or the inode that it is of.</exception>
    public Recovery Finish(XfsVolume volume)
    {
        LogItem[] intents = [.. _intents.Open.Where(IntentReplay.Matters)];
        FinishedWork finished = new IntentReplay(volume, _sectors, _log).Run(intents);
        return new Recovery(intents.Length == 0 ? volume.Source : ToSource(), finished, _intents.AreFinished);
    }

    private static LogRecovery Replay(BlockSource volume, Geometry geometry, LogReader log)
    {
        var recovery = new LogRecovery(volume, log);
        var cancellations = new Cancellations();
        var buffers = new BufferReplay(recovery._sectors, geometry, cancellations);
        var inodes = new InodeReplay(recovery._sectors, geometry, cancellations);
        var creations = new CreateReplay(recovery._sectors, geometry, cancellations);

        new LogTransactions(log).Read((items, _) =>
        {
            foreach (LogItem item in items)
            {
                if (item.Type != LogItemType.Buffer)
                {
                    continue;
                }

                BufferFormat format = buffers.ReadFormat(item, log);
                if (format.Flags.HasFlag(BufferFlags.Cancelled))
                {
                    cancellations.Add(format.Sector, format.Sectors);
                }
            }
        });
        new LogTransactions(log).Read((items, place) =>
        {
            foreach (LogItem item in Order(items, buffers, log))
            {
                switch (item.Type)
                {
                    case LogItemType.Buffer:
                        buffers.Replay(item, place, log);
                        break;
                    case LogItemType.Inode:
                        inodes.Replay(item, place, log);
                        break;
                    case LogItemType.CreateInodes:
                        creations.Replay(item, log);
                        break;
                    case LogItemType.Quota or LogItemType.QuotaOff or LogItemType.UnlinkedList:
                        break;
                    case >= LogItemType.FreeExtents and <= LogItemType.RealTimeReferenceCountDone:
                        recovery._intents.Note(item, log);
                        break;
                    default:
                        throw new UnsupportedFeatureException(
                            $"a log with items of type 0x{(ushort)item.Type:X4} (-o norecovery leaves the log alone)", LogReader.Clause);
                }
            }
        });

        return recovery;
    }

    // As Linux does (xlog_recover_reorder_trans): buffers before the inodes in them, then the lists of deleted inodes, and what is freed at last.
    private static IEnumerable<LogItem> Order(List<LogItem> items, BufferReplay buffers, LogReader log) =>
        items.OrderBy(item => item.Type switch
        {
            LogItemType.CreateInodes => 0,
            LogItemType.Buffer => buffers.ReadFormat(item, log).Flags switch
            {
                var flags when flags.HasFlag(BufferFlags.Cancelled) => 3,
                var flags when flags.HasFlag(BufferFlags.Inodes) => 2,
                _ => 0,
            },
            _ => 1,
        });
}
