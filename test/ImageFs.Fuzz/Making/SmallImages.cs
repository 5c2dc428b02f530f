using System.Buffers.Binary;
using ImageFs.Fuzz.Mutation;
using ImageFs.Tests.Storage.Volumes.AndroidSuper;
using ImageFs.Tests.Support;

namespace ImageFs.Fuzz.Making;

/// <summary>Seeds that are an image of images/ with something around it.</summary>
internal static class SmallImages
{
    private const int KiB = 1024;
    private const int Sector = 512;

    /// <summary>Android's super partition with three logical ones.</summary>
    public static Seed AndroidSuper { get; } = new("android-super", () =>
    {
        SuperImage super = new SuperImage(1024 * KiB)
            .Add("system_a", (256 * KiB, 0, 64 * KiB))
            .Add("vendor_a", 3, (64 * KiB, 0, 512 * KiB), (32 * KiB, -1, 0), (64 * KiB, 0, 640 * KiB))
            .Add("empty_b");
        DiskImage.Read("invalid/ext-good.img").CopyTo(super.Bytes, 64 * KiB);
        return super.Finish();
    });

    /// <summary>Apple's partition map with two partitions besides its own.</summary>
    public static Seed AppleMap { get; } = new("mac", () =>
    {
        byte[] disk = new byte[512 * KiB];
        "ER"u8.CopyTo(disk);
        BinaryPrimitives.WriteUInt16BigEndian(disk.AsSpan(2), Sector);
        BinaryPrimitives.WriteUInt32BigEndian(disk.AsSpan(4), (uint)(disk.Length / Sector));
        (string Name, string Type, uint Start, uint Count)[] entries = [("Apple", "Apple_partition_map", 1, 3), ("root", "Apple_UNIX_SVR2", 64, 512), ("dos", "DOS_FAT_12", 640, 320)];
        for (int i = 0; i < entries.Length; i++)
        {
            Span<byte> entry = disk.AsSpan((i + 1) * Sector, Sector);
            "PM"u8.CopyTo(entry);
            BinaryPrimitives.WriteInt32BigEndian(entry[4..], entries.Length);
            BinaryPrimitives.WriteUInt32BigEndian(entry[8..], entries[i].Start);
            BinaryPrimitives.WriteUInt32BigEndian(entry[12..], entries[i].Count);
            System.Text.Encoding.ASCII.GetBytes(entries[i].Name, entry[16..]);
            System.Text.Encoding.ASCII.GetBytes(entries[i].Type, entry[48..]);
        }

        DiskImage.Read("invalid/ext-good.img").CopyTo(disk, 64 * Sector);
        DiskImage.Read("invalid/fat-good.img").CopyTo(disk, 640 * Sector);
        return disk;
    });

    /// <summary>A program with an image behind it.</summary>
    public static Seed Elf { get; } = new("elf", () =>
    {
        byte[] program = new byte[4096];
        byte[] header = [0x7F, .. "ELF"u8, 2, 1, 1];
        header.CopyTo(program, 0);
        BinaryPrimitives.WriteInt64LittleEndian(program.AsSpan(32), 64);
        BinaryPrimitives.WriteInt64LittleEndian(program.AsSpan(40), 128);
        short[] counts = [64, 56, 1, 64, 1, 0];
        for (int i = 0; i < counts.Length; i++)
        {
            BinaryPrimitives.WriteInt16LittleEndian(program.AsSpan(52 + (2 * i)), counts[i]);
        }

        // A segment and a section, each of its place and its length.
        BinaryPrimitives.WriteInt64LittleEndian(program.AsSpan(64 + 8), 256);
        BinaryPrimitives.WriteInt64LittleEndian(program.AsSpan(64 + 32), 2000);
        BinaryPrimitives.WriteInt32LittleEndian(program.AsSpan(128 + 4), 1);
        BinaryPrimitives.WriteInt64LittleEndian(program.AsSpan(128 + 24), 2256);
        BinaryPrimitives.WriteInt64LittleEndian(program.AsSpan(128 + 32), 1840);
        return [.. program, .. DiskImage.Read("invalid/squashfs-good.img")];
    });

    /// <summary>An image behind U-Boot's header.</summary>
    public static Seed UImage { get; } = new("uimage", () =>
    {
        byte[] image = DiskImage.Read("invalid/cramfs-good.img");
        byte[] header = new byte[64];
        ((ReadOnlySpan<byte>)[0x27, 0x05, 0x19, 0x56]).CopyTo(header);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(12), image.Length);
        "a file system"u8.CopyTo(header.AsSpan(32));
        return [.. header, .. image];
    });

    /// <summary>A disk in three parts.</summary>
    public static Seed Split { get; } = Seed.OfFiles("split", () =>
    {
        byte[] disk = DiskImage.Read("invalid/mbr-good.img");
        const int Length = 400 * KiB;
        return [("disk.001", disk[..Length]), ("disk.002", disk[Length..(2 * Length)]), ("disk.003", disk[(2 * Length)..])];
    });
}
