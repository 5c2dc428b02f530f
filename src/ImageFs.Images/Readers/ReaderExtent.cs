using ImageFs.Storage;

namespace ImageFs.Images.Readers;

/// <summary>Where a run of a file lies, as a reader tells it.</summary>
/// <param name="Offset">First byte of the run, in the file.</param>
/// <param name="Length">Bytes in the run.</param>
/// <param name="Kind"><see cref="ExtentKind.Mapped"/> onto a device; <see cref="ExtentKind.Own"/> where the reader is asked for the bytes; or zeros.</param>
/// <param name="Address">Where it begins on the device.</param>
/// <param name="Device">The device.</param>
/// <param name="HasOtherCopy">Whether the reader may have them from elsewhere, where the device fails.</param>
internal readonly record struct ReaderExtent(long Offset, long Length, ExtentKind Kind, long Address, FileDevice? Device, bool HasOtherCopy)
{
    /// <summary>First byte after the run.</summary>
    internal long End => Offset + Length;
}
