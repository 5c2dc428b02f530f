using System.Buffers.Binary;
using System.Globalization;
using ImageFs.Linux;
using ImageFs.Storage.Checking;

namespace ImageFs.Storage.Volumes.BitLocker;

/// <summary>What the metadata of a volume say, of whatever version of Windows.</summary>
/// <param name="Block">The copy that is used.</param>
internal sealed record BitLockerMetadata(MetadataBlock Block)
{
    private const int SmallSector = 512;
    private const int LargeSector = 4096;
    private const int VistaAreaSize = 16 << 10;

    // Where the size of a sector is, in what Windows 8 and later write behind the range of the moved sectors.
    private const int SectorSizePlace = 16 + 28;

    /// <summary>Whether it is of a removable drive with a part that says how to read it.</summary>
    public bool IsToGo { get; private init; }

    /// <summary>Bytes of a sector.</summary>
    public int SectorSize { get; private init; }

    /// <summary>Bytes of each of the three areas of metadata.</summary>
    public long AreaSize { get; private init; }

    /// <summary>Where the copies of the metadata are.</summary>
    public IReadOnlyList<ulong> Areas { get; private init; } = [];

    /// <summary>Bytes at the start of the volume that were moved; 0 in Windows Vista.</summary>
    public ulong MovedLength { get; private init; }

    /// <summary>Where they were moved to.</summary>
    public ulong MovedTo { get; private init; }

    /// <summary>Bytes of the file system, where its last sector follows; 0 where nothing is said.</summary>
    public ulong FileSystemLength { get; private init; }

    /// <summary>What people call it: the machine's name, the volume's, a date.</summary>
    public string Description { get; private init; } = string.Empty;

    /// <summary>Who may open it.</summary>
    public IReadOnlyList<KeyProtector> Protectors { get; private init; } = [];

    /// <summary>The key of sectors, encrypted with the master key; null when there is none.</summary>
    public EncryptedKey? VolumeKey { get; private init; }

    /// <summary>Where it is told which parts are encrypted, where parts are when they are first written to; null where all are up to one place.</summary>
    public ulong[]? PartsOffsets { get; private init; }

    /// <summary>What is not read of it, with what to do; null when all is.</summary>
    public string? Unsupported { get; private init; }

    /// <summary>Whether it is of Windows Vista.</summary>
    public bool IsVista => Block.Version == 1;

    /// <summary>Whether no sector is encrypted: no key is needed.</summary>
    public bool IsPlain => Block.State == VolumeState.Decrypted;

    /// <summary>The protector that protects nothing; null when there is none.</summary>
    public KeyProtector? ClearProtector => Protectors.FirstOrDefault(protector => protector is { Protection: Protection.Clear, IsUsable: true });

    /// <summary>The volume's identifier, as blkid writes such.</summary>
    public string Uuid => Block.Id.ToString();

    /// <summary>How sectors are encrypted, in dm-crypt's words.</summary>
    public string Cipher => Block.Method switch
    {
        0x8000 or 0x8001 => "aes-cbc-elephant",
        0x8002 or 0x8003 => "aes-cbc-eboiv",
        0x8004 or 0x8005 => "aes-xts-plain64",
        var method => $"0x{method:X4}",
    };

    /// <summary>Bits of the key of AES.</summary>
    public int KeyBits => Block.Method % 2 == 0 ? 128 : 256;

    /// <summary>Whether a source begins with the first sector of one.</summary>
    public static bool IsMeant(BlockSource source)
    {
        Span<byte> first = stackalloc byte[VolumeHeader.Size];
        if (source.Length < VolumeHeader.Size)
        {
            return false;
        }

        source.ReadAt(0, first);
        return new VolumeHeader(first).IsMeant;
    }

    /// <summary>Reads the metadata: the first of the copies that is whole.</summary>
    /// <param name="source">The volume.</param>
    /// <param name="warn">Called when one of the copies is damaged.</param>
    /// <exception cref="ImageException">All are.</exception>
    /// <exception cref="LinuxException">The device failed.</exception>
    public static BitLockerMetadata Read(BlockSource source, Action<string> warn)
    {
        byte[] first = new byte[VolumeHeader.Size];
        source.ReadAt(0, first);
        ImageException? problem = null;
        foreach (ulong offset in CopiesOf(source, new VolumeHeader(first)))
        {
            try
            {
                var block = MetadataBlock.Read(source, offset);
                if (problem is not null)
                {
                    warn($"one of the three copies of BitLocker's metadata is damaged, another is used: {problem.Message}");
                }

                return Parse(new VolumeHeader(first), block);
            }
            catch (ImageException e)
            {
                problem ??= e;
            }
        }

        throw problem!;
    }

