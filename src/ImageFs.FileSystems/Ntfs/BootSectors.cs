using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Ntfs;

/// <summary>The boot sector and its copy, in the last sector of what the volume is on (linux-ntfs, $Boot).</summary>
internal static class BootSectors
{
    // Of the last sector, which has the copy: the usual ones first.
    private static readonly int[] s_sectorSizes = [512, 4096, 1024, 2048, 256];

    /// <summary>Reads the boot sector, or with a warning its copy.</summary>
    /// <param name="source">The volume.</param>
    /// <param name="warn">Called when it is the copy.</param>
    /// <returns>Its bytes; a <see cref="BootSector"/> of them has no problem.</returns>
    /// <exception cref="InvalidImageException">Neither is good.</exception>
    public static byte[] Read(BlockSource source, Action<string> warn)
    {
        byte[] sector = new byte[BootSector.Length];
        string? problem = FindProblem(source, 0, sector);
        if (problem is null)
        {
            return sector;
        }

        if (TryReadCopy(source, sector, out long address))
        {
            warn($"boot sector: {problem}: its copy at 0x{address:X} is used");
            return sector;
        }

        throw new InvalidImageException("boot sector", 0, $"{problem}, and there is no copy at the end of the volume", BootSector.Clause);
    }

    /// <summary>Finds the copy of a boot sector that is damaged.</summary>
    /// <param name="source">The volume.</param>
    /// <param name="sector">Takes it.</param>
    /// <param name="address">Where it is.</param>
    public static bool TryReadCopy(BlockSource source, Span<byte> sector, out long address)
    {
        foreach (int size in s_sectorSizes)
        {
            address = (source.Length / size * size) - Math.Max(size, BootSector.Length);
            if (address > 0 && FindProblem(source, address, sector) is null && new BootSector(sector).SectorSize == size
                && (long)new BootSector(sector).SectorCount * size <= address)
            {
                return true;
            }
        }

        address = 0;
        return false;
    }

    /// <summary>What is wrong with a boot sector; null when nothing is.</summary>
    /// <param name="source">The volume.</param>
    /// <param name="address">Where it is.</param>
    /// <param name="sector">Takes it.</param>
    public static string? FindProblem(BlockSource source, long address, Span<byte> sector)
    {
        try
        {
            int length = (int)Math.Min(sector.Length, source.Length - address);
            sector.Clear();
            source.ReadAt(address, sector[..length]);
            return new BootSector(sector).FindProblem();
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            return e.Message;
        }
    }
}
