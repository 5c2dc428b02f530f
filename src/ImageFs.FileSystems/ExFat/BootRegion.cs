using System.Buffers.Binary;
using System.Numerics;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Checking;

namespace ImageFs.FileSystems.ExFat;

/// <summary>The main and the backup boot region: twelve sectors each, the last with the sum over the others (exFAT 3).</summary>
internal static class BootRegion
{
    private const int Sectors = 12;
    private const int MinSectorShift = 9;
    private const int MaxSectorShift = 12;

    /// <summary>Reads the boot sector whose region has the right sum: the main one, or with a warning the backup.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="sector">Takes the boot sector.</param>
    /// <param name="warn">Hears of it when it is the backup.</param>
    /// <exception cref="InvalidImageException">Neither is good.</exception>
    public static void Read(BlockCache volume, Span<byte> sector, Action<string> warn)
    {
        string? problem = FindProblem(volume, 0, sector);
        if (problem is null)
        {
            return;
        }

        // The size of a sector may be what is wrong with the main one.
        for (int shift = MinSectorShift; shift <= MaxSectorShift; shift++)
        {
            if (FindProblem(volume, (long)Sectors << shift, sector) is null && new BootSector(sector).BytesPerSectorShift == shift)
            {
                warn($"main boot region: {problem}: the backup is used (exFAT 3.2)");
                return;
            }
        }

        throw new InvalidImageException("main boot region", 0, $"{problem}, and the backup is no good either", "exFAT 3");
    }

    /// <summary>Checks both regions.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="sectorSize">Bytes in a sector.</param>
    /// <param name="run">Hears of what is wrong.</param>
    public static void Check(BlockCache volume, int sectorSize, CheckRun run)
    {
        run.Extent = "2";
        Span<byte> sector = stackalloc byte[BootSector.Length];
        foreach ((string name, long address) in ((string, long)[])[("main boot region", 0), ("backup boot region", (long)Sectors * sectorSize)])
        {
            if (FindProblem(volume, address, sector) is { } problem)
            {
                run.Find(name, address, problem, "exFAT 3");
            }
        }
    }

    private static string? FindProblem(BlockCache volume, long address, Span<byte> sector)
    {
        try
        {
            volume.ReadAt(address, sector);
            var boot = new BootSector(sector);
            return boot.IsExFat
                ? boot.FindProblem() ?? FindWrongSum(volume, address, 1 << boot.BytesPerSectorShift)
                : "it has no boot sector";
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            return e.Message;
        }
    }

    /// <summary>Compares the sum over eleven sectors with what the twelfth repeats (3.4).</summary>
    private static string? FindWrongSum(BlockCache volume, long address, int sectorSize)
    {
        byte[] bytes = new byte[Sectors * sectorSize];
        volume.ReadAt(address, bytes);
        ReadOnlySpan<byte> recorded = bytes.AsSpan((Sectors - 1) * sectorSize);
        uint sum = Checksum(bytes.AsSpan(0, (Sectors - 1) * sectorSize));
        for (int i = 0; i < sectorSize; i += sizeof(uint))
        {
            uint expected = BinaryPrimitives.ReadUInt32LittleEndian(recorded[i..]);
            if (expected != sum)
            {
                return $"its sum is 0x{sum:X8}, recorded is 0x{expected:X8}";
            }
        }

        return null;
    }

    /// <summary>The sum over a boot region, without the fields that change while a volume is used (3.4).</summary>
    private static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        uint sum = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            // VolumeFlags and PercentInUse.
            if (i is not (106 or 107 or 112))
            {
                sum = unchecked(BitOperations.RotateRight(sum, 1) + bytes[i]);
            }
        }

        return sum;
    }
}
