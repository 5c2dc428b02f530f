using System.Globalization;
using ImageFs.Linux;

namespace ImageFs.Fuse.Session;

/// <summary>The kernel's readahead of one mount.</summary>
internal static class ReadAhead
{
    // Two of the largest READs at a time: one is answered while the other is on its way.
    private const int KiB = 2 * FuseChannel.MaxPayload / 1024;

    /// <summary>Raises it from the kernel's 128 KiB. Only root may: whoever may not keeps what there is.</summary>
    /// <param name="mount">The mount's device number.</param>
    public static void Raise(DeviceNumber mount)
    {
        try
        {
            File.WriteAllText($"/sys/class/bdi/{mount}/read_ahead_kb", KiB.ToString(CultureInfo.InvariantCulture));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }
}
