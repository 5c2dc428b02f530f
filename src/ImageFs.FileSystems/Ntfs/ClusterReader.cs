using ImageFs.Storage;

namespace ImageFs.FileSystems.Ntfs;

/// <summary>Reads metadata that lies in clusters, through the volume's cache.</summary>
/// <param name="geometry">The volume's sizes.</param>
/// <param name="blocks">The volume.</param>
internal sealed class ClusterReader(Geometry geometry, BlockCache blocks)
{
    /// <summary>The volume's sizes.</summary>
    public Geometry Geometry => geometry;

    /// <summary>Reads bytes of the volume.</summary>
    /// <exception cref="ImageException">The image ends before, or is damaged there.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public void Read(long address, Span<byte> destination) => blocks.ReadAt(address, destination);

    /// <summary>Reads bytes of an attribute.</summary>
    /// <param name="map">Where its clusters are.</param>
    /// <param name="offset">The first byte; all of them must be in the map.</param>
    /// <param name="destination">Filled whole.</param>
    /// <exception cref="ImageException">The image ends before, or is damaged there.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public void Read(ExtentMap map, long offset, Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            Extent extent = map.Find(offset, destination.Length);
            Span<byte> part = destination[..(int)extent.Length];
            if (extent.Kind == ExtentKind.Mapped)
            {
                blocks.ReadAt(extent.Address, part);
            }
            else
            {
                part.Clear();
            }

            destination = destination[part.Length..];
            offset += part.Length;
        }
    }
}
