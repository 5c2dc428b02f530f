using System.IO.Compression;
using ImageFs.FileSystems.Xfs;
using ImageFs.Storage;
using ImageFs.Tests.Support;
using ImageFs.Tree;

namespace ImageFs.Tests.FileSystems.Xfs;

/// <summary>The images of images/xfs, unpacked.</summary>
internal static class XfsImages
{
    /// <summary>The bytes of an image.</summary>
    public static byte[] Read(string name)
    {
        using FileStream packed = File.OpenRead(Path.Combine(SourceTree.Folder, "images", "xfs", name + ".img.gz"));
        using var unpacked = new GZipStream(packed, CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        unpacked.CopyTo(bytes);
        return bytes.ToArray();
    }

    /// <summary>Opens an image.</summary>
    public static FileSystem Open(byte[] image, string options = "") => new XfsFormat().Open(new MemorySource(image), OpenContext.Of(options));
}
