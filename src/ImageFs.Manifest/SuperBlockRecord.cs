using System.Buffers.Binary;
using System.IO.Hashing;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Manifest;

/// <summary>Writes the super block (erofs_super_block) and the table of devices (erofs_deviceslot).</summary>
internal static class SuperBlockRecord
{
    private const int Address = 1024;
    private const uint Magic = 0xE0F5_E1E2;
    private const uint HasChecksum = 1;
    private const uint HasTimes = 2;
    private const uint ChunkedFiles = 4;
    private const uint Devices = 8;
    private const uint Blocks48 = 0x80;
    private const int TagLength = 64;
    private const int ChecksumOffset = 4;
    private const int UuidOffset = 48;
    private const int UuidLength = 16;

    /// <summary>Writes both.</summary>
    /// <param name="start">The manifest from its start to its first inode, of zeros; whole blocks.</param>
    /// <param name="layout">Where everything is.</param>
    /// <param name="nodes">All nodes, the root first.</param>
    /// <param name="devices">The devices.</param>
    public static void Write(Span<byte> start, ManifestLayout layout, IReadOnlyList<ManifestNode> nodes, IReadOnlyList<FileDevice> devices)
    {
        Span<byte> record = start[Address..];
        ulong blocks = (ulong)layout.Length >> layout.BlockBits;
        BinaryPrimitives.WriteUInt32LittleEndian(record, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(record[8..], HasChecksum | HasTimes);
        record[12] = (byte)layout.BlockBits;
        record[13] = 1;
        BinaryPrimitives.WriteUInt64LittleEndian(record[16..], (ulong)nodes.Count);
        BinaryPrimitives.WriteUInt32LittleEndian(record[36..], (uint)(blocks & uint.MaxValue));
        BinaryPrimitives.WriteUInt32LittleEndian(record[80..], ChunkedFiles | (devices.Count > 0 ? Devices : 0) | (layout.Has48Bits ? Blocks48 : 0));
        BinaryPrimitives.WriteUInt16LittleEndian(record[86..], (ushort)devices.Count);
        BinaryPrimitives.WriteUInt16LittleEndian(record[88..], DeviceTable.Address / DeviceTable.SlotLength);
        if (layout.Has48Bits)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(record[14..], (ushort)(blocks >> 32));
            BinaryPrimitives.WriteUInt64LittleEndian(record[112..], nodes[0].Nid);
        }
        else
        {
            BinaryPrimitives.WriteUInt16LittleEndian(record[14..], (ushort)nodes[0].Nid);
        }

        for (int i = 0; i < devices.Count; i++)
        {
            WriteSlot(start.Slice(DeviceTable.Address + (i * DeviceTable.SlotLength), DeviceTable.SlotLength), devices[i], layout);
        }

        // The same tree of the same devices has the same UUID.
        XxHash128.Hash(start, record.Slice(UuidOffset, UuidLength));

        // Of the super block's block, from the super block on.
        int summed = layout.BlockSize > Address ? layout.BlockSize - Address : layout.BlockSize;
        BinaryPrimitives.WriteUInt32LittleEndian(record[ChecksumOffset..], Crc32C.AppendWithout(Crc32C.Initial, record[..summed], ChecksumOffset, sizeof(uint)));
    }

    private static void WriteSlot(Span<byte> slot, FileDevice device, ManifestLayout layout)
    {
        // The name alone: where it lies is up to whoever mounts it.
        ReadOnlySpan<byte> name = ByteText.ToBytes(Path.GetFileName(device.Name) is { Length: > 0 } last ? last : "image");
        name[..Math.Min(name.Length, TagLength)].CopyTo(slot);
        ulong blocks = layout.BlocksOf(device);
        ulong start = layout.StartOf(device);
        BinaryPrimitives.WriteUInt32LittleEndian(slot[64..], (uint)(blocks & uint.MaxValue));
        BinaryPrimitives.WriteUInt32LittleEndian(slot[68..], (uint)(start & uint.MaxValue));
        BinaryPrimitives.WriteUInt32LittleEndian(slot[72..], (uint)(blocks >> 32));
        BinaryPrimitives.WriteUInt16LittleEndian(slot[76..], (ushort)(start >> 32));
    }
}
