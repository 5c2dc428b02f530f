using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using ImageFs.FileSystems.Clusters;
using ImageFs.FileSystems.ExFat;
using ImageFs.Tests.FileSystems.Fat;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.ExFat;

/// <summary>An exFAT volume made byte by byte: bitmap in cluster 2, up-case table in 3, root directory in 4.</summary>
internal sealed class ExFatImage
{
    public const uint RootCluster = 4;

    private const int SectorSize = 512;
    private const int FatSector = 24;

    private readonly int _fatSectors;
    private readonly int _fats;
    private readonly Dictionary<uint, List<uint>> _directories = new() { [RootCluster] = [RootCluster] };
    private readonly Dictionary<uint, int> _entries = [];

    public ExFatImage(uint clusters = 1000, int clusterShift = 0, int fats = 1)
    {
        _fats = fats;
        _fatSectors = (int)(((clusters + 2) * 4 / SectorSize) + 1);
        ClusterSize = SectorSize << clusterShift;
        HeapAddress = (FatSector + (_fats * _fatSectors)) * (long)SectorSize;
        Bytes = new byte[HeapAddress + (clusters * (long)ClusterSize)];
        Bytes[0] = 0xEB;
        Bytes[1] = 0x76;
        Bytes[2] = 0x90;
        "EXFAT   "u8.CopyTo(Bytes.AsSpan(3));
        BinaryPrimitives.WriteInt64LittleEndian(Bytes.AsSpan(72), Bytes.Length / SectorSize);
        Put32(80, FatSector);
        Put32(84, (uint)_fatSectors);
        Put32(88, (uint)(HeapAddress / SectorSize));
        Put32(92, clusters);
        Put32(96, RootCluster);
        Put32(100, 0x1234ABCD);
        Bytes[105] = 1;
        Bytes[108] = 9;
        Bytes[109] = (byte)clusterShift;
        Bytes[110] = (byte)fats;
        Bytes[510] = 0x55;
        Bytes[511] = 0xAA;

        for (uint cluster = 2; cluster <= RootCluster; cluster++)
        {
            Chain(cluster);
            Bytes.AsSpan((int)AddressOf(cluster), ClusterSize).Clear();
        }

        byte[] bitmap = VolumeEntry(EntryType.AllocationBitmap, 2, (clusters + 7) / 8);
        Bytes[AddressOf(2)] = 0b0001_0111;
        UpcaseTable.CopyTo(Bytes, AddressOf(3));
        byte[] upcase = VolumeEntry(EntryType.UpcaseTable, 3, (ulong)UpcaseTable.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(upcase.AsSpan(4), ImageFs.FileSystems.ExFat.UpcaseTable.Checksum(UpcaseTable));
        byte[] label = VolumeEntry(EntryType.VolumeLabel, 0, 0);
        label[1] = 5;
        Encoding.Unicode.GetBytes("Lábel", label.AsSpan(2));
        byte[] guid = VolumeEntry(EntryType.VolumeGuid, 0, 0);
        new Guid("01234567-89ab-cdef-0123-456789abcdef").TryWriteBytes(guid.AsSpan(6));
        Add(RootCluster, bitmap, upcase, label, guid);
    }

    /// <summary>a to z become A to Z, é becomes É; all else stays as it is: compressed.</summary>
    public static byte[] UpcaseTable { get; } = Units(
        [0xFFFF, 'a', .. Enumerable.Range('A', 26), 0xFFFF, 'é' - 'z' - 1, 'É', 0xFFFF, 0xFFFF - 'é']);

    public byte[] Bytes { get; }

    public int ClusterSize { get; }

    public long HeapAddress { get; }

    /// <summary>The entries of a file.</summary>
    public static byte[] Set(
        string name,
        uint first = 0,
        ulong length = 0,
        ulong? valid = null,
        bool isContiguous = false,
        EntryAttributes attributes = EntryAttributes.Archive,
        params byte[] more)
    {
        int names = (name.Length + 14) / 15;
        byte[] set = new byte[(2 + names + more.Length) * 32];
        set[0] = EntryType.File;
        set[1] = (byte)(1 + names + more.Length);
        set[4] = (byte)attributes;
        Span<byte> stream = set.AsSpan(32);
        stream[0] = EntryType.StreamExtension;
        stream[1] = (byte)(isContiguous ? 3 : 1);
        stream[3] = (byte)name.Length;
        BinaryPrimitives.WriteUInt16LittleEndian(stream[4..], new UpcaseTable(UpcaseTable).Hash(name));
        BinaryPrimitives.WriteUInt64LittleEndian(stream[8..], valid ?? length);
        BinaryPrimitives.WriteUInt32LittleEndian(stream[20..], first);
        BinaryPrimitives.WriteUInt64LittleEndian(stream[24..], length);
        for (int i = 0; i < names; i++)
        {
            set[(2 + i) * 32] = EntryType.FileName;
            for (int unit = 0; unit < 15 && (i * 15) + unit < name.Length; unit++)
            {
                BinaryPrimitives.WriteUInt16LittleEndian(set.AsSpan(((2 + i) * 32) + 2 + (2 * unit)), name[(i * 15) + unit]);
            }
        }

        for (int i = 0; i < more.Length; i++)
        {
            set[(2 + names + i) * 32] = more[i];
        }

        return Sign(set);
    }

    /// <summary>Puts the sum into a set.</summary>
    public static byte[] Sign(byte[] set)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(set.AsSpan(2), new EntrySet(set).Checksum);
        return set;
    }