    /// <summary>Checks all copies.</summary>
    public static void Check(BlockSource source, CheckRun run)
    {
        byte[] first = new byte[VolumeHeader.Size];
        source.ReadAt(0, first);
        MetadataBlock? model = null;
        foreach (ulong offset in CopiesOf(source, new VolumeHeader(first)))
        {
            MetadataBlock? block = null;
            run.Try(() => block = MetadataBlock.Read(source, offset));
            model ??= block;
            if (block is not null && !block.IsSame(model!))
            {
                run.Find("BitLocker metadata", (long)offset, "it has other things than the first copy", "BDE, FVE metadata block");
            }
        }

        run.Extent = "3 copies";
    }

    /// <summary>What <c>imagefs info</c> says of it.</summary>
    public ImageDescription Describe()
    {
        ImageDescription description = new ImageDescription("bitlocker")
            .With("version", IsVista ? "Windows Vista" : IsToGo ? "Windows 7 or later, To Go" : "Windows 7 or later")
            .With("uuid", Uuid)
            .With("description", Description)
            .With("cipher", $"{Cipher}, key of {KeyBits} bits")
            .With("sector-size", (long)SectorSize)
            .With("state", StateText)
            .With("encrypted-size", (long)Math.Min(Block.EncryptedSize, long.MaxValue));
        for (int i = 0; i < Protectors.Count; i++)
        {
            description.With($"protector-{(i + 1).ToString(CultureInfo.InvariantCulture)}", $"{Protectors[i].Name}, ID {IdOf(Protectors[i])}");
        }

        return description.With("unknown", Unsupported);
    }

    /// <summary>A protector's identifier, as Windows shows it.</summary>
    public static string IdOf(KeyProtector protector) => protector.Id.ToString().ToUpperInvariant();

    private string StateText => Block.State switch
    {
        _ when PartsOffsets is not null => "encrypted where it was written to",
        VolumeState.Decrypted => "decrypted",
        VolumeState.Converting => "being encrypted or decrypted",
        VolumeState.Paused or VolumeState.Switching => "encrypted in part",
        VolumeState.Encrypted => "encrypted",
        var state => $"unknown ({(int)state})",
    };

    // Windows Vista says only where the first copy is, and that where the others are.
    private static ulong[] CopiesOf(BlockSource source, VolumeHeader header)
    {
        if (!header.IsVista)
        {
            return header.MetadataOffsets();
        }

        ulong first = header.FirstMetadata;
        try
        {
            return MetadataBlock.Read(source, first).Offsets;
        }
        catch (ImageException)
        {
            return [first];
        }
    }

    private static BitLockerMetadata Parse(VolumeHeader header, MetadataBlock block)
    {
        MetadataEntry? moved = null;
        MetadataEntry? key = null;
        string description = string.Empty;
        var protectors = new List<KeyProtector>();
        foreach (MetadataEntry entry in block.Entries)
        {
            switch (entry.Role, entry.Value)
            {
                case (EntryRole.MasterKey, EntryValue.MasterKey):
                    protectors.Add(KeyProtector.Parse(entry));
                    break;
                case (EntryRole.VolumeKey, EntryValue.EncryptedKey):
                    key ??= entry;
                    break;
                case (EntryRole.Description, EntryValue.Text):
                    description = entry.AsText();
                    break;
                case (EntryRole.MovedSectors, EntryValue.Range):
                    entry.CheckLength(16);
                    moved ??= entry;
                    break;
            }
        }

        bool isVista = block.Version == 1;
        int sectorSize = header.SectorSize ?? StatedSize(moved) ?? SmallSector;
        return new BitLockerMetadata(block)
        {
            IsToGo = header.IsToGo,
            SectorSize = sectorSize is SmallSector or LargeSector
                ? sectorSize
                : throw new UnsupportedFeatureException($"BitLocker with sectors of {sectorSize} bytes"),
            AreaSize = isVista ? RoundUp(VistaAreaSize, header.ClusterSize) : RoundUp(MetadataBlock.AreaSize, sectorSize),
            Areas = block.Offsets,
            MovedLength = isVista ? 0 : moved is { } range ? UInt64(range, 8) : block.MovedSectors * (ulong)sectorSize,
            MovedTo = isVista ? 0 : block.MovedTo,
            FileSystemLength = isVista ? header.FileSystemLength : 0,
            Description = description,
            Protectors = protectors,
            VolumeKey = key is { } encrypted ? new EncryptedKey(encrypted) : null,
            PartsOffsets = header.IsEow && block.State != VolumeState.Decrypted ? header.EowOffsets() : null,
            Unsupported = block.Method is >= 0x8000 and <= 0x8005 ? null : $"BitLocker with the encryption method 0x{block.Method:X4}",
        };
    }

    private static long RoundUp(long length, int unit) => unit == 0 ? length : (length + unit - 1) / unit * unit;

    private static int? StatedSize(MetadataEntry? moved) =>
        moved is { Data.Length: >= SectorSizePlace + 4 } entry && BinaryPrimitives.ReadInt32LittleEndian(entry.Data.Span[SectorSizePlace..]) is > 0 and var size ? size : null;

    private static ulong UInt64(MetadataEntry entry, int place) => BinaryPrimitives.ReadUInt64LittleEndian(entry.Data.Span[place..]);
}
