using System.Text;
using ImageFs.FileSystems.Iso9660;
using ImageFs.Storage;

namespace ImageFs.Tests.FileSystems.Iso9660;

/// <summary>Makes ISO 9660 images by hand: whoever uses it says which block everything is in.</summary>
internal sealed class IsoImageBuilder(int blockSize = 2048)
{
    private const int Sector = 2048;
    private readonly SortedDictionary<long, byte[]> _parts = [];
    private int _descriptors;

    /// <summary>Block of the root directory, unless a test takes another.</summary>
    public uint Root { get; } = (uint)(32 * Sector / blockSize);

    public int BlockSize => blockSize;

    /// <summary>Adds a volume descriptor of the primary, or with escape sequences a supplementary, form (ECMA-119 8.4, 8.5).</summary>
    public IsoImageBuilder AddVolume(
        uint root, byte[]? escape = null, string label = "LABEL", int setSize = 1, Action<byte[]>? change = null)
    {
        byte[] bytes = new byte[Sector];
        byte[] text = escape is null ? Encoding.ASCII.GetBytes(label) : IsoBytes.Ucs2(label);
        bytes[0] = (byte)(escape is null ? VolumeDescriptorType.Primary : VolumeDescriptorType.Supplementary);
        "CD001\u0001"u8.CopyTo(bytes.AsSpan(1));
        text.CopyTo(bytes, 40);
        IsoBytes.Both32(1000).CopyTo(bytes, 80);
        escape?.CopyTo(bytes, 88);
        IsoBytes.Both16(setSize).CopyTo(bytes, 120);
        IsoBytes.Both16(1).CopyTo(bytes, 124);
        IsoBytes.Both16(blockSize).CopyTo(bytes, 128);
        IsoBytes.Record([0], root, Sector, FileFlags.Directory).CopyTo(bytes, 156);
        "2024022912345678\0"u8.CopyTo(bytes.AsSpan(813));
        "0000000000000000\0"u8.CopyTo(bytes.AsSpan(830));
        bytes[881] = 1;
        change?.Invoke(bytes);
        return AddDescriptor(bytes);
    }

    /// <summary>Adds the primary descriptor of the usual root.</summary>
    public IsoImageBuilder AddPrimary() => AddVolume(Root);

    public IsoImageBuilder AddJoliet(uint root, byte level = 0x45) => AddVolume(root, [0x25, 0x2F, level]);

    public IsoImageBuilder AddDescriptor(byte[] bytes) => WriteAt((16L + _descriptors++) * Sector, bytes);

    /// <summary>Adds a directory with its records of itself and of its parent; records never cross a sector.</summary>
    public IsoImageBuilder AddDirectory(uint block, uint parent, byte[][]? use, params byte[][] records) =>
        AddDirectory(block, parent, use, null, records);

    /// <inheritdoc cref="AddDirectory(uint, uint, byte[][], byte[][])"/>
    public IsoImageBuilder AddDirectory(uint block, uint parent, byte[][]? use, byte[][]? parentUse, byte[][] records)
    {
        byte[] self = IsoBytes.Record([0], block, 0, FileFlags.Directory, use);
        byte[] bytes = Pack([self, IsoBytes.Record([1], parent, Sector, FileFlags.Directory, parentUse), .. records]);
        IsoBytes.Both32((uint)bytes.Length).CopyTo(bytes, 10);
        return Write(block, bytes);
    }

    /// <summary>Adds the root directory of an image with Rock Ridge.</summary>
    public IsoImageBuilder AddRockRidgeRoot(params byte[][] records) =>
        AddDirectory(Root, Root, [IsoBytes.Sp(), IsoBytes.Px(0x41ED, 2), IsoBytes.Er()], records);

    public IsoImageBuilder Write(uint block, byte[] bytes) => WriteAt((long)block * blockSize, bytes);

    public IsoImageBuilder WriteAt(long address, byte[] bytes)
    {
        _parts[address] = bytes;
        return this;
    }

    /// <summary>The image as a source that may be of any length.</summary>
    public SparseSource BuildSparse(long length)
    {
        AddTerminator();
        var source = new SparseSource(length);
        foreach ((long address, byte[] bytes) in _parts)
        {
            source.With(address, bytes);
        }

        return source;
    }

    /// <summary>The image in memory, to the end of its last part.</summary>
    public byte[] BuildBytes()
    {
        AddTerminator();
        byte[] image = new byte[_parts.Max(part => part.Key + part.Value.Length) + Sector - 1 & ~(Sector - 1L)];
        foreach ((long address, byte[] bytes) in _parts)
        {
            bytes.CopyTo(image, address);
        }

        return image;
    }

    public MemorySource Build() => new(BuildBytes());

    private static byte[] Pack(byte[][] records)
    {
        using var packed = new MemoryStream();
        foreach (byte[] record in records)
        {
            int room = Sector - (int)(packed.Length % Sector);
            if (record.Length > room)
            {
                packed.Write(new byte[room]);
            }

            packed.Write(record);
        }

        packed.SetLength(packed.Length + Sector - 1 & ~(Sector - 1L));
        return packed.ToArray();
    }

    private void AddTerminator()
    {
        byte[] bytes = new byte[Sector];
        bytes[0] = (byte)VolumeDescriptorType.Terminator;
        "CD001\u0001"u8.CopyTo(bytes.AsSpan(1));
        AddDescriptor(bytes);
    }
}
