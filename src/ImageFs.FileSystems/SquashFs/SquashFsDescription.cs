using ImageFs.Storage;

namespace ImageFs.FileSystems.SquashFs;

/// <summary>What to say about a file system to people.</summary>
internal static class SquashFsDescription
{
    public static ImageDescription Make(SquashFsVolume volume)
    {
        SuperBlock super = volume.Super;
        return new ImageDescription(SquashFsFormat.Type)
            .With("version", super.Version)
            .With("byte-order", super.Magic.IsBigEndian ? "big-endian" : null)
            .With("compressor", Compressor.NameOf(volume.Codec))
            .With("block-size", (long)super.BlockSize)
            .With("created", DateTimeOffset.FromUnixTimeSeconds(super.MakeTime))
            .With("size", (long)super.BytesUsed)
            .With("inodes", (long)super.Inodes)
            .With("fragments", (long)super.Fragments)
            .With("ids", (long)(super.Users + super.Groups));
    }
}
