using ImageFs.FileSystems.SquashFs.Metadata;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.SquashFs;

/// <summary>What to say about a file system to people.</summary>
internal static class SquashFsDescription
{
    private const uint MaxSummed = 1 << 20;

    private static readonly (SuperBlockFlags Flag, string Name)[] s_flags =
    [
        (SuperBlockFlags.PlainInodes, "uncompressed-inodes"),
        (SuperBlockFlags.PlainData, "uncompressed-data"),
        (SuperBlockFlags.Check, "check"),
        (SuperBlockFlags.PlainFragments, "uncompressed-fragments"),
        (SuperBlockFlags.NoFragments, "no-fragments"),
        (SuperBlockFlags.AlwaysFragments, "always-fragments"),
        (SuperBlockFlags.Duplicates, "duplicates"),
        (SuperBlockFlags.Exportable, "exportable"),
        (SuperBlockFlags.PlainAttributes, "uncompressed-xattrs"),
        (SuperBlockFlags.NoAttributes, "no-xattrs"),
        (SuperBlockFlags.CompressorOptions, "compressor-options"),
        (SuperBlockFlags.PlainIds, "uncompressed-ids"),
    ];

    /// <exception cref="ImageException">The options of the compressor are damaged.</exception>
    public static ImageDescription Make(SquashFsVolume volume)
    {
        SuperBlock super = volume.Super;
        return new ImageDescription(SquashFsFormat.Type)
            .With("version", super.Version)
            .With("byte-order", super.Magic.IsBigEndian ? "big-endian" : null)
            .With("compressor", Compressor.NameOf(volume.Codec))
            .With("compressor-options", CompressorOptions.Describe(super, volume.Metadata))
            .With("block-size", (long)super.BlockSize)
            .With("created", DateTimeOffset.FromUnixTimeSeconds(super.MakeTime))
            .With("size", (long)super.BytesUsed)
            .With("size-of-files", SumOfFiles(volume))
            .With("inodes", (long)super.Inodes)
            .With("fragments", (long)super.Fragments)
            .With("ids", (long)(super.Users + super.Groups))
            .With("attribute-lists", volume.Attributes?.Count)
            .With("flags", string.Join(' ', s_flags.Where(flag => super.Flags.HasFlag(flag.Flag)).Select(flag => flag.Name)));
    }

    // What was compressed: each file once, however many names it has, also those that are stored once. Null where the table is damaged, or is
    // too long for a look.
    private static long? SumOfFiles(SquashFsVolume volume)
    {
        if (volume.Super.Inodes > MaxSummed)
        {
            return null;
        }

        try
        {
            long sum = 0;
            var scan = new InodeScan(volume);
            while (scan.MoveNext())
            {
                sum += scan.Current.Type == NodeType.Regular ? scan.Current.Length : 0;
            }

            return sum;
        }
        catch (Exception e) when (e is ImageException or OverflowException)
        {
            return null;
        }
    }
}
