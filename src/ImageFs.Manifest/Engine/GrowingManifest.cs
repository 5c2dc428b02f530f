using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Manifest.Engine;

/// <summary>
/// The manifest of one device, mounted at no place, to which files are added one by one. What Linux has read of it stays right: a file in a ramfs is its
/// page cache, and nothing is written twice.
/// </summary>
internal sealed class GrowingManifest : IDisposable
{
    private const int MaxLength = 64 << 20;
    private const int InodeAlignment = 64;
    private const uint Permissions = 0x100; // r--------

    private readonly ManifestFile _file;
    private readonly FileDescriptor _root;
    private readonly int _blockBits;
    private long _end;
    private uint _count;

    private GrowingManifest(ManifestFile file, ManifestSummary summary, FileDescriptor root)
    {
        _file = file;
        _root = root;
        _blockBits = int.Log2(summary.BlockSize);
        _end = summary.Length;
        _count = (uint)summary.Nodes;
    }

    /// <summary>Makes one for a device.</summary>
    /// <param name="device">The device.</param>
    /// <param name="request">How it is mounted.</param>
    /// <returns>Null where there can be none: a block device, one of less than a sector, or of more blocks than 32 bits can count.</returns>
    /// <exception cref="LinuxException">Linux does not mount it.</exception>
    public static GrowingManifest? TryMake(FileDevice device, EngineRequest request)
    {
        const int Sector = 1 << FilePlan.MinBlockBits;
        long length = device.Length & -(long)Sector;
        if (device.IsBlockDevice || length == 0 || length / Sector >= uint.MaxValue)
        {
            return null;
        }

        // Of the smallest blocks: nobody knows yet where files lie.
        var options = new ManifestOptions { CopyLimit = 0, MaxBlockBits = FilePlan.MinBlockBits };
        var file = ManifestFile.Write(new ProbeTree(new BlockSlice(device, 0, length)), options, out ManifestSummary summary);
        try
        {
            using FileDescriptor mount = file.Mount(null, [$"/proc/self/fd/{device.Descriptor.Number}"], asDevice: false, request);
            FileDescriptor? root = Files.TryOpenBeneath(mount, ".", OpenFlags.ReadOnly, out Errno errno);
            return new GrowingManifest(file, summary, root ?? throw new LinuxException("openat2", errno, "a manifest's root"));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Adds a file.</summary>
    /// <param name="size">Its bytes, at least 1.</param>
    /// <param name="extents">All of them, on this device or in holes.</param>
    /// <returns>The number of its inode; null where it cannot be told, or there is no more room.</returns>
    /// <exception cref="LinuxException">There is no memory for it.</exception>
    public ulong? TryAdd(long size, DataExtent[] extents)
    {
        if (FilePlan.BlockBitsOf(extents) < _blockBits)
        {
            return null;
        }

        var attributes = new NodeAttributes { Type = NodeType.Regular, Permissions = Permissions, LinkCount = 1, Inode = _count + 1 };
        var node = new ManifestNode(default, in attributes)
        {
            Number = _count + 1,
            Size = size,
            Extents = extents,
            Body = BodyKind.Chunks,
            ChunkBits = FilePlan.ChunkBitsOf(extents, size, _blockBits),
            Address = _end,
        };
        long length = InodeRecord.Length + (ChunkIndex.CountOf(node) * ChunkIndex.Length);
        if (length > MaxLength - _end)
        {
            return null;
        }

        byte[] record = new byte[length];
        InodeRecord.Write(node, _blockBits, has48Bits: false, firstBlock: 0, record);
        int at = InodeRecord.Length;
        ChunkIndex.WriteAll(node, _blockBits, static _ => 1, index =>
        {
            index.CopyTo(record.AsSpan(at));
            at += ChunkIndex.Length;
        });
        _file.Write(record, _end);
        _count++;
        _end = ManifestLayout.Align(_end + length, InodeAlignment);
        return node.Nid;
    }

    /// <summary>Opens a file that was added.</summary>
    /// <param name="number">The number of its inode.</param>
    /// <exception cref="LinuxException">It cannot be opened.</exception>
    public FileDescriptor Open(ulong number) => FileHandles.Open(_root, number);

    /// <inheritdoc/>
    public void Dispose()
    {
        _root.Dispose();
        _file.Dispose();
    }
}
