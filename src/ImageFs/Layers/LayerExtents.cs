using ImageFs.Storage;

namespace ImageFs.Layers;

/// <summary>Where the bytes of an object lie, layer by layer.</summary>
internal static class LayerExtents
{
    // Of a layer's bytes each may be named so often, and no more: a map of 32 TiB can come from a file of 12 MB.
    private const long MostTimes = 1000;
    private const long FreeBytes = 1 << 30;

    /// <summary>Goes through an object's extents some layers below it; those that continue or repeat each other are one run.</summary>
    /// <param name="source">The object: a file, a volume, a disk.</param>
    /// <param name="layers">How many layers to go down; at least 1.</param>
    /// <param name="isBottom">Is told of each extent whether there is nothing below it.</param>
    /// <exception cref="ImageException">A map is damaged, or the image ends, where the enumeration has come to.</exception>
    internal static IEnumerable<ExtentRun> At(BlockSource source, int layers, Action<bool>? isBottom = null)
    {
        ExtentRun? run = null;
        var named = new Dictionary<BlockSource, long>();
        bool isBeyond = false;
        for (long offset = 0; offset < source.Length && !isBeyond;)
        {
            bool isLast = source.Descend(offset, source.Length - offset, layers, out LocatedExtent extent);
            isBottom?.Invoke(isLast || extent.Device is not null);
            if (extent.Kind == ExtentKind.Mapped)
            {
                long total = named[extent.Source] = named.GetValueOrDefault(extent.Source) + extent.Length;
                isBeyond = total / MostTimes > extent.Source.Length + (FreeBytes / MostTimes);
            }

            ExtentRun? longer = run?.With(extent);
            if (longer is null && run is { } ended)
            {
                yield return ended;
            }

            run = longer ?? new ExtentRun(extent, 1);

            offset += extent.Length;
        }

        if (run is { } last)
        {
            yield return last;
        }

        if (isBeyond)
        {
            throw new InvalidImageException(
                "map", run?.Extent.Address ?? 0, $"it names each byte of what is below more than {MostTimes} times: what follows is not listed");
        }
    }

    /// <summary>What a layer is called: a device or file by its path, a container by its format.</summary>
    internal static string NameOf(in LocatedExtent extent) => extent.Kind switch
    {
        ExtentKind.Hole or ExtentKind.Unwritten => string.Empty,
        ExtentKind.Own => "metadata",
        _ => extent.Source switch
        {
            Device device => device.Name,
            Storage.Containers.Container container => container.Format,
            BlockSlice => "volume",
            _ => "file",
        },
    };

    /// <summary>Whether an extent's address is a place in the layer that it names: bytes that are nowhere, or among metadata, have none.</summary>
    internal static bool HasAddress(in LocatedExtent extent) => extent.Kind is ExtentKind.Mapped or ExtentKind.Encoded;
}
