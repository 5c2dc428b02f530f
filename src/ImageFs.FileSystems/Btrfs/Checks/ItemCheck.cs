using ImageFs.FileSystems.Btrfs.Devices;
using ImageFs.FileSystems.Btrfs.Items;
using ImageFs.FileSystems.Btrfs.Trees;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Btrfs.Checks;

/// <summary>Checks an item by itself: what its type says of its key and its length, as Linux does before it believes a leaf (tree-checker.c).</summary>
internal static class ItemCheck
{
    private const int MaxAttributeName = 255;
    private const int DeviceExtentSize = 48;
    private const int FreeSpaceInfoSize = 8;
    private const int DirLogSize = 8;
    private const int DataReferenceSize = 28;

    /// <summary>What is wrong with an item; null when nothing is.</summary>
    /// <param name="devices">The file system.</param>
    /// <param name="pointer">What leads to its leaf.</param>
    /// <param name="leaf">The leaf.</param>
    /// <param name="index">Which item of it.</param>
    /// <exception cref="InvalidImageException">It contradicts itself.</exception>
    /// <exception cref="UnsupportedFeatureException">It is of a kind that is not read.</exception>
    public static string? FindProblem(DeviceSet devices, in NodePointer pointer, TreeNode leaf, int index)
    {
        TreeKey key = leaf.Key(index);
        ReadOnlySpan<byte> data = leaf.Data(index);
        ulong address = leaf.Address + (ulong)leaf.DataStart(index);
        Trees.Tree tree = new(devices.Reader, pointer);
        Geometry geometry = devices.Geometry;
        bool isWholeSectors = key.ObjectId % (uint)geometry.SectorSize == 0 && key.Offset % (uint)geometry.SectorSize == 0;
        switch (key.Type)
        {
            case ItemType.InodeItem:
                return data.Length != InodeItem.Size ? Has(data, InodeItem.Size)
                    : key.Offset != 0 ? "the offset of its key is not 0"
                    : new InodeItem(data).Type is not (NodeType.Regular or NodeType.Directory or NodeType.SymbolicLink or NodeType.Fifo or NodeType.Socket
                        or NodeType.CharacterDevice or NodeType.BlockDevice) ? $"its mode is 0{Convert.ToString(new InodeItem(data).Mode, 8)}"
                    : null;
            case ItemType.InodeRef or ItemType.InodeExtref:
                return CheckReferences(tree, address, key, data);
            case ItemType.DirItem or ItemType.DirIndex or ItemType.XattrItem:
                return CheckNames(tree, address, key, data);
            case ItemType.ExtentData:
                FileExtentItem.Read(tree, address, key, data, geometry.SectorSize);
                return null;
            case ItemType.ExtentChecksum:
                return CheckSums(geometry, leaf, index);
            case ItemType.RootItem:
                RootItem root = RootItem.Read(tree, address, data);
                return root.Level >= TreeNode.MaxLevels ? $"its level is {root.Level}"
                    : root.Address % (uint)geometry.SectorSize != 0 ? $"its root is at 0x{root.Address:X}"
                    : null;
            case ItemType.BlockGroupItem:
                return data.Length != BlockGroupItem.Size ? Has(data, BlockGroupItem.Size)
                    : new BlockGroupItem(data).Used > key.Offset ? $"{new BlockGroupItem(data).Used} of {key.Offset} bytes are used"
                    : null;
            case ItemType.ExtentItem:
                return isWholeSectors && key.Offset != 0 ? null : $"its {key.Offset} bytes at 0x{key.ObjectId:X} are no whole sectors";
            case ItemType.MetadataItem:
                return key.Offset < TreeNode.MaxLevels ? null : $"its level is {key.Offset}";
            case ItemType.TreeBlockRef or ItemType.SharedBlockRef:
                return data.Length == 0 ? null : Has(data, 0);
            case ItemType.SharedDataRef:
                return data.Length == sizeof(uint) ? null : Has(data, sizeof(uint));
            case ItemType.ExtentDataRef:
                return data.Length > 0 && data.Length % DataReferenceSize == 0 ? null : Has(data, DataReferenceSize);
            case ItemType.DeviceExtent:
                return data.Length == DeviceExtentSize ? null : Has(data, DeviceExtentSize);
            case ItemType.DeviceItem:
                return data.Length == DeviceItem.Size ? null : Has(data, DeviceItem.Size);
            case ItemType.FreeSpaceInfo:
                return data.Length == FreeSpaceInfoSize ? null : Has(data, FreeSpaceInfoSize);
            case ItemType.FreeSpaceExtent:
                return data.Length == 0 && isWholeSectors && key.Offset != 0 ? null : $"its {key.Offset} bytes at 0x{key.ObjectId:X} are no whole sectors, or it has data";
            case ItemType.FreeSpaceBitmap:
                long bits = (long)data.Length * 8;
                return isWholeSectors && key.Offset != 0 && (UInt128)bits >= key.Offset / (uint)geometry.SectorSize ? null : $"{bits} bits are too few for {key.Offset} bytes";
            case ItemType.DirLogIndex or ItemType.DirLogItem:
                return data.Length == DirLogSize ? null : Has(data, DirLogSize);
            case ItemType.OrphanItem:
                return data.Length == 0 ? null : Has(data, 0);
            default:
                return null;
        }
    }

