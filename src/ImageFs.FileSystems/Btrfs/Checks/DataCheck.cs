using System.Globalization;
using ImageFs.FileSystems.Btrfs.Devices;
using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Checking;

namespace ImageFs.FileSystems.Btrfs.Checks;

/// <summary>Reads all data that has checksums, every copy of it, and holds it against them.</summary>
/// <param name="devices">The file system.</param>
internal sealed class DataCheck(DeviceSet devices)
{
    private const int MaxPart = 1 << 20;
    private const string Clause = "Btrfs: EXTENT_CSUM";

    private readonly int _sector = devices.Geometry.SectorSize;
    private readonly byte[] _buffer = new byte[MaxPart];

    /// <summary>Checks it.</summary>
    public void Run(CheckRun run)
    {
        if (ExtentTree.FindTree(devices, ObjectIds.ChecksumTree) is not { } tree)
        {
            run.GiveUp("there are none");
            return;
        }

        long sectors = 0;
        using TreeCursor cursor = tree.Open();
        for (bool isThere = cursor.SeekFirst(TreeKey.Min); isThere; isThere = cursor.MoveNext())
        {
            if (cursor.Key.Type == ItemType.ExtentChecksum && cursor.Key.Offset <= long.MaxValue / 2)
            {
                // The data read may need the leaf's place in the cache.
                byte[] sums = cursor.Data.ToArray();
                CheckItem((long)cursor.Key.Offset, sums, run);
                sectors += sums.Length / devices.Geometry.Checksum.Size;
            }
        }

        run.Extent = sectors.ToString(CultureInfo.InvariantCulture);
    }

    private void CheckItem(long address, byte[] sums, CheckRun run)
    {
        int size = devices.Geometry.Checksum.Size;
        int perPart = MaxPart / _sector;
        int count = sums.Length / size;
        for (int first = 0; first < count; first += perPart)
        {
            int part = Math.Min(perPart, count - first);
            long start = address + ((long)first * _sector);
            int copies = devices.Logical.CopiesAt(start);
            if (copies == 0)
            {
                run.Find("checksums", start, "no chunk is where their data should be", Clause);
            }

            for (int copy = 0; copy < copies; copy++)
            {
                CheckPart(start, sums.AsSpan(first * size, part * size), copy, copies, run);
            }
        }
    }

    private void CheckPart(long start, ReadOnlySpan<byte> sums, int copy, int copies, CheckRun run)
    {
        int size = devices.Geometry.Checksum.Size;
        Span<byte> data = _buffer.AsSpan(0, sums.Length / size * _sector);
        try
        {
            devices.Logical.ReadCopy(copy, start, data);
        }
        catch (TruncatedImageException e)
        {
            run.Block(e.Message);
            return;
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            run.Find(Finding.Of(e));
            return;
        }

        run.Advance(data.Length);
        for (int i = 0; i * size < sums.Length; i++)
        {
            if (!devices.Geometry.Checksum.Matches(data.Slice(i * _sector, _sector), sums[(i * size)..]))
            {
                string which = copies == 1 ? "its checksum" : $"the checksum of copy {copy + 1} of {copies}";
                run.Find("data", start + ((long)i * _sector), $"{which} ({devices.Geometry.Checksum.Name}) is wrong", Clause);
            }
        }
    }
}
