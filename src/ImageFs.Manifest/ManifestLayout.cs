using System.Numerics;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Manifest;

/// <summary>
/// Decides where everything is in a manifest: the super block, the table of devices, inodes in their order with what stands behind each, and then
/// blocks of directories and of copied files. All is known before the first byte is written.
/// </summary>
internal sealed class ManifestLayout
{
    private const int InodeAlignment = 64;
    private const int MaxIndexBytes = 64 << 20;
    private const int MaxNamed = 5;

    private readonly IReadOnlyList<ManifestNode> _nodes;
    private readonly DeviceTable _devices;
    private readonly ulong[] _starts;

    /// <param name="nodes">All nodes, the root first.</param>
    /// <param name="devices">The devices that files lie on.</param>
    /// <param name="options">What may be in it.</param>
    /// <exception cref="NotRepresentableException">More has to be copied than may be.</exception>
    public ManifestLayout(IReadOnlyList<ManifestNode> nodes, DeviceTable devices, ManifestOptions options)
    {
        _nodes = nodes;
        _devices = devices;

        // A device is read in its sectors.
        int least = devices.Devices.Select(device => device.LogicalBlockSize).Append(1 << FilePlan.MinBlockBits).Max();
        BlockBits = FindBlockBits(BitOperations.Log2((uint)least), options.MaxBlockBits);
        ChooseBodies(options.CopyLimit);

        // The checksum of the super block is of its whole block: inodes begin behind.
        long position = PlaceInodes(Align(DeviceTable.Address + devices.Length, BlockSize));

        // fsck.erofs reads what would be the header of attributes of an inode that has none, too (erofs-utils 1.5).
        Length = PlaceBlocks(Align(position + AttributeRecords.HeaderLength, BlockSize));

        // As one, the devices follow the manifest (erofs_map_dev).
        _starts = new ulong[devices.Devices.Count];
        ulong next = (ulong)Length >> BlockBits;
        for (int i = 0; i < _starts.Length; i++)
        {
            _starts[i] = next;
            next += BlocksOf(devices.Devices[i]);
        }

        Has48Bits = next >= uint.MaxValue;
    }

    /// <summary>Bytes of a block as a power of two.</summary>
    public int BlockBits { get; }

    /// <summary>Bytes of a block.</summary>
    public int BlockSize => 1 << BlockBits;

    /// <summary>Bytes of the manifest.</summary>
    public long Length { get; }

    /// <summary>Bytes of files that are copied into it.</summary>
    public long Copied { get; private set; }

    /// <summary>Whether the numbers of blocks need more than 32 bits (EROFS_FEATURE_INCOMPAT_48BIT).</summary>
    public bool Has48Bits { get; }

    /// <summary>The number of a device, from 1 on.</summary>
    public int NumberOf(FileDevice device) => _devices.NumberOf(device);

    /// <summary>uniaddr: the block at which a device begins where all count as one.</summary>
    public ulong StartOf(FileDevice device) => _starts[NumberOf(device) - 1];

    /// <summary>The block that a node's bytes begin at, of the manifest and all devices as one; 0 when they are in no piece of blocks.</summary>
    public ulong FirstBlockOf(ManifestNode node) => node.Body switch
    {
        BodyKind.Blocks => (ulong)node.BodyAddress >> BlockBits,
        BodyKind.Device => StartOf(node.Extents[0].Device!) + ((ulong)node.Extents[0].Address >> BlockBits),
        _ => 0,
    };

    /// <summary>Blocks of a device: one that it ends inside of counts too.</summary>
    public ulong BlocksOf(FileDevice device) => (ulong)Align(device.Length, BlockSize) >> BlockBits;

    /// <summary>Bytes of the directory's blocks but for what is free in the last.</summary>
    public int DirectorySize(ManifestNode directory)
    {
        var blocks = new DirectoryBlocks(directory, BlockSize);
        long size = 0;
        while (blocks.MoveNext())
        {
            size += blocks.IsLast ? blocks.Length : BlockSize;
        }

        return checked((int)size);
    }

    /// <summary>The next multiple of a power of two.</summary>
    public static long Align(long position, int unit) => (position + unit - 1) & -(long)unit;

    /// <summary>Where the chunks of a node are told, in bytes of the manifest.</summary>
    public static long IndexesOf(ManifestNode node) => Align(node.Address + InodeRecord.Length + node.Attributes.Length, ChunkIndex.Length);

    private int FindBlockBits(int least, int most)
    {
        int bits = most;
        foreach (ManifestNode node in _nodes)
        {
            if (node.Extents.Length == 0)
            {
                continue;
            }

            int own = FilePlan.BlockBitsOf(node.Extents);
            if (own >= least)
            {
                bits = Math.Min(bits, own);
            }
            else
            {
                node.WhyCopied = $"it does not lie at multiples of {1 << least} bytes";
            }
        }

        return bits;
    }

    private void ChooseBodies(long copyLimit)
    {
        long indexes = 0;
        var copied = new List<string>();
        foreach (ManifestNode node in _nodes)
        {
            if (node.Type == NodeType.Directory)
            {
                node.Size = DirectorySize(node);
            }

            ChooseBody(node, ref indexes);
            if (node.Type == NodeType.Regular && node.Body is BodyKind.Tail or BodyKind.Blocks)
            {
                Copied += node.Size;
                if (Copied > copyLimit || copied.Count < MaxNamed)
                {
                    copied.Add($"{node} ({ByteSize.Text(node.Size)}): {node.WhyCopied}");
                }

                if (Copied > copyLimit)
                {
                    throw new NotRepresentableException($"more than {ByteSize.Text(copyLimit)} would have to be copied", copied.TakeLast(MaxNamed).ToArray());
                }
            }
        }
    }

    private void ChooseBody(ManifestNode node, ref long indexes)
    {
        if (node.Size == 0)
        {
            node.Body = BodyKind.None;
            return;
        }

        if (node.WhyCopied is null && node.Type == NodeType.Regular)
        {
            if (node.Extents is [{ IsHole: false }])
            {
                node.Body = BodyKind.Device;
                return;
            }

            node.ChunkBits = FilePlan.ChunkBitsOf(node.Extents, node.Size, BlockBits);
            long bytes = ChunkIndex.CountOf(node) * ChunkIndex.Length;
            if (bytes <= MaxIndexBytes - indexes)
            {
                indexes += bytes;
                node.Body = BodyKind.Chunks;
                return;
            }

            node.WhyCopied = $"its extents would take {ByteSize.Text(bytes)} to tell";
        }

        node.Extents = [];
        node.Body = node.Size <= BlockSize - InodeRecord.Length - node.Attributes.Length ? BodyKind.Tail : BodyKind.Blocks;
    }

    // What stands behind an inode as its tail does not cross a block.
    private long PlaceInodes(long position)
    {
        foreach (ManifestNode node in _nodes)
        {
            long length = InodeRecord.Length + node.Attributes.Length;
            if (node.Body == BodyKind.Tail)
            {
                length += node.Size;
                position = (position & (BlockSize - 1)) + length > BlockSize ? Align(position, BlockSize) : position;
            }

            node.Address = position;
            long end = node.Body == BodyKind.Chunks ? IndexesOf(node) + (ChunkIndex.CountOf(node) * ChunkIndex.Length) : position + length;
            position = Align(end, InodeAlignment);
        }

        return position;
    }

    private long PlaceBlocks(long position)
    {
        foreach (ManifestNode node in _nodes)
        {
            if (node.Body == BodyKind.Blocks)
            {
                node.BodyAddress = position;
                position = Align(position + node.Size, BlockSize);
            }
        }

        return position;
    }
}
