using ImageFs.Storage;

namespace ImageFs.FileSystems.Iso9660.ElTorito;

/// <summary>The boot catalog of El Torito, as <c>imagefs info</c> tells of it.</summary>
internal static class BootCatalog
{
    /// <summary>Bytes of every entry.</summary>
    public const int EntryLength = 32;

    private const byte ExtensionIndicator = 0x44;

    // Two sectors; a catalog of one is usual.
    private const int MaxEntries = 2 * VolumeDescriptor.Length / EntryLength;

    /// <summary>Describes the catalog that a boot record points to, with an entry for each boot image.</summary>
    /// <param name="source">The image.</param>
    /// <param name="descriptor">The boot record.</param>
    public static ImageDescription Describe(BlockSource source, DescriptorSector descriptor)
    {
        long address = (long)new BootRecord(descriptor.Bytes).BootCatalogLocation * VolumeDescriptor.Length;
        ImageDescription catalog = new ImageDescription("el-torito").With("offset", address);
        try
        {
            Span<byte> entry = stackalloc byte[EntryLength];
            source.ReadAt(address, entry);
            var validation = new ValidationEntry(entry);
            if (!validation.IsValid)
            {
                return catalog.With("problem", "no validation entry (El Torito figure 2)");
            }

            BootPlatform platform = validation.Platform;
            catalog.With("platform", ToText(platform))
                .With("manufacturer", Text.FromAscii(validation.Manufacturer))
                .With("checksum-valid", validation.IsChecksumRight);

            source.ReadAt(address + EntryLength, entry);
            catalog.Children.Add(Describe(new BootEntry(entry), platform));
            DescribeSections(source, address, catalog);
        }
        catch (ImageException e)
        {
            catalog.With("problem", e.Message);
        }

        return catalog;
    }

    /// <summary>Where the boot images begin, in bytes from the start of the image.</summary>
    /// <param name="source">The image.</param>
    /// <param name="descriptor">The boot record.</param>
    public static IReadOnlyList<long> FindImages(BlockSource source, DescriptorSector descriptor) =>
        [.. Describe(source, descriptor).Children.Select(image => image.Find("offset")).OfType<long>()];

    private static void DescribeSections(BlockSource source, long address, ImageDescription catalog)
    {
        Span<byte> bytes = stackalloc byte[EntryLength];
        int index = 2;
        bool isLast = false;
        while (!isLast && index < MaxEntries)
        {
            source.ReadAt(address + (index++ * EntryLength), bytes);
            var header = new SectionHeader(bytes);
            if (!header.IsValid)
            {
                return;
            }

            isLast = header.IsLast;
            BootPlatform platform = header.Platform;
            string identifier = Text.FromAscii(header.Identifier);
            int entries = header.EntryCount;
            while (entries > 0 && index < MaxEntries)
            {
                source.ReadAt(address + (index++ * EntryLength), bytes);
                if (bytes[0] != ExtensionIndicator)
                {
                    catalog.Children.Add(Describe(new BootEntry(bytes), platform).With("section", identifier));
                    entries--;
                }
            }
        }
    }

    private static ImageDescription Describe(BootEntry entry, BootPlatform platform) => new ImageDescription("boot-image")
        .With("platform", ToText(platform))
        .With("bootable", entry.IsBootable)
        .With("emulation", ToText(entry.Media))
        .With("load-segment", (long)entry.LoadSegment)
        .With("system-type", (long)entry.SystemType)
        .With("sectors", (long)entry.SectorCount)
        .With("lba", (long)entry.LoadRba)
        .With("offset", (long)entry.LoadRba * VolumeDescriptor.Length);

    private static string ToText(BootPlatform platform) => platform switch
    {
        BootPlatform.X86 => "x86",
        BootPlatform.PowerPC => "powerpc",
        BootPlatform.Macintosh => "macintosh",
        BootPlatform.Efi => "efi",
        _ => $"0x{(byte)platform:X2}",
    };

    private static string ToText(BootMedia media) => media switch
    {
        BootMedia.None => "none",
        BootMedia.Floppy1200 => "floppy 1.2 MB",
        BootMedia.Floppy1440 => "floppy 1.44 MB",
        BootMedia.Floppy2880 => "floppy 2.88 MB",
        BootMedia.HardDisk => "hard disk",
        _ => $"0x{(byte)media:X}",
    };
}
