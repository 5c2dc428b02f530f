using ImageFs.Storage;

namespace ImageFs.Fuse.Replies;

/// <summary>
/// Decides how file bytes go to the kernel: by the size of the pieces that they lie in, as docs/performance-notes.md found it best, unless a
/// way is forced. It learns which devices refuse to be spliced from. One worker owns it.
/// </summary>
/// <param name="forced">The way to take; null to choose.</param>
/// <param name="cachesOnce">Whether the image's cache is to keep nothing of what the mount's cache has.</param>
internal sealed class ReplyPolicy(ReplyWay? forced, bool cachesOnce = false)
{
    // A reply whose pieces are smaller on average, in bytes, is gathered: that is one system call, and splice takes one for each and
    // two more. With larger ones gather has the dearer page faults.
    private const int PieceLimit = 8 * 1024;

    // A refusal now and then may have another cause than the device; so many in a row have not.
    private const int RefusalsBelieved = 4;

    private readonly Dictionary<FileDevice, int> _refusals = [];

    /// <summary>Whether the image's cache is to keep nothing of what the mount's cache has.</summary>
    public bool CachesOnce => cachesOnce;

    /// <summary>Whether no way is forced: where the one chosen cannot be gone, another may.</summary>
    public bool IsFree => forced is null;

    /// <summary>The way for a reply, when it is not too small for it.</summary>
    public ReplyWay Way => forced ?? (cachesOnce ? ReplyWay.Direct : ReplyWay.Splice);

    /// <summary>Whether a reply that would be spliced is cheaper gathered, for the number of its pieces.</summary>
    /// <param name="length">Its bytes.</param>
    /// <param name="pieces">Its extents.</param>
    public bool PrefersGather(int length, int pieces) => IsFree && length < PieceLimit * Math.Max(1, pieces);

    /// <summary>Whether these extents can go through the pipe.</summary>
    /// <param name="plan">All extents of the reply.</param>
    /// <param name="slots">Slots that the pipe has for them.</param>
    /// <param name="isDirect">Whether past the device's cache: the last extent's end may then take one more.</param>
    /// <returns>None, or why not.</returns>
    public Fallback Judge(ReplyPlan plan, int slots, bool isDirect)
    {
        if (plan.Slots + (isDirect ? 1 : 0) > slots)
        {
            return Fallback.TooManyPieces;
        }

        return _refusals.Count > 0 && HasRefuser(plan.Extents) ? Fallback.SourceRefused : Fallback.None;
    }

    /// <summary>Takes note of a device that refused to be spliced from.</summary>
    public void NoteRefusal(FileDevice device) => _refusals[device] = _refusals.GetValueOrDefault(device) + 1;

    /// <summary>Takes note of a reply that was spliced: its devices do not refuse.</summary>
    public void NoteSuccess(ReadOnlySpan<LocatedExtent> extents)
    {
        if (_refusals.Count > 0)
        {
            foreach (ref readonly LocatedExtent extent in extents)
            {
                if (extent.File is { } device)
                {
                    _refusals.Remove(device);
                }
            }
        }
    }

    private bool HasRefuser(ReadOnlySpan<LocatedExtent> extents)
    {
        foreach (ref readonly LocatedExtent extent in extents)
        {
            if (extent.File is { } device && _refusals.GetValueOrDefault(device) >= RefusalsBelieved)
            {
                return true;
            }
        }

        return false;
    }
}
