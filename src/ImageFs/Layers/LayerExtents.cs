using ImageFs.Storage;
using ImageFs.Storage.Decoding;

namespace ImageFs.Layers;

/// <summary>Where the bytes of an object lie, layer by layer.</summary>
internal static class LayerExtents
{
    // How often each byte of a layer may be named: a map of 32 TiB can come from a file of 12 MB.
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
            ExtentRun next = Look(source, offset, layers, out bool isLast);
            LocatedExtent extent = next.Extent;
            isBottom?.Invoke(isLast);
            foreach (LocatedExtent piece in extent.Kind == ExtentKind.Mapped ? [extent] : next.Stored)
            {
                long total = named[piece.Source] = named.GetValueOrDefault(piece.Source) + piece.Length;
                isBeyond |= (total - FreeBytes) / MostTimes > BytesOf(piece.Source);
            }

            ExtentRun? longer = run?.With(next);
            if (longer is null && run is { } ended)
            {
                yield return ended;
            }

            run = longer ?? next;

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

    /// <summary>What an extent's address is in: a device or file by its path, a container by its format.</summary>
    internal static string NameOf(in LocatedExtent extent) => extent.Kind switch
    {
        ExtentKind.Hole or ExtentKind.Unwritten => string.Empty,
        ExtentKind.Own => OwnOf(extent) switch
        {
            OwnBytes.Rebuilt => "parity",
            OwnBytes.Missing => "nothing that is there",
            OwnBytes.Checked => LayerNameOf(extent.Source),
            _ => "metadata",
        },
        _ => LayerNameOf(extent.Source),
    };

    /// <summary>What bytes of an extent of the kind <see cref="ExtentKind.Own"/> are.</summary>
    internal static OwnBytes OwnOf(in LocatedExtent extent) => extent.Source is INamedLayer layer ? layer.OwnAt(extent.Address) : OwnBytes.Inline;

    /// <summary>Whether an extent's address is a place in the layer that it names: bytes that are nowhere, or among metadata, have none.</summary>
    internal static bool HasAddress(in LocatedExtent extent) => extent.Kind is ExtentKind.Mapped or ExtentKind.Encoded;

    private static string LayerNameOf(BlockSource source) => source switch
    {
        Device device => device.Name,
        Storage.Containers.Container container => container.Format,
        INamedLayer layer => layer.LayerName,
        BlockSlice => "volume",
        _ => "file",
    };

    private static long BytesOf(BlockSource source) => source is INamedLayer layer ? Math.Min(source.Length, layer.ByteCount) : source.Length;

    // One layer at a time: below the one that decodes a block, it is its stored bytes that are followed.
    private static ExtentRun Look(BlockSource source, long offset, int layers, out bool isBottom)
    {
        var at = new LocatedExtent(offset, source.Length - offset, ExtentKind.Mapped, offset, source);
        for (int depth = 1; depth <= layers; depth++)
        {
            isBottom = at.Source.Descend(at.Address, at.Length, 1, out LocatedExtent extent);
            at = extent with { Offset = offset };
            if (extent.Kind == ExtentKind.Encoded)
            {
                EncodedBlock block = extent.Block;
                LocatedExtent[] stored = [.. Follow(block.Source, block.Address, block.StoredLengthOf(extent.Address, extent.Length), layers - depth)];
                isBottom = Array.TrueForAll(stored, piece => piece.Device is not null || piece.Kind != ExtentKind.Mapped);
                return new ExtentRun(at with { Address = stored[0].Address, Source = stored[0].Source }) { Codec = block.Codec, Stored = stored };
            }

            if (isBottom)
            {
                break;
            }
        }

        isBottom = at.Device is not null || at.Kind != ExtentKind.Mapped;
        return new ExtentRun(at);
    }

    // Where a run of bytes lies some layers down. Of what is encoded once more, it is where the whole block is stored.
    private static IEnumerable<LocatedExtent> Follow(BlockSource source, long address, long length, int layers)
    {
        if (layers == 0)
        {
            yield return new LocatedExtent(0, length, ExtentKind.Mapped, address, source);
            yield break;
        }

        for (long done = 0; done < length;)
        {
            bool isLast = source.Descend(address + done, length - done, 1, out LocatedExtent extent);
            done += extent.Length;
            if (extent.Kind == ExtentKind.Encoded)
            {
                EncodedBlock block = extent.Block;
                extent = new LocatedExtent(0, block.StoredLengthOf(extent.Address, extent.Length), ExtentKind.Mapped, block.Address, block.Source);
                isLast = false;
            }

            foreach (LocatedExtent piece in isLast ? [extent with { Offset = 0 }] : Follow(extent.Source, extent.Address, extent.Length, layers - 1))
            {
                yield return piece;
            }
        }
    }
}
