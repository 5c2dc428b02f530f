using System.Globalization;
using System.Text;
using ImageFs.Linux;

namespace ImageFs.Fuse.Session;

/// <summary>The kernel's readahead of one mount.</summary>
internal static class ReadAhead
{
    // The largest READs at a time: one is answered while the other is on its way. A disk that is read past the cache has
    // no readahead of its own, and wants more to do.
    private const int Requests = 2;
    private const int DirectRequests = 4;

    /// <summary>How far it is to go for a mount, in KiB: the kernel's own is 128.</summary>
    public static int KibFor(FuseMountOptions options) =>
        (options.CachesOnce || options.ForceReply == ReplyWay.Direct ? DirectRequests : Requests) * (FuseChannel.MaxPayload / 1024);

    /// <summary>Sets it. Only root may: whoever may not keeps what there is.</summary>
    /// <param name="mount">The mount's device number.</param>
    /// <param name="kib">How far, in KiB.</param>
    public static void Write(DeviceNumber mount, int kib)
    {
        using FileDescriptor? setting = Files.TryOpen($"/sys/class/bdi/{mount}/read_ahead_kb", OpenFlags.ReadWrite, out _);
        if (setting is not null)
        {
            Descriptors.Write(setting, Encoding.ASCII.GetBytes(kib.ToString(CultureInfo.InvariantCulture)), out _);
        }
    }
}
