using ImageFs.Storage.Containers.Bzip2;
using ImageFs.Storage.Containers.Gzip;
using ImageFs.Storage.Containers.Lz4;
using ImageFs.Storage.Containers.Xz;
using ImageFs.Storage.Containers.Zstandard;

namespace ImageFs.Storage.Containers.Packed;

/// <summary>The formats that a file of any kind is compressed in.</summary>
internal static class PackedFormats
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<ContainerFormat> All { get; } =
        [new XzFormat(), new ZstandardFormat(), new GzipFormat(), new Bzip2Format(), new Lz4Format()];
}
