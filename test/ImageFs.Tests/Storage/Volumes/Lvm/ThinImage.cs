using System.Buffers.Binary;
using System.Text;
using ImageFs.Storage;
using ImageFs.Storage.Volumes.Lvm.PersistentData;
using ImageFs.Storage.Volumes.Lvm.Thin;
using ImageFs.Tests.Storage.Containers;

namespace ImageFs.Tests.Storage.Volumes.Lvm;

/// <summary>Metadata of thin pools that thin_restore writes, from what a test says is in them.</summary>
internal sealed class ThinImage
{
    /// <summary>Bytes of a block of data.</summary>
    public const int BlockSize = 64 * 1024;

    private readonly SortedDictionary<long, SortedDictionary<long, long>> _devices = [];

    /// <summary>The blocks of a device by their numbers: where each is in the data.</summary>
    public SortedDictionary<long, long> this[long device] => _devices.TryGetValue(device, out SortedDictionary<long, long>? found) ? found : _devices[device] = [];

    /// <summary>Has thin_restore write the metadata.</summary>
    public byte[] Write(DiskFolder folder, long dataBlocks, int metadataLength = 1 << 20)
    {
        var xml = new StringBuilder($"""<superblock uuid="" time="0" transaction="5" flags="0" version="2" data_block_size="{BlockSize / 512}" nr_data_blocks="{dataBlocks}">""");
        foreach ((long device, SortedDictionary<long, long> blocks) in _devices)
        {
            xml.Append($"""<device dev_id="{device}" mapped_blocks="{blocks.Count}" transaction="0" creation_time="0" snap_time="0">""");
            foreach ((long block, long place) in blocks)
            {
                xml.Append($"""<single_mapping origin_block="{block}" data_block="{place}" time="{block % 7}"/>""");
            }

            xml.Append("</device>");
        }

        File.WriteAllText(folder["thin.xml"], xml.Append("</superblock>").ToString());
        File.WriteAllBytes(folder["thin.metadata"], new byte[metadataLength]);
        folder.Run("thin_restore", ["-i", "thin.xml", "-o", "thin.metadata"]);
        return File.ReadAllBytes(folder["thin.metadata"]);
    }

    /// <summary>Opens a pool.</summary>
    public static ThinPool Open(byte[] metadata, BlockSource data) => ThinPool.Open(new MemorySource(metadata), data, new MemoryBudget());

    /// <summary>Changes a block of metadata, and gives it the checksum of what it is then.</summary>
    public static void Change(byte[] metadata, BlockKind kind, long number, Action<byte[]> change)
    {
        byte[] block = metadata.AsSpan((int)number * MetadataBlocks.BlockSize, MetadataBlocks.BlockSize).ToArray();
        change(block);
        BinaryPrimitives.WriteUInt32LittleEndian(block, kind.ChecksumOf(block));
        block.CopyTo(metadata, (int)number * MetadataBlocks.BlockSize);
    }

    /// <summary>The root of the tree of devices.</summary>
    public static long MappingRoot(byte[] metadata) => BinaryPrimitives.ReadInt64LittleEndian(metadata.AsSpan(320));

    /// <summary>The root of the tree of a device, by its place among all.</summary>
    public static long DeviceRoot(byte[] metadata, int index)
    {
        var root = new BTreeNode(metadata.AsSpan((int)MappingRoot(metadata) * MetadataBlocks.BlockSize, MetadataBlocks.BlockSize));
        return root.NumberAt(index);
    }
}
