using ImageFs.Storage;

namespace ImageFs.FileSystems.Iso9660;

/// <summary>
/// A file of which sections are interleaved: their file units alternate with gaps (ECMA-119 6.4.3). Where a byte lies is calculated;
/// a list of the pieces could be millions long.
/// </summary>
internal sealed class InterleavedSource : BlockSource
{
    private readonly BlockSource _volume;
    private readonly List<FileSection> _sections;

    /// <param name="volume">The image.</param>
    /// <param name="sections">The sections in their order.</param>
    /// <param name="length">Bytes of the file.</param>
    public InterleavedSource(BlockSource volume, List<FileSection> sections, long length)
    {
        _volume = volume;
        _sections = sections;
        Length = length;
    }

    /// <inheritdoc/>
    public override long Length { get; }

    /// <inheritdoc/>
    public override Extent Map(long offset, long maxLength, out BlockSource below)
    {
        below = _volume;
        long start = 0;
        int index = 0;
        while (offset >= start + _sections[index].Length)
        {
            start += _sections[index++].Length;
        }

        FileSection section = _sections[index];
        long inSection = offset - start;
        long length = Math.Min(Math.Min(maxLength, Length - offset), section.Length - inSection);
        if (!section.IsInterleaved)
        {
            return Extent.Mapped(offset, length, section.Address + inSection);
        }

        long unit = Math.DivRem(inSection, section.FileUnitSize, out long inUnit);
        long address = section.Address + (unit * (section.FileUnitSize + section.InterleaveGapSize)) + inUnit;
        return Extent.Mapped(offset, Math.Min(length, section.FileUnitSize - inUnit), address);
    }
}
