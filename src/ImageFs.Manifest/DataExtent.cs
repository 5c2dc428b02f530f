using System.Diagnostics.CodeAnalysis;
using ImageFs.Storage;

namespace ImageFs.Manifest;

/// <summary>A run of a file's bytes on a device, or of zeros.</summary>
/// <param name="Offset">Where it begins in the file, in bytes.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="Device">The device; null for a hole.</param>
/// <param name="Address">Where it begins on that device, in bytes.</param>
internal readonly record struct DataExtent(long Offset, long Length, FileDevice? Device, long Address)
{
    [MemberNotNullWhen(false, nameof(Device))]
    public bool IsHole => Device is null;
}
