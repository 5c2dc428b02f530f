using System.Runtime;
using ImageFs.Linux;

namespace ImageFs;

/// <summary>
/// Puts off the collection of garbage, for a command that makes many small objects and ends soon. A server's heap is kept small by collecting early,
/// and a walk of a whole tree would be interrupted every few milliseconds.
/// </summary>
internal readonly struct CollectionPause : IDisposable
{
    // Bytes that may be allocated before collecting goes on as usual.
    private const long Allowance = 16 << 20;

    /// <summary>
    /// Begins it; it ends by itself when much was allocated. Where addresses are limited it does nothing: the runtime asks for several times the
    /// allowance at once, and where that is refused it ends by SIGSEGV (gc_heap::allocate_new_region).
    /// </summary>
    public static CollectionPause Begin()
    {
        if (!AddressSpace.IsLimited && GCSettings.LatencyMode != GCLatencyMode.NoGCRegion)
        {
            GC.TryStartNoGCRegion(Allowance);
        }

        return default;
    }

    /// <summary>Ends it.</summary>
    public void Dispose()
    {
        if (GCSettings.LatencyMode == GCLatencyMode.NoGCRegion)
        {
            GC.EndNoGCRegion();
        }
    }
}
