using ImageFs.FileSystems;
using ImageFs.Storage;
using ImageFs.Storage.Containers;
using ImageFs.Storage.Formats;

namespace ImageFs.Images.Headers;

/// <summary>
/// A file that has an image behind something else: it is one where that is recognised as a volume. So these formats are with those who know
/// what a volume is.
/// </summary>
internal abstract class HeaderedFormat : ContainerFormat
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<ContainerFormat> All { get; } = [new ElfFormat(), new UImageFormat()];

    /// <inheritdoc/>
    public sealed override bool Probe(ImageFile file) => HasMarks(file.Window) && Find(file.Source) is not null;

    /// <inheritdoc/>
    public sealed override Container Open(ImageFile file, OpenContext context) => Find(file.Source)
        ?? throw new UnsupportedFeatureException($"{Title} without an image that is known (offset= says where one begins)");

    /// <summary>Where the image may be: bytes from the start, and how many; the likeliest first.</summary>
    /// <exception cref="ImageException">The file ends before.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    protected abstract IEnumerable<(long Start, long Length)> Places(BlockSource file);

    private HeaderedImage? Find(BlockSource file)
    {
        try
        {
            foreach ((long start, long length) in Places(file))
            {
                if (length > 0 && Recogniser.IsVolume(new BlockSlice(file, start, length)))
                {
                    return new HeaderedImage(Name, file, start, length);
                }
            }
        }
        catch (ImageException)
        {
            // It ends in its own headers.
        }

        return null;
    }
}

/// <summary>A program with an image behind it, as AppImages of type 2 are.</summary>
internal sealed class ElfFormat : HeaderedFormat
{
    // Images begin right behind the program, or at a round place.
    private static readonly int[] s_alignments = [1, 512, 4096];

    /// <inheritdoc/>
    public override string Name => "elf";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Aliases => ["appimage"];

    /// <inheritdoc/>
    public override string Title => "a program (ELF) with an image behind it, as an AppImage is";

    /// <inheritdoc/>
    public override IReadOnlyList<Mark> Marks { get; } = [new(0, ElfHeader.Magic.ToArray())];

    /// <inheritdoc/>
    public override IReadOnlyList<string> FileExtensions => [".appimage"];

    /// <inheritdoc/>
    /// <remarks>An AppImage of type 1 is a program in the first sectors of an ISO image: the whole is the image.</remarks>
    protected override IEnumerable<(long Start, long Length)> Places(BlockSource file)
    {
        if (ElfHeader.FindEnd(file) is not { } end || end >= file.Length || Recogniser.IsVolume(file))
        {
            return [];
        }

        return s_alignments.Select(alignment => (end + alignment - 1) / alignment * alignment).Distinct().Select(start => (start, file.Length - start));
    }
}

/// <summary>An image behind the header of U-Boot.</summary>
internal sealed class UImageFormat : HeaderedFormat
{
    /// <inheritdoc/>
    public override string Name => "uimage";

    /// <inheritdoc/>
    public override string Title => "an image behind U-Boot's legacy header (uImage)";

    /// <inheritdoc/>
    public override IReadOnlyList<Mark> Marks { get; } = [new(0, UImageHeader.Magic.ToArray())];

    /// <inheritdoc/>
    protected override IEnumerable<(long Start, long Length)> Places(BlockSource file) =>
        UImageHeader.FindLength(file) is { } length ? [(UImageHeader.Length, length)] : [];
}
