namespace ImageFs.FileSystems.Xfs.Log;

/// <summary>
/// The buffers that were freed: what the log has of one from before that is not to be replayed, as its blocks may be a file's by now
/// (xlog_is_buffer_cancelled). The first pass over the log counts them, the second one counts back.
/// </summary>
internal sealed class Cancellations
{
    private readonly Dictionary<(long Sector, int Count), int> _counts = [];

    /// <summary>A buffer is freed, as the first pass comes to it.</summary>
    public void Add(long sector, int count) => _counts[(sector, count)] = _counts.GetValueOrDefault((sector, count)) + 1;

    /// <summary>A buffer is freed, as the second pass comes to it: what follows is another's.</summary>
    public void Pass(long sector, int count)
    {
        if (_counts.TryGetValue((sector, count), out int left))
        {
            if (left == 1)
            {
                _counts.Remove((sector, count));
            }
            else
            {
                _counts[(sector, count)] = left - 1;
            }
        }
    }

    /// <summary>Whether a buffer is freed further on.</summary>
    public bool IsCancelled(long sector, int count) => _counts.ContainsKey((sector, count));
}
