using System.Buffers.Binary;
using ImageFs.Linux;

namespace ImageFs.Storage.Containers.Optical;

/// <summary>What the kernel's driver says of the disc in a drive (linux/cdrom.h).</summary>
internal static class OpticalDrive
{
    private const uint ReadTocHeader = 0x5305; // CDROMREADTOCHDR
    private const uint ReadTocEntry = 0x5306; // CDROMREADTOCENTRY
    private const uint MultiSession = 0x5310; // CDROMMULTISESSION
    private const byte LogicalBlocks = 1; // CDROM_LBA
    private const int DataTrack = 0x04; // CDROM_DATA_TRACK

    /// <summary>ioctl(2) on the drive: whether it succeeded.</summary>
    internal delegate bool Control(uint request, Span<byte> argument);

    /// <summary>The sessions of the disc in a drive; null when the device is none, or has no disc with a table.</summary>
    internal static SessionTable? ReadSessions(FileDevice device) =>
        ReadSessions((request, argument) => Descriptors.Control(device.Descriptor, request, argument, out _) >= 0);

    /// <summary>
    /// The same by any way of asking. The table of contents has no sessions, so each data track is taken for one, as isofs does; the
    /// drive knows which is the last.
    /// </summary>
    internal static SessionTable? ReadSessions(Control control)
    {
        // struct cdrom_tochdr: first and last track.
        Span<byte> header = stackalloc byte[2];
        if (!control(ReadTocHeader, header))
        {
            return null;
        }

        // struct cdrom_tocentry: track, ADR and control, address format, address at 4, mode at 8.
        Span<byte> entry = stackalloc byte[12];
        var starts = new List<long?>();
        for (int track = Math.Max(header[0], (byte)1); track <= Math.Min((int)header[1], Disc.MaxTracks); track++)
        {
            entry.Clear();
            entry[0] = (byte)track;
            entry[2] = LogicalBlocks;
            if (control(ReadTocEntry, entry) && (entry[1] >> 4 & DataTrack) != 0)
            {
                starts.Add(ToBytes(entry[4..]));
            }
        }

        // struct cdrom_multisession: address, whether the disc has several sessions (xa_flag), address format.
        Span<byte> last = stackalloc byte[8];
        last.Clear();
        last[5] = LogicalBlocks;
        if (control(MultiSession, last) && last[4] != 0)
        {
            long start = ToBytes(last);
            starts.RemoveAll(other => other >= start);
            starts.Add(start);
        }
        else if (starts.Count > 1)
        {
            // One session: its first data track has the file system.
            starts.RemoveRange(1, starts.Count - 1);
        }

        return starts.Count == 0 ? null : new SessionTable(starts);
    }

    private static long ToBytes(ReadOnlySpan<byte> address) =>
        Math.Max(0, BinaryPrimitives.ReadInt32LittleEndian(address)) * (long)SectorLayout.UserSize;
}
