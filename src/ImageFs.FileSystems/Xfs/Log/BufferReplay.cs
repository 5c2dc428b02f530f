using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Xfs.Log;

/// <summary>blf_flags of a buffer; the upper five bits are its type.</summary>
[Flags]
internal enum BufferFlags : ushort
{
    None = 0,

    /// <summary>Of inodes only the lists of deleted ones are in it.</summary>
    Inodes = 1,

    /// <summary>It was freed.</summary>
    Cancelled = 2,
    UserQuota = 4,
    ProjectQuota = 8,
    GroupQuota = 16,
}

/// <summary>The format of a buffer's item (xfs_buf_log_format).</summary>
/// <param name="bytes">The region.</param>
internal readonly ref struct BufferFormat(ReadOnlySpan<byte> bytes)
{
    /// <summary>Where it is specified.</summary>
    public const string Clause = "xfs_buf_log_format";

    /// <summary>Bytes before the map.</summary>
    public const int Size = 20;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>blf_flags.</summary>
    public BufferFlags Flags => (BufferFlags)BinaryPrimitives.ReadUInt16LittleEndian(_bytes[4..]);

    /// <summary>blf_len, in sectors.</summary>
    public int Sectors => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[6..]);

    /// <summary>blf_blkno: the first sector.</summary>
    public long Sector => BinaryPrimitives.ReadInt64LittleEndian(_bytes[8..]);

    /// <summary>blf_map_size, in words.</summary>
    public uint MapWords => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[16..]);

    /// <summary>blf_data_map: a bit for each 128 bytes that are logged.</summary>
    public ReadOnlySpan<byte> Map => _bytes[Size..];
}

/// <summary>Replays what was logged of buffers of metadata.</summary>
/// <param name="sectors">The volume.</param>
/// <param name="geometry">The file system's sizes.</param>
/// <param name="cancellations">What is not to be replayed.</param>
internal sealed class BufferReplay(PatchedSectors sectors, Geometry geometry, Cancellations cancellations)
{
    private const int ChunkSize = 128;
    private const int BitsInByte = 8;
    private const int NextUnlinkedOffset = 96;
    private const BufferFlags Quotas = BufferFlags.UserQuota | BufferFlags.ProjectQuota | BufferFlags.GroupQuota;

    /// <summary>The format of an item.</summary>
    /// <exception cref="InvalidImageException">It is none.</exception>
    public BufferFormat ReadFormat(LogItem item, LogReader log)
    {
        if (item.Format.Length >= BufferFormat.Size)
        {
            var format = new BufferFormat(item.Format);
            if (format.Map.Length / sizeof(uint) >= format.MapWords && (format.Flags.HasFlag(BufferFlags.Cancelled) || sectors.IsOnVolume(format.Sector, format.Sectors)))
            {
                return format;
            }
        }

        throw log.Damaged(item.Block, $"an item of a buffer has a format of {item.Format.Length} bytes that leads beyond the volume or its own end");
    }

    /// <summary>Replays one.</summary>
    /// <param name="item">What was logged.</param>
    /// <param name="place">The log sequence number of its transaction.</param>
    /// <param name="log">The log, for messages.</param>
    /// <exception cref="ImageException">It is damaged, or the buffer cannot be read.</exception>
    public void Replay(LogItem item, LogPlace place, LogReader log)
    {
        BufferFormat format = ReadFormat(item, log);
        if (format.Flags.HasFlag(BufferFlags.Cancelled))
        {
            cancellations.Pass(format.Sector, format.Sectors);
            return;
        }

        if (cancellations.IsCancelled(format.Sector, format.Sectors) || (format.Flags & Quotas) != 0)
        {
            return;
        }

        byte[] buffer = new byte[format.Sectors * PatchedSectors.SectorSize];
        sectors.Read(format.Sector, buffer);
        if (geometry.HasChecksums && MetadataHeader.FindPlace(buffer, geometry.Uuid) is { IsKnown: true } written && written.CompareTo(place) >= 0)
        {
            // What is there is newer.
            return;
        }

        if (format.Flags.HasFlag(BufferFlags.Inodes))
        {
            CopyLists(item, format, buffer, log);
        }
        else
        {
            // What was there is not checked before: a write of it that did not come to its end leaves a wrong checksum, and the log has all of what
            // that write changed. So nobody can tell damage in the rest of the block from that, nor does Linux (xlog_recover_buf_commit_pass2).
            Copy(item, format, buffer, log);
            MetadataHeader.Seal(buffer, geometry);
        }

        sectors.Write(format.Sector, buffer);
    }

    // Of a buffer with inodes only where they are in a list of deleted ones is logged: an inode itself is an item of its own.
    private void CopyLists(LogItem item, BufferFormat format, byte[] buffer, LogReader log)
    {
        byte[] logged = (byte[])buffer.Clone();
        Copy(item, format, logged, log);
        for (int at = 0; at + geometry.InodeSize <= buffer.Length; at += geometry.InodeSize)
        {
            ReadOnlySpan<byte> next = logged.AsSpan(at + NextUnlinkedOffset, sizeof(uint));
            Span<byte> inode = buffer.AsSpan(at, geometry.InodeSize);
            if (!next.SequenceEqual(inode.Slice(NextUnlinkedOffset, sizeof(uint))))
            {
                next.CopyTo(inode[NextUnlinkedOffset..]);
                MetadataHeader.SealInode(inode, geometry);
            }
        }
    }

    private static void Copy(LogItem item, BufferFormat format, byte[] buffer, LogReader log)
    {
        int bits = (int)Math.Min(format.MapWords * 32L, buffer.Length / ChunkSize);
        int region = 1;
        for (int bit = 0; bit < bits;)
        {
            if (!IsSet(format.Map, bit))
            {
                bit++;
                continue;
            }

            int end = bit;
            while (end < bits && IsSet(format.Map, end))
            {
                end++;
            }

            if (region >= item.Count)
            {
                throw log.Damaged(item.Block, $"an item of a buffer has {item.Count} regions, and more are in its map");
            }

            // A run of bits may be several regions.
            ReadOnlySpan<byte> bytes = item[region++];
            int chunks = Math.Min(end - bit, bytes.Length / ChunkSize);
            if (chunks == 0)
            {
                throw log.Damaged(item.Block, $"a region of an item of a buffer has {bytes.Length} bytes");
            }

            bytes[..(chunks * ChunkSize)].CopyTo(buffer.AsSpan(bit * ChunkSize));
            bit += chunks;
        }
    }

    private static bool IsSet(ReadOnlySpan<byte> map, int bit) => (map[bit / BitsInByte] >> (bit % BitsInByte) & 1) != 0;
}
