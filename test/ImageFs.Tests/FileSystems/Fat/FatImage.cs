using System.Buffers.Binary;
using System.Text;
using ImageFs.FileSystems.Clusters;
using ImageFs.FileSystems.Fat;

namespace ImageFs.Tests.FileSystems.Fat;

/// <summary>A FAT volume made byte by byte.</summary>
internal sealed class FatImage
{
    private const int RootEntries = 512;
    private const int ReservedSectors = 8;

    private readonly int _width;
    private readonly int _sectorSize;
    private readonly int _fats;
    private readonly uint _fatSectors;
    private readonly Dictionary<uint, List<uint>> _directories = [];
    private readonly Dictionary<uint, int> _entries = [];

    public FatImage(int width, uint clusters, int sectorSize = 512, int sectorsPerCluster = 1, int fats = 2)
    {
        _width = width;
        _sectorSize = sectorSize;
        _fats = fats;
        ClusterSize = sectorSize * sectorsPerCluster;
        _fatSectors = (uint)((((clusters + 2L) * width / 8) + sectorSize) / sectorSize);
        int rootEntries = width == 32 ? 0 : RootEntries;
        long root = ReservedSectors + (_fats * (long)_fatSectors);
        RootAddress = root * sectorSize;
        HeapAddress = RootAddress + (rootEntries * 32);
        long sectors = (HeapAddress / sectorSize) + (clusters * (long)sectorsPerCluster);
        Bytes = new byte[sectors * sectorSize];

        Bytes[0] = 0xEB;
        Encoding.ASCII.GetBytes("TESTTEST", Bytes.AsSpan(3));
        Put16(11, (ushort)sectorSize);
        Bytes[13] = (byte)sectorsPerCluster;
        Put16(14, ReservedSectors);
        Bytes[16] = (byte)fats;
        Put16(17, (ushort)rootEntries);
        Bytes[21] = 0xF8;
        Put32(32, (uint)sectors);
        int extended = 36;
        if (width == 32)
        {
            Put32(36, _fatSectors);
            Put32(44, 2);
            Put16(48, 1);
            extended = 64;
            _directories[0] = [2];
            SetLink(2, End);
        }
        else
        {
            Put16(22, (ushort)_fatSectors);
        }

        Bytes[extended + 2] = 0x29;
        Put32(extended + 3, 0x1234ABCD);
        Encoding.ASCII.GetBytes("BOOT LABEL ", Bytes.AsSpan(extended + 7));
        Encoding.ASCII.GetBytes($"FAT{width}   ", Bytes.AsSpan(extended + 18));
        Put16(510, 0xAA55);
    }

    public byte[] Bytes { get; }

    public int ClusterSize { get; }

    public long RootAddress { get; }

    public long HeapAddress { get; }

    /// <summary>What ends a chain.</summary>
    public uint End => _width switch { 12 => 0xFFF, 16 => 0xFFFF, _ => 0x0FFFFFFF };

    /// <summary>What marks a bad cluster.</summary>
    public uint Bad => End - 8;

