using ImageFs.Storage;

namespace ImageFs.Fuse.Replies;

/// <summary>
/// Decides how file bytes go to the kernel: spliced whenever they can be, unless a way is forced. It learns which devices refuse to
/// be spliced from. One worker owns it.
/// </summary>
/// <param name="forced">The way to take; null to choose.</param>
internal sealed class ReplyPolicy(ReplyWay? forced)
{
    // A refusal now and then may have another cause than the device; so many in a row have not.
    private const int RefusalsBelieved = 4;

    private readonly Dictionary<BlockDevice, int> _refusals = [];

    /// <summary>Whether to splice at all.</summary>
    public bool MaySplice => forced != ReplyWay.Copy;

    /// <summary>Whether to splice these extents.</summary>
    /// <param name="plan">All extents of the reply.</param>
    /// <param name="slots">Slots that the pipe has for them.</param>
    /// <returns>None to splice, or why not.</returns>
    public CopyReason Judge(ReplyPlan plan, int slots)
    {
        if (plan.Slots > slots)
        {
            return CopyReason.TooManySlots;
        }

        return _refusals.Count > 0 && HasRefuser(plan.Extents) ? CopyReason.SourceRefused : CopyReason.None;
    }

    /// <summary>Takes note of a device that refused to be spliced from.</summary>
    public void NoteRefusal(BlockDevice device) => _refusals[device] = _refusals.GetValueOrDefault(device) + 1;

    /// <summary>Takes note of a reply that was spliced: its devices do not refuse.</summary>
    public void NoteSuccess(ReadOnlySpan<DeviceExtent> extents)
    {
        if (_refusals.Count > 0)
        {
            foreach (ref readonly DeviceExtent extent in extents)
            {
                _refusals.Remove(extent.Device!);
            }
        }
    }

    private bool HasRefuser(ReadOnlySpan<DeviceExtent> extents)
    {
        foreach (ref readonly DeviceExtent extent in extents)
        {
            if (_refusals.GetValueOrDefault(extent.Device!) >= RefusalsBelieved)
            {
                return true;
            }
        }

        return false;
    }
}
