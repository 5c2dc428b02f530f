using ImageFs.Storage;
using ImageFs.Storage.Decoding;

namespace ImageFs.FileSystems.SquashFs;

/// <summary>How a file system is compressed: one way for all of it.</summary>
internal static class Compressor
{
    private static readonly EarlyCodec s_early = new();

    /// <summary>The codec of a file system.</summary>
    /// <param name="super">Its super block.</param>
    /// <exception cref="UnsupportedFeatureException">It is compressed in a way that is not known.</exception>
    public static Codec Of(SuperBlock super) => !super.Magic.IsRead || (super.Major == 4 && super.Magic.Vendor.Length > 0)
        ? throw new UnsupportedFeatureException($"SquashFS {super.Version}{super.Magic.OfVendor}")
        : super.Major < 4 ? s_early : super.Compression switch
        {
            1 => Codecs.Zlib,
            2 => Codecs.Lzma,
            3 => Codecs.Lzo,
            4 => Codecs.Xz,
            5 => Codecs.Lz4,
            6 => Codecs.Zstandard,
            int other => throw new UnsupportedFeatureException($"SquashFS {super.Version} compressed in way {other}"),
        };

    /// <summary>Its name, as mksquashfs has it.</summary>
    public static string NameOf(Codec codec) => ReferenceEquals(codec, Codecs.Zlib) || ReferenceEquals(codec, s_early) ? "gzip" : codec.Name;
}
