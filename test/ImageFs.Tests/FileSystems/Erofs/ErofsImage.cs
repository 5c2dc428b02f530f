using System.Buffers.Binary;
using System.Text;
using ImageFs.FileSystems.Erofs;
using ImageFs.Storage;
using ImageFs.Tests.Support;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Erofs;

/// <summary>An image of images/erofs in memory, to be changed.</summary>
internal sealed class ErofsImage
{
    public const int SuperBlock = 1024;

    private const int Checksum = SuperBlock + 4;
    private const int BlockBits = SuperBlock + 12;

    private readonly List<string> _warnings = [];

    /// <param name="name">The image.</param>
    public ErofsImage(string name) => Bytes = DiskImage.Read($"erofs/{name}.img");

    public byte[] Bytes { get; set; }

    /// <summary>What opening it has warned of.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Where an inode is.</summary>
    public int InodeOf(FileSystem fileSystem, string path) =>
        (int)((BinaryPrimitives.ReadUInt32LittleEndian(Bytes.AsSpan(SuperBlock + 40)) << Bytes[BlockBits]) + (Find(fileSystem, path).Value * 32));

    /// <summary>Opens it as it is by now; the checksum of the super block is made right.</summary>
    public FileSystem Open(string options = "", params IEnumerable<BlockSource> devices)
    {
        Seal();
        return new ErofsFormat().Open([new MemorySource(Bytes), .. devices], OpenContext.Of(options, _warnings.Add));
    }

    /// <summary>Makes the checksum of the super block right.</summary>
    public void Seal()
    {
        int block = Bytes.Length > BlockBits ? 1 << Math.Clamp((int)Bytes[BlockBits], 9, 16) : Bytes.Length + 1;
        if (Bytes.Length >= Math.Max(block, 2 * SuperBlock))
        {
            Span<byte> summed = Bytes.AsSpan(SuperBlock, block > SuperBlock ? block - SuperBlock : block);
            BinaryPrimitives.WriteUInt32LittleEndian(Bytes.AsSpan(Checksum), Crc32C.AppendWithout(Crc32C.Initial, summed, 4, sizeof(uint)));
        }
    }

    /// <summary>A node by its path.</summary>
    public static NodeId Find(FileSystem fileSystem, string path)
    {
        NodeId node = fileSystem.Root;
        foreach (string name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            Assert.That(fileSystem.TryLookup(node, Encoding.UTF8.GetBytes(name), out node), Is.True, name);
        }

        return node;
    }

    /// <summary>The contents of a file.</summary>
    public static byte[] Read(FileSystem fileSystem, string path)
    {
        BlockSource file = fileSystem.OpenFile(Find(fileSystem, path));
        byte[] bytes = new byte[file.Length];
        file.ReadAt(0, bytes);
        return bytes;
    }
}
