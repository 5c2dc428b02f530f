namespace ImageFs.FileSystems.ExFat;

/// <summary>EntryType of a directory entry (exFAT 6.2.1).</summary>
internal static class EntryType
{
    /// <summary>Nothing comes from here on.</summary>
    public const byte EndOfDirectory = 0x00;

    /// <summary>Allocation bitmap (7.1).</summary>
    public const byte AllocationBitmap = 0x81;

    /// <summary>Up-case table (7.2).</summary>
    public const byte UpcaseTable = 0x82;

    /// <summary>Volume label (7.3).</summary>
    public const byte VolumeLabel = 0x83;

    /// <summary>File: a file or a directory (7.4).</summary>
    public const byte File = 0x85;

    /// <summary>Volume GUID (7.5).</summary>
    public const byte VolumeGuid = 0xA0;

    /// <summary>Stream extension (7.6).</summary>
    public const byte StreamExtension = 0xC0;

    /// <summary>File name (7.7).</summary>
    public const byte FileName = 0xC1;

    /// <summary>From here on: secondary entries that a reader need not know.</summary>
    public const byte FirstBenignSecondary = 0xE0;

    // InUse and TypeCategory.
    private const byte SecondaryMask = 0xC0;

    /// <summary>Whether an entry is in use and belongs to the primary one before it (6.2.1.3).</summary>
    public static bool IsSecondary(byte type) => (type & SecondaryMask) == SecondaryMask;
}
