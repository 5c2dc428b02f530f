using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;
using ImageFs.FileSystems.Ntfs;
using ImageFs.Storage;
using ImageFs.Tests.Support;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Ntfs;

/// <summary>The image of images/ntfs, and what tests change in it: records taken apart into their attributes, and put together again.</summary>
internal sealed class NtfsImage
{
    public const int RecordSize = 1024;
    public const int ClusterSize = 4096;
    public const long TableAddress = 4 * ClusterSize;

    private const int FirstAttribute = 56;
    private const int SequenceStart = 48;

    public NtfsImage(string name = "small")
    {
        using FileStream packed = File.OpenRead(Path.Combine(SourceTree.Folder, "images", "ntfs", name + ".img.gz"));
        using var unpacked = new GZipStream(packed, CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        unpacked.CopyTo(bytes);
        Bytes = bytes.ToArray();
    }

    public byte[] Bytes { get; set; }

    /// <summary>The bytes of a cluster.</summary>
    public Span<byte> Cluster(long number, int count = 1) => Bytes.AsSpan((int)(number * ClusterSize), count * ClusterSize);

    /// <summary>The bytes of a record as they are on disk, where mkntfs has put the table.</summary>
    public Span<byte> Raw(long record) => Bytes.AsSpan((int)(TableAddress + (record * RecordSize)), RecordSize);

    /// <summary>Opens it.</summary>
    public FileSystem Open(string options = "", Action<string>? warn = null) => new NtfsFormat().Open(new MemorySource(Bytes), OpenContext.Of(options, warn));

    /// <summary>The number of the record of a path.</summary>
    public long Find(string path)
    {
        FileSystem fileSystem = Open();
        NodeId node = fileSystem.Root;
        foreach (string name in path.Split('/'))
        {
            Assert.That(fileSystem.TryLookup(node, System.Text.Encoding.UTF8.GetBytes(name), out node), path);
        }

        return new NtfsNode(node).Record;
    }

    /// <summary>The attributes of a record, each as its bytes.</summary>
    public List<byte[]> Attributes(long record)
    {
        byte[] bytes = Raw(record).ToArray();
        Assert.That(UpdateSequence.Apply(bytes), Is.Null);
        var attributes = new List<byte[]>();
        for (int at = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(20)); BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at)) != uint.MaxValue;)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(at + 4));
            attributes.Add(bytes[at..(at + length)]);
            at += length;
        }

        return attributes;
    }

    /// <summary>Gives a record other attributes.</summary>
    public void SetAttributes(long record, params IEnumerable<byte[]> attributes) => Write(Raw(record), attributes);

    /// <summary>Changes the attribute of a type in a record.</summary>
    public void Change(long record, AttributeType type, Func<byte[], byte[]> change) =>
        SetAttributes(record, Attributes(record).Select(attribute => TypeOf(attribute) == type ? change(attribute) : attribute).ToList());

    /// <summary>Makes a record that has more attributes of another.</summary>
    public void MakeExtension(long record, long owner, ushort ownerSequence, ushort sequence, params IEnumerable<byte[]> attributes) =>
        Write(Raw(record), attributes, sequence, (ulong)owner | ((ulong)ownerSequence << 48));

    /// <summary>Puts the bytes of a record together, with their update sequence.</summary>
    public static void Write(Span<byte> raw, IEnumerable<byte[]> attributes, ushort? sequence = null, ulong? owner = null)
    {
        if (sequence is not null)
        {
            raw.Clear();
            "FILE"u8.CopyTo(raw);
            Put16(raw, 4, SequenceStart);
            Put16(raw, 6, (RecordSize / 512) + 1);
            Put16(raw, 16, sequence.Value);
            Put16(raw, 20, FirstAttribute);
            Put16(raw, 22, 1);
            BinaryPrimitives.WriteInt32LittleEndian(raw[28..], RecordSize);
            BinaryPrimitives.WriteUInt64LittleEndian(raw[32..], owner ?? 0);
        }

        int at = BinaryPrimitives.ReadUInt16LittleEndian(raw[20..]);
        raw[at..].Clear();
        foreach (byte[] attribute in attributes)
        {
            attribute.CopyTo(raw[at..]);
            at += attribute.Length;
        }

        BinaryPrimitives.WriteUInt32LittleEndian(raw[at..], uint.MaxValue);
        BinaryPrimitives.WriteInt32LittleEndian(raw[24..], at + 8);
        Protect(raw);
    }

    /// <summary>Writes the update sequence of a record.</summary>
    public static void Protect(Span<byte> raw)
    {
        int start = BinaryPrimitives.ReadUInt16LittleEndian(raw[4..]);
        Put16(raw, start, 0x7777);
        for (int i = 1; i <= raw.Length / 512; i++)
        {
            Span<byte> last = raw.Slice((i * 512) - 2, 2);
            last.CopyTo(raw[(start + (2 * i))..]);
            Put16(last, 0, 0x7777);
        }
    }

    public static AttributeType TypeOf(byte[] attribute) => (AttributeType)BinaryPrimitives.ReadUInt32LittleEndian(attribute);

    /// <summary>An attribute whose contents are in the record.</summary>
    public static byte[] Resident(AttributeType type, ReadOnlySpan<byte> value, string name = "", ushort id = 99)
    {
        int start = 24 + ((name.Length * 2) + 7 & -8);
        byte[] bytes = Head(type, start + value.Length, name, 24, id);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(16), value.Length);
        Put16(bytes, 20, (ushort)start);
        value.CopyTo(bytes.AsSpan(start));
        return bytes;
    }

    /// <summary>An attribute whose contents are in clusters.</summary>
    /// <param name="type">Its type.</param>
    /// <param name="runs">Clusters, each with their number; -1 for a hole.</param>
    /// <param name="size">Bytes of the contents.</param>
    /// <param name="initialized">Bytes that were written; all when it is not said.</param>
    /// <param name="lowest">The first cluster of it.</param>
    /// <param name="allocated">Bytes of its clusters; what it has, when it is not said.</param>
    /// <param name="name">Its name.</param>
    /// <param name="id">Its number in the record.</param>
    public static byte[] NonResident(
        AttributeType type, (long Count, long Cluster)[] runs, long size, long? initialized = null, long lowest = 0, long? allocated = null, string name = "", ushort id = 99)
    {
        byte[] encoded = EncodeRuns(runs);
        int start = 64 + ((name.Length * 2) + 7 & -8);
        byte[] bytes = Head(type, start + encoded.Length, name, 64, id);
        bytes[8] = 1;
        long clusters = runs.Sum(run => run.Count);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(16), lowest);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(24), lowest + clusters - 1);
        Put16(bytes, 32, (ushort)start);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(40), allocated ?? ((lowest + clusters) * ClusterSize));
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(48), size);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(56), initialized ?? size);
        encoded.CopyTo(bytes, start);
        return bytes;
    }

    /// <summary>Runs as they are on disk.</summary>
    public static byte[] EncodeRuns((long Count, long Cluster)[] runs)
    {
        var bytes = new List<byte>();
        long last = 0;
        foreach ((long count, long cluster) in runs)
        {
            byte[] length = Shortest(count);
            byte[] distance = cluster < 0 ? [] : Shortest(cluster - last);
            last = cluster < 0 ? last : cluster;
            bytes.AddRange([(byte)((distance.Length << 4) | length.Length), .. length, .. distance]);
        }

        return [.. bytes, 0];
    }

    /// <summary>An entry of $ATTRIBUTE_LIST.</summary>
    public static byte[] ListEntry(AttributeType type, long record, ushort sequence, long lowest = 0, string name = "", ushort id = 99)
    {
        byte[] bytes = new byte[(26 + (name.Length * 2) + 7) & -8];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)type);
        Put16(bytes, 4, (ushort)bytes.Length);
        bytes[6] = (byte)name.Length;
        bytes[7] = 26;
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), lowest);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(16), (ulong)record | ((ulong)sequence << 48));
        Put16(bytes, 24, id);
        MemoryMarshal.AsBytes(name.AsSpan()).CopyTo(bytes.AsSpan(26));
        return bytes;
    }

    public static ushort IdOf(byte[] attribute) => BinaryPrimitives.ReadUInt16LittleEndian(attribute.AsSpan(14));

    public static void Put16(Span<byte> bytes, int at, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(bytes[at..], value);

    private static byte[] Head(AttributeType type, int length, string name, int nameAt, ushort id)
    {
        byte[] bytes = new byte[(length + 7) & -8];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)type);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), bytes.Length);
        bytes[9] = (byte)name.Length;
        Put16(bytes, 10, (ushort)nameAt);
        Put16(bytes, 14, id);
        MemoryMarshal.AsBytes(name.AsSpan()).CopyTo(bytes.AsSpan(nameAt));
        return bytes;
    }

    // As few bytes as hold it, with its sign.
    private static byte[] Shortest(long value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        int length = 8;
        while (length > 1 && bytes[length - 1] == ((bytes[length - 2] & 0x80) != 0 ? 0xFF : 0))
        {
            length--;
        }

        return bytes[..length];
    }
}
