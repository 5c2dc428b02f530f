using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Iso9660.ElTorito;

/// <summary>Platform ID of a boot catalog's section (El Torito 1.0 figure 2; UEFI 2.10 13.3.2).</summary>
internal enum BootPlatform : byte
{
    X86 = 0,
    PowerPC = 1,
    Macintosh = 2,
    Efi = 0xEF,
}

/// <summary>The validation entry that a boot catalog begins with (El Torito 1.0 figure 2).</summary>
internal readonly ref struct ValidationEntry
{
    private readonly ReadOnlySpan<byte> _bytes;

    public ValidationEntry(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, BootCatalog.EntryLength, nameof(bytes));
        _bytes = bytes[..BootCatalog.EntryLength];
    }

    /// <summary>Whether header ID and key bytes are right.</summary>
    public bool IsValid => _bytes[0] == 1 && _bytes[30] == 0x55 && _bytes[31] == 0xAA;

    /// <summary>Platform ID.</summary>
    public BootPlatform Platform => (BootPlatform)_bytes[1];

    /// <summary>ID string of who made the image, padded.</summary>
    public ReadOnlySpan<byte> Manufacturer => _bytes.Slice(4, 24);

    /// <summary>Whether all words of the entry sum up to 0.</summary>
    public bool IsChecksumRight
    {
        get
        {
            uint sum = 0;
            for (int i = 0; i < _bytes.Length; i += 2)
            {
                sum += BinaryPrimitives.ReadUInt16LittleEndian(_bytes[i..]);
            }

            return (sum & 0xFFFF) == 0;
        }
    }
}

/// <summary>What a boot image pretends to be (El Torito 1.0 figure 3).</summary>
internal enum BootMedia : byte
{
    None = 0,
    Floppy1200 = 1,
    Floppy1440 = 2,
    Floppy2880 = 3,
    HardDisk = 4,
}

/// <summary>An initial, default or section entry: one boot image (El Torito 1.0 figures 3 and 5).</summary>
internal readonly ref struct BootEntry
{
    private readonly ReadOnlySpan<byte> _bytes;

    public BootEntry(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, BootCatalog.EntryLength, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>Whether the boot indicator says that it boots.</summary>
    public bool IsBootable => _bytes[0] == 0x88;

    /// <summary>Boot media type.</summary>
    public BootMedia Media => (BootMedia)(_bytes[1] & 0xF);

    /// <summary>Whether an extension entry follows, for a section entry.</summary>
    public bool IsContinued => (_bytes[1] & 0x20) != 0;

    /// <summary>Load segment; 0 means 0x7C0.</summary>
    public ushort LoadSegment => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[2..]);

    /// <summary>System type: that of the partition in a hard disk's image.</summary>
    public byte SystemType => _bytes[4];

    /// <summary>Sector count: virtual sectors of 512 bytes that are loaded.</summary>
    public ushort SectorCount => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[6..]);

    /// <summary>Load RBA: first sector of 2048 bytes of the boot image.</summary>
    public uint LoadRba => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[8..]);
}

/// <summary>The header of a section of the boot catalog (El Torito 1.0 figure 4).</summary>
internal readonly ref struct SectionHeader
{
    private const byte MoreHeaders = 0x90;
    private const byte LastHeader = 0x91;

    private readonly ReadOnlySpan<byte> _bytes;

    public SectionHeader(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, BootCatalog.EntryLength, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>Whether it is a section header.</summary>
    public bool IsValid => _bytes[0] is MoreHeaders or LastHeader;

    /// <summary>Whether no other section follows.</summary>
    public bool IsLast => _bytes[0] == LastHeader;

    /// <summary>Platform ID.</summary>
    public BootPlatform Platform => (BootPlatform)_bytes[1];

    /// <summary>Section entries that follow.</summary>
    public ushort EntryCount => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[2..]);

    /// <summary>ID string of the section, padded.</summary>
    public ReadOnlySpan<byte> Identifier => _bytes.Slice(4, 28);
}

/// <summary>The boot catalog of El Torito, as <c>imagefs info</c> describes it.</summary>
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
