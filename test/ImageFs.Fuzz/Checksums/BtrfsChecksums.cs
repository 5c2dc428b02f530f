using System.Buffers.Binary;
using ImageFs.FileSystems.Btrfs;

namespace ImageFs.Fuzz.Checksums;

/// <summary>The checksums of Btrfs, of its four kinds: super block and nodes of trees.</summary>
internal static class BtrfsChecksums
{
    private const int SuperAddress = 64 << 10;
    private const int SuperLength = 4096;
    private const int IdLength = 16;

    /// <summary>Those that an image may have.</summary>
    public static IEnumerable<Seal> Find(byte[] image)
    {
        ReadOnlySpan<byte> super = image.AsSpan(SuperAddress, SuperLength);
        if (Checksum.Find(BinaryPrimitives.ReadUInt16LittleEndian(super[0xC4..])) is not { } checksum)
        {
            return [];
        }

        int nodeSize = (int)BinaryPrimitives.ReadUInt32LittleEndian(super[0x94..]);
        byte[] id = super.Slice(Checksum.Room, IdLength).ToArray();
        var seals = new List<Seal> { new(SuperAddress, SuperLength, Write) };
        for (int at = 0; at + nodeSize <= image.Length; at += SuperLength)
        {
            if (at != SuperAddress && image.AsSpan(at + Checksum.Room, IdLength).SequenceEqual(id))
            {
                seals.Add(new Seal(at, nodeSize, Write));
            }
        }

        return seals;

        void Write(Span<byte> bytes) => checksum.Compute(bytes[Checksum.Room..], bytes[..checksum.Size]);
    }
}