    public static byte[] VolumeEntry(byte type, uint cluster, ulong length)
    {
        byte[] entry = new byte[32];
        entry[0] = type;
        BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(20), cluster);
        BinaryPrimitives.WriteUInt64LittleEndian(entry.AsSpan(24), length);
        return entry;
    }

    public long AddressOf(uint cluster) => HeapAddress + ((cluster - 2) * (long)ClusterSize);

    public void SetLink(uint cluster, uint value, int? onlyFat = null)
    {
        for (int fat = onlyFat ?? 0; fat < (onlyFat + 1 ?? _fats); fat++)
        {
            Put32((int)(((FatSector + (fat * _fatSectors)) * SectorSize) + (cluster * 4)), value);
        }
    }

    /// <summary>Links clusters to a chain.</summary>
    public ExFatImage Chain(params uint[] clusters)
    {
        for (int i = 0; i < clusters.Length; i++)
        {
            SetLink(clusters[i], i + 1 < clusters.Length ? clusters[i + 1] : 0xFFFFFFFF);
        }

        return Fill(clusters);
    }

    /// <summary>Fills clusters with bytes of their own number.</summary>
    public ExFatImage Fill(params uint[] clusters)
    {
        foreach (uint cluster in clusters)
        {
            Bytes.AsSpan((int)AddressOf(cluster), ClusterSize).Fill((byte)(cluster & 0xFF));
        }

        return this;
    }

    /// <summary>Makes a directory of clusters, linked or not, and gives its set.</summary>
    public byte[] Directory(string name, bool isContiguous, params uint[] clusters)
    {
        if (!isContiguous)
        {
            Chain(clusters);
        }

        foreach (uint cluster in clusters)
        {
            Bytes.AsSpan((int)AddressOf(cluster), ClusterSize).Clear();
        }

        _directories[clusters[0]] = [.. clusters];
        return Set(name, clusters[0], (ulong)(clusters.Length * ClusterSize), null, isContiguous, EntryAttributes.Directory);
    }

    /// <summary>Appends entries to a directory.</summary>
    /// <returns>The address of the first one of the last set.</returns>
    public long Add(uint directory, params byte[][] sets)
    {
        long first = 0;
        foreach (byte[] set in sets)
        {
            for (int i = 0; i < set.Length; i += 32)
            {
                int index = _entries.GetValueOrDefault(directory);
                _entries[directory] = index + 1;
                long address = AddressOf(_directories[directory][index * 32 / ClusterSize]) + (index * 32 % ClusterSize);
                set.AsSpan(i, 32).CopyTo(Bytes.AsSpan((int)address));
                first = i == 0 ? address : first;
            }
        }

        return first;
    }

    /// <summary>Adds further clusters to the root directory.</summary>
    public ExFatImage ExtendRoot(params uint[] clusters)
    {
        uint last = RootCluster;
        foreach (uint cluster in clusters)
        {
            SetLink(last, cluster);
            SetLink(cluster, 0xFFFFFFFF);
            last = cluster;
            Bytes.AsSpan((int)AddressOf(cluster), ClusterSize).Clear();
        }

        _directories[RootCluster].AddRange(clusters);
        return this;
    }

    /// <summary>Puts the sum into the boot region, and makes the backup.</summary>
    public ExFatImage Seal()
    {
        uint sum = 0;
        for (int i = 0; i < 11 * SectorSize; i++)
        {
            sum = i is 106 or 107 or 112 ? sum : unchecked(BitOperations.RotateRight(sum, 1) + Bytes[i]);
        }

        for (int i = 0; i < SectorSize; i += 4)
        {
            Put32((11 * SectorSize) + i, sum);
        }

        Bytes.AsSpan(0, 12 * SectorSize).CopyTo(Bytes.AsSpan(12 * SectorSize));
        return this;
    }

    public FileSystem Open(string options = "", List<string>? warnings = null) => VolumeFixture.Open(Seal().Bytes, options, warnings);

    public void Put32(int address, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Bytes.AsSpan(address), value);

    private static byte[] Units(IEnumerable<int> units) => [.. units.SelectMany(unit => (byte[])[(byte)(unit & 0xFF), (byte)(unit >> 8)])];
}