    private static string Has(ReadOnlySpan<byte> data, int size) => $"it has {data.Length} bytes, not {size}";

    private static string? CheckReferences(Trees.Tree tree, ulong address, in TreeKey key, ReadOnlySpan<byte> data)
    {
        ReadOnlySpan<byte> rest = data;
        while (rest.Length > 0)
        {
            InodeRef reference = InodeRef.Take(tree, address, key, ref rest);
            if (reference.Name.Length is 0 or > DirItem.MaxNameLength)
            {
                return $"a name has {reference.Name.Length} bytes";
            }

            if (key.Type == ItemType.InodeExtref && InodeRef.Hash(reference.Parent, reference.Name) != key.Offset)
            {
                return $"the hash of name '{ByteText.FromBytes(reference.Name)}' is not that of its key";
            }
        }

        return data.Length == 0 ? "it has no name" : null;
    }

    private static string? CheckNames(Trees.Tree tree, ulong address, in TreeKey key, ReadOnlySpan<byte> data)
    {
        ReadOnlySpan<byte> rest = data;
        while (rest.Length > 0)
        {
            DirItem item = DirItem.Take(tree, address, ref rest);
            bool isAttribute = key.Type == ItemType.XattrItem;
            if (item.Name.Length is 0 or > MaxAttributeName)
            {
                return $"a name has {item.Name.Length} bytes";
            }

            if (!isAttribute && item.Value.Length > 0)
            {
                return $"the name '{ByteText.FromBytes(item.Name)}' has a value";
            }

            if (key.Type != ItemType.DirIndex && DirItem.Hash(item.Name) != key.Offset)
            {
                return $"the hash of name '{ByteText.FromBytes(item.Name)}' is not that of its key";
            }

            if (!isAttribute && item.Location.Type is not (ItemType.InodeItem or ItemType.RootItem))
            {
                return $"the name '{ByteText.FromBytes(item.Name)}' is of {item.Location}";
            }
        }

        return data.Length == 0 ? "it has no name" : null;
    }

    private static string? CheckSums(Geometry geometry, TreeNode leaf, int index)
    {
        TreeKey key = leaf.Key(index);
        int size = geometry.Checksum.Size;
        long length = leaf.DataLength(index);
        if (key.ObjectId != ObjectIds.ExtentChecksum || key.Offset % (uint)geometry.SectorSize != 0 || length == 0 || length % size != 0)
        {
            return $"its {length} bytes are no checksums of {size} for whole sectors";
        }

        if (index + 1 < leaf.Count && leaf.Key(index + 1) is { Type: ItemType.ExtentChecksum } next)
        {
            ulong sectors = (ulong)(length / size);
            return (UInt128)key.Offset + ((UInt128)sectors * (uint)geometry.SectorSize) > next.Offset ? $"its {sectors} sectors reach over the next item, of 0x{next.Offset:X}" : null;
        }

        return null;
    }
}
