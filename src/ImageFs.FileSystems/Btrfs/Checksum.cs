using System.Buffers.Binary;
using System.IO.Hashing;
using System.Security.Cryptography;
using ImageFs.FileSystems.Checksums;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Btrfs;

/// <summary>A kind of checksum (csum_type): of the super block, of every node of a tree, and of every sector of data.</summary>
internal abstract class Checksum
{
    /// <summary>BTRFS_CSUM_SIZE: the room that super blocks and nodes have for one.</summary>
    public const int Room = 32;

    private static readonly Checksum[] s_all = [new Crc32CChecksum(), new XxHash64Checksum(), new Sha256Checksum(), new Blake2bChecksum()];

    /// <summary>Its name, as mkfs.btrfs has it.</summary>
    public abstract string Name { get; }

    /// <summary>Bytes that one takes.</summary>
    public abstract int Size { get; }

    /// <summary>The kind of a number.</summary>
    /// <param name="type">csum_type of the super block.</param>
    /// <returns>Null when no kind has that number.</returns>
    public static Checksum? Find(ushort type) => type < s_all.Length ? s_all[type] : null;

    /// <summary>The checksum of bytes.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="checksum">Takes it: <see cref="Size"/> bytes.</param>
    /// <exception cref="UnsupportedFeatureException">It needs a library that is not there.</exception>
    public abstract void Compute(ReadOnlySpan<byte> bytes, Span<byte> checksum);

    /// <summary>Whether bytes have a checksum.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="checksum">The checksum, and whatever follows it.</param>
    /// <exception cref="UnsupportedFeatureException">It needs a library that is not there.</exception>
    public bool Matches(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> checksum)
    {
        Span<byte> actual = stackalloc byte[Room];
        actual = actual[..Size];
        Compute(bytes, actual);
        return actual.SequenceEqual(checksum[..Size]);
    }

    private sealed class Crc32CChecksum : Checksum
    {
        public override string Name => "crc32c";

        public override int Size => sizeof(uint);

        public override void Compute(ReadOnlySpan<byte> bytes, Span<byte> checksum) =>
            BinaryPrimitives.WriteUInt32LittleEndian(checksum, ~Crc32C.Append(Crc32C.Initial, bytes));
    }

    private sealed class XxHash64Checksum : Checksum
    {
        public override string Name => "xxhash64";

        public override int Size => sizeof(ulong);

        public override void Compute(ReadOnlySpan<byte> bytes, Span<byte> checksum) =>
            BinaryPrimitives.WriteUInt64LittleEndian(checksum, XxHash64.HashToUInt64(bytes));
    }

    private sealed class Sha256Checksum : Checksum
    {
        public override string Name => "sha256";

        public override int Size => SHA256.HashSizeInBytes;

        public override void Compute(ReadOnlySpan<byte> bytes, Span<byte> checksum)
        {
            OpenSsl.Require("SHA-256");
            SHA256.HashData(bytes, checksum);
        }
    }

    private sealed class Blake2bChecksum : Checksum
    {
        public override string Name => "blake2b";

        public override int Size => 32;

        public override void Compute(ReadOnlySpan<byte> bytes, Span<byte> checksum) => Blake2b.Hash(bytes, checksum);
    }
}
