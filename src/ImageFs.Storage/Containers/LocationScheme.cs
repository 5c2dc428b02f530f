using ImageFs.Storage.Remote.Http;
using ImageFs.Storage.Remote.Nbd;

namespace ImageFs.Storage.Containers;

/// <summary>A kind of place that images are opened from, told by the scheme that its locations begin with.</summary>
public abstract class LocationScheme
{
    /// <summary>The scheme of paths of this machine.</summary>
    public const string File = "file";

    /// <summary>Those of this program.</summary>
    public static IReadOnlyList<LocationScheme> All { get; } = [new FileScheme(), new HttpScheme(), new NbdScheme()];

    /// <summary>The schemes that it opens, in lower case: <c>nbd</c>, <c>nbd+unix</c>.</summary>
    public abstract IReadOnlyList<string> Names { get; }

    /// <summary>Opens the image at a location; nothing in it is looked at yet.</summary>
    /// <param name="location">The location from its scheme to its end, as the user gave it; of a file its path.</param>
    /// <param name="policy">Which files the image may name.</param>
    /// <param name="context">What the image is opened with.</param>
    /// <param name="opened">Takes what is opened, to be closed in the end.</param>
    /// <exception cref="Linux.LinuxException">It cannot be opened, or does not answer in time.</exception>
    /// <exception cref="UnsupportedFeatureException">The location asks for something that this scheme does not do.</exception>
    public abstract ImageFile Open(string location, BackingPolicy policy, OpenContext context, ICollection<IDisposable> opened);

    /// <summary>Files of this machine that opening a location takes, besides the image: certificates, sockets.</summary>
    /// <param name="location">As <see cref="Open"/> takes it.</param>
    /// <exception cref="UnsupportedFeatureException">The location asks for something that this scheme does not do.</exception>
    public virtual IEnumerable<string> FindFiles(string location) => [];

    private sealed class FileScheme : LocationScheme
    {
        public override IReadOnlyList<string> Names => [File];

        public override ImageFile Open(string location, BackingPolicy policy, OpenContext context, ICollection<IDisposable> opened) =>
            PipedImage.TryOpen(location, policy, context, opened)
            ?? HostFolder.OpenImage(location == PipedImage.StandardInput ? "/dev/fd/0" : location, policy, opened);
    }
}
