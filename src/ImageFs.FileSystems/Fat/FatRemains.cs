using ImageFs.Storage;

namespace ImageFs.FileSystems.Fat;

/// <summary>
/// Tells a FAT volume from a boot sector that is left of one: FAT has no checksums, but its tables begin with two entries that are no
/// clusters' (fatgen103 4), and its root directory with entries of a known form (6).
/// </summary>
internal static class FatRemains
{
    private const int MaxEntries = 16;
    private const int Attributes = 11;
    private const byte UnusedAttributes = 0xC0;

    /// <summary>What is not there that the boot sector leads to; null when all is.</summary>
    /// <exception cref="ImageException">The image ends before it.</exception>
    public static string? FindOverwritten(FatVolume volume)
    {
        for (int copy = 0; copy < volume.FatCount; copy++)
        {
            if (!BeginsTable(volume, volume.TableAddress + (copy * volume.TableLength)))
            {
                return $"table {copy + 1} does not begin as one of FAT does (fatgen103 4)";
            }
        }

        return HasRoot(volume) ? null : "there is no root directory where the boot sector has it (fatgen103 6)";
    }

    // The medium, and ones: in the second entry some bits of FAT16 and FAT32 say how the volume was left.
    private static bool BeginsTable(FatVolume volume, long address)
    {
        Span<byte> start = stackalloc byte[4];
        volume.Cache.ReadAt(address, start);
        return start[0] >= 0xF0 && start[1] == 0xFF && (volume.Width == EntryWidth.Fat32 ? (start[3] & 0x0F) == 0x0F : start[2] == 0xFF);
    }

    private static bool HasRoot(FatVolume volume)
    {
        BlockSource root = volume.OpenRoot().Contents;
        byte[] entries = new byte[Math.Min(root.Length, MaxEntries * EntryCursor.EntrySize)];
        root.ReadAt(0, entries);
        for (int place = 0; place < entries.Length && entries[place] != 0; place += EntryCursor.EntrySize)
        {
            bool isDeleted = entries[place] == 0xE5;
            bool isLongName = entries[place + Attributes] == 0x0F;
            bool isNamed = entries[place] is >= 0x20 or 0x05;
            if (!isDeleted && ((!isLongName && !isNamed) || (entries[place + Attributes] & UnusedAttributes) != 0))
            {
                return false;
            }
        }

        return true;
    }
}
