using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Containers;
using ImageFs.Tests.Storage.Containers;

namespace ImageFs.Tests.Images;

/// <summary>A scheme whose images are devices that a test has made, by their locations.</summary>
internal sealed class TestScheme(IReadOnlyDictionary<string, Device> devices) : LocationScheme
{
    public override IReadOnlyList<string> Names => ["test", "test+unix"];

    /// <summary>The context of a program that opens these, too.</summary>
    public OpenContext Context => new() { Schemes = [.. All, this] };

    public override ImageFile Open(string location, BackingPolicy policy, OpenContext context, ICollection<IDisposable> opened)
    {
        if (!devices.TryGetValue(location, out Device? device))
        {
            throw new LinuxException("open", Errno.ENOENT, location);
        }

        opened.Add(device);
        return new ImageFile(device.Name, device, new NoFolder(), device.Identity);
    }
}
