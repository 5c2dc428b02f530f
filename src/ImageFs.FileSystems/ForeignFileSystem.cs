using ImageFs.FileSystems.Hfs;
using ImageFs.Storage;

namespace ImageFs.FileSystems;

/// <summary>A file system that the program knows by sight, but cannot read.</summary>
/// <param name="Type">Its type as blkid has it: "hfsplus".</param>
/// <param name="Label">Its label; empty when it has none, or it is damaged.</param>
public sealed record ForeignFileSystem(string Type, string Label)
{
    /// <summary>Recognises one; null when there is none.</summary>
    /// <exception cref="Linux.LinuxException">The device failed: that is no answer.</exception>
    public static ForeignFileSystem? Recognise(BlockSource source)
    {
        try
        {
            return HfsVolume.Recognise(source);
        }
        catch (ImageException)
        {
            return null;
        }
    }
}
