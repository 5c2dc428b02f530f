using ImageFs.FileSystems.Hfs;
using ImageFs.Storage;

namespace ImageFs.FileSystems;

/// <summary>A file system that the program knows by sight, but cannot read.</summary>
/// <param name="Type">Its type as blkid has it: "hfsplus".</param>
/// <param name="Label">Its label; empty when it has none, or it is damaged.</param>
public sealed record ForeignFileSystem(string Type, string Label)
{
    /// <summary>What it is, for a sentence.</summary>
    public string Text { get; init; } = Type;

    /// <summary>Whether there are files in it, or in what is behind it: swap space has none.</summary>
    public bool HasFiles => Type != "swap";

    /// <summary>Recognises one that may be beside another that can be read; null when there is none.</summary>
    /// <exception cref="Linux.LinuxException">The device failed: that is no answer.</exception>
    public static ForeignFileSystem? Recognise(BlockSource source) => Try(HfsVolume.Recognise, source);

    /// <summary>Recognises one by its mark, where there is no other; null when there is none.</summary>
    /// <exception cref="Linux.LinuxException">The device failed: that is no answer.</exception>
    public static ForeignFileSystem? RecogniseMark(BlockSource source) => Try(ForeignMagic.Recognise, source);

    private static ForeignFileSystem? Try(Func<BlockSource, ForeignFileSystem?> recognise, BlockSource source)
    {
        try
        {
            return recognise(source);
        }
        catch (ImageException)
        {
            return null;
        }
    }
}
