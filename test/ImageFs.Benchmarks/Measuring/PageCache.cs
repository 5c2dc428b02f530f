using System.Globalization;

namespace ImageFs.Benchmarks.Measuring;

/// <summary>What the kernel keeps in memory.</summary>
/// <param name="probe">Touches the files.</param>
internal sealed class PageCache(Probe probe)
{
    // Directories' padding at an image's end need not be there.
    private const double Warm = 0.99;

    // What a server has of it mapped, or the kernel of metadata, stays.
    private const double Cold = 0.01;

    /// <summary>Empties the page cache, and drops names and inodes.</summary>
    public static void DropAll()
    {
        Command.Run("sync");
        File.WriteAllText("/proc/sys/vm/drop_caches", "3");
    }

    /// <summary>Empties the page cache of everything, an image too: on a fresh mount nobody holds a page of it.</summary>
    /// <exception cref="InvalidOperationException">The image stays there.</exception>
    public void CoolDown(string image)
    {
        DropAll();
        double share = probe.CachedShare(image);
        if (share > Cold)
        {
            throw new InvalidOperationException($"{image}: {share.ToString("P0", CultureInfo.InvariantCulture)} of it stays in the page cache");
        }
    }

    /// <summary>Has an image in the page cache.</summary>
    /// <exception cref="InvalidOperationException">It does not stay there.</exception>
    public void WarmUp(string image)
    {
        if (probe.CachedShare(image) < Warm)
        {
            probe.Read(image);
            double share = probe.CachedShare(image);
            if (share < Warm)
            {
                throw new InvalidOperationException($"{image}: only {share.ToString("P0", CultureInfo.InvariantCulture)} of it stays in the page cache");
            }
        }
    }
}
