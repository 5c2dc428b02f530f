using ImageFs.Storage;

namespace ImageFs.Layers;

/// <summary>Where the bytes of an object lie, layer by layer.</summary>
internal static class LayerExtents
{
    /// <summary>Goes through an object's extents some layers below it; runs that continue each other are one.</summary>
    /// <param name="source">The object: a file, a volume, a disk.</param>
    /// <param name="layers">How many layers to go down; at least 1.</param>
    /// <param name="isBottom">Is told of each extent whether there is nothing below it.</param>
    /// <exception cref="ImageException">A map is damaged, or the image ends, where the enumeration has come to.</exception>
    internal static IEnumerable<DeviceExtent> At(BlockSource source, int layers, Action<bool>? isBottom = null)
    {
        DeviceExtent? run = null;
        for (long offset = 0; offset < source.Length;)
        {
            bool isLast = source.Descend(offset, source.Length - offset, layers, out DeviceExtent extent);
            isBottom?.Invoke(isLast || extent.Device is not null);
            if (run is { } begun && Continues(begun, extent))
            {
                run = begun with { Length = begun.Length + extent.Length };
            }
            else
            {
                if (run is { } ended)
                {
                    yield return ended;
                }

                run = extent;
            }

            offset += extent.Length;
        }

        if (run is { } last)
        {
            yield return last;
        }
    }

    /// <summary>What a layer is called: a device or file by its path, a container by its format.</summary>
    internal static string NameOf(in DeviceExtent extent) => extent.Kind switch
    {
        ExtentKind.Hole or ExtentKind.Unwritten => string.Empty,
        ExtentKind.Inline => "metadata",
        _ => extent.Source switch
        {
            BlockDevice device => device.Path,
            Storage.Containers.Container container => container.Format,
            BlockSlice => "volume",
            _ => "file",
        },
    };

    /// <summary>Whether an extent's address is a place in the layer that it names: bytes that are nowhere, or among metadata, have none.</summary>
    internal static bool HasAddress(in DeviceExtent extent) => extent.Kind is ExtentKind.Mapped or ExtentKind.Encoded;

    private static bool Continues(in DeviceExtent run, in DeviceExtent next) =>
        next.Kind == run.Kind
        && (run.IsZero || (ReferenceEquals(next.Source, run.Source) && next.Address == run.Address + run.Length));
}
