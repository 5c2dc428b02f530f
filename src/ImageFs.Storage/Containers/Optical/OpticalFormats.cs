using ImageFs.Storage.Containers.Optical.Alcohol;
using ImageFs.Storage.Containers.Optical.Cdrdao;
using ImageFs.Storage.Containers.Optical.CloneCd;
using ImageFs.Storage.Containers.Optical.Cue;
using ImageFs.Storage.Containers.Optical.Gdi;
using ImageFs.Storage.Containers.Optical.Nero;

namespace ImageFs.Storage.Containers.Optical;

/// <summary>The formats that optical discs are kept in, in the order in which they are tried: an image of Nero's begins with raw sectors too.</summary>
public static class OpticalFormats
{
    /// <summary>All formats.</summary>
    public static IReadOnlyList<ContainerFormat> All { get; } =
    [
        new AlcoholFormat(), new CloneCdFormat(), new TocFormat(), new CueFormat(), new GdiFormat(), new NeroFormat(), new RawSectorFormat(),
    ];
}
