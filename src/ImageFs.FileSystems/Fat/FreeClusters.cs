using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Fat;

/// <summary>
/// The number of free clusters: counted once, by the first that asks. A volume whose map of them cannot be read has what is known all the
/// same: statfs(2) must not fail for that.
/// </summary>
/// <param name="count">Counts them.</param>
/// <param name="guess">What is known without counting.</param>
internal sealed class FreeClusters(Func<uint> count, Func<uint> guess)
{
    private readonly Lock _gate = new();
    private uint? _count;

    /// <summary>How many there are.</summary>
    public uint Count
    {
        get
        {
            lock (_gate)
            {
                try
                {
                    return _count ??= count();
                }
                catch (ImageException)
                {
                    return (_count = guess()).Value;
                }
                catch (LinuxException)
                {
                    // A device that failed may recover.
                    return guess();
                }
            }
        }
    }
}
