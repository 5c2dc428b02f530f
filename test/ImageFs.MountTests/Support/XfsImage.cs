using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.MountTests.Support;

/// <summary>Images of XFS: made by mkfs.xfs, filled by this kernel with Native/fill-xfs.py.</summary>
internal static class XfsImage
{
    /// <summary>What the tree has on a volume that mkfs.xfs makes by default.</summary>
    public const string Words = "reflink bigtime";

    private const int SuperBlockLength = 512;

    /// <summary>Makes an image without files.</summary>
    /// <param name="image">Its file.</param>
    /// <param name="options">Options of mkfs.xfs.</param>
    /// <param name="size">Its size, as truncate(1) has it.</param>
    public static void MakeEmpty(string image, string options, string size = "300M")
    {
        Need.Program("mkfs.xfs", "xfsprogs");
        Tool.Shell("truncate -s \"$3\" \"$1\" && exec mkfs.xfs -q -f $2 \"$1\"", image, options, size).Succeeded();
    }

    /// <summary>Fills an image.</summary>
    /// <param name="image">Its file.</param>
    /// <param name="words">What the script is to make.</param>
    public static void Fill(string image, string words = Words) => Change(image, directory => FillDirectory(directory, words));

    /// <summary>Fills a mounted volume.</summary>
    public static void FillDirectory(string directory, string words)
    {
        Need.Program("python3", "python3");
        string script = Path.Combine(AppContext.BaseDirectory, "Native", "fill-xfs.py");
        Tool.Run("python3", [script, directory, .. words.Split(' ', StringSplitOptions.RemoveEmptyEntries)]).Succeeded();
    }

    /// <summary>Has this kernel mount an image to write to it.</summary>
    public static void Change(string image, Action<string> change)
    {
        using var device = new LoopDevice(image);
        using var mount = new KernelMount(device.Path, "xfs", "rw");
        change(mount.Directory);
    }

    /// <summary>Adds incompatible features that this mkfs.xfs does not know, but the kernel does, to an image without files (sb_features_incompat).</summary>
    public static void AddFeatures(string image, uint features)
    {
        using FileStream file = File.Open(image, FileMode.Open, FileAccess.ReadWrite);
        byte[] block = new byte[SuperBlockLength];
        file.ReadExactly(block);
        long groupLength = (long)BinaryPrimitives.ReadUInt32BigEndian(block.AsSpan(4)) * BinaryPrimitives.ReadUInt32BigEndian(block.AsSpan(84));
        uint groups = BinaryPrimitives.ReadUInt32BigEndian(block.AsSpan(88));
        for (uint group = 0; group < groups; group++)
        {
            file.Position = group * groupLength;
            file.ReadExactly(block);
            BinaryPrimitives.WriteUInt32BigEndian(block.AsSpan(216), BinaryPrimitives.ReadUInt32BigEndian(block.AsSpan(216)) | features);
            BinaryPrimitives.WriteUInt32LittleEndian(block.AsSpan(224), ~Crc32C.AppendWithout(Crc32C.Initial, block, 224, sizeof(uint)));
            file.Position = group * groupLength;
            file.Write(block);
        }
    }
}