    /// <summary>A directory entry; the name in eleven bytes.</summary>
    public static byte[] Entry(string name, EntryAttributes attributes = EntryAttributes.Archive, uint cluster = 0, uint size = 0)
    {
        byte[] entry = new byte[32];
        Encoding.Latin1.GetBytes(name.PadRight(11), entry);
        entry[11] = (byte)attributes;
        BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(20), (ushort)(cluster >> 16));
        BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(26), (ushort)(cluster & 0xFFFF));
        BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(28), size);
        return entry;
    }

    /// <summary>An entry after the parts of a long name.</summary>
    public static byte[][] Long(string name, byte[] entry)
    {
        int parts = (name.Length + 12) / 13;
        byte checksum = new ShortNameEntry(entry).Checksum;
        return [.. Enumerable.Range(1, parts).Reverse().Select(part => Part(name, part, part == parts, checksum)), entry];
    }

    public static byte[] Part(string name, int part, bool isLast, byte checksum)
    {
        byte[] entry = new byte[32];
        entry[0] = (byte)(part | (isLast ? 0x40 : 0));
        entry[11] = (byte)EntryAttributes.LongName;
        entry[13] = checksum;
        for (int i = 0; i < 13; i++)
        {
            int place = ((part - 1) * 13) + i;
            char unit = place < name.Length ? name[place] : place == name.Length ? '\0' : '\uFFFF';
            int offset = i < 5 ? 1 + (2 * i) : i < 11 ? 14 + (2 * (i - 5)) : 28 + (2 * (i - 11));
            BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(offset), unit);
        }

        return entry;
    }

    public long AddressOf(uint cluster) => HeapAddress + ((cluster - 2) * (long)ClusterSize);

    public long LinkAddress(uint cluster, int fat = 0) =>
        ((ReservedSectors + (fat * (long)_fatSectors)) * _sectorSize) + (cluster * (long)_width / 8);

    public void SetLink(uint cluster, uint value, int? onlyFat = null)
    {
        for (int fat = onlyFat ?? 0; fat < (onlyFat + 1 ?? _fats); fat++)
        {
            Span<byte> entry = Bytes.AsSpan((int)LinkAddress(cluster, fat));
            switch (_width)
            {
                case 12:
                    ushort pair = BinaryPrimitives.ReadUInt16LittleEndian(entry);
                    pair = (ushort)((cluster & 1) == 0 ? (pair & 0xF000) | (int)value : (pair & 0x000F) | ((int)value << 4));
                    BinaryPrimitives.WriteUInt16LittleEndian(entry, pair);
                    break;
                case 16:
                    BinaryPrimitives.WriteUInt16LittleEndian(entry, (ushort)value);
                    break;
                default:
                    // The upper four bits are reserved: a reader must not mind them.
                    BinaryPrimitives.WriteUInt32LittleEndian(entry, value | 0xA0000000);
                    break;
            }
        }
    }

    /// <summary>Links clusters to a chain; each is filled with bytes of its own number.</summary>
    public FatImage Chain(params uint[] clusters)
    {
        for (int i = 0; i < clusters.Length; i++)
        {
            SetLink(clusters[i], i + 1 < clusters.Length ? clusters[i + 1] : End);
            Bytes.AsSpan((int)AddressOf(clusters[i]), ClusterSize).Fill((byte)(clusters[i] & 0xFF));
        }

        return this;
    }

    /// <summary>Makes a directory of clusters, with its two dots, and gives its entry.</summary>
    public byte[] Directory(string name, uint parent, params uint[] clusters)
    {
        Chain(clusters);
        foreach (uint cluster in clusters)
        {
            Bytes.AsSpan((int)AddressOf(cluster), ClusterSize).Clear();
        }

        _directories[clusters[0]] = [.. clusters];
        Add(clusters[0], Entry(".", EntryAttributes.Directory, clusters[0]), Entry("..", EntryAttributes.Directory, parent));
        return Entry(name, EntryAttributes.Directory, clusters[0]);
    }

    /// <summary>Appends entries to a directory; 0 is the root.</summary>
    /// <returns>The address of the last one.</returns>
    public long Add(uint directory, params byte[][] entries)
    {
        long address = 0;
        foreach (byte[] entry in entries)
        {
            int index = _entries.GetValueOrDefault(directory);
            _entries[directory] = index + 1;
            address = _directories.TryGetValue(directory, out List<uint>? clusters)
                ? AddressOf(clusters[index * 32 / ClusterSize]) + (index * 32 % ClusterSize)
                : RootAddress + (index * 32);
            entry.CopyTo(Bytes, address);
        }

        return address;
    }

    /// <summary>Adds further clusters to the root directory of FAT32.</summary>
    public FatImage ExtendRoot(params uint[] clusters)
    {
        uint last = _directories[0][^1];
        foreach (uint cluster in clusters)
        {
            SetLink(last, cluster);
            last = cluster;
        }

        SetLink(last, End);
        _directories[0].AddRange(clusters);
        return this;
    }

    public void Put16(int address, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(Bytes.AsSpan(address), value);

    public void Put32(int address, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Bytes.AsSpan(address), value);
}
