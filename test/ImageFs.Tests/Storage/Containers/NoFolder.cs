using ImageFs.Linux;
using ImageFs.Storage.Containers;

namespace ImageFs.Tests.Storage.Containers;

/// <summary>A folder where nothing is.</summary>
internal sealed class NoFolder : ImageFolder
{
    public override ImageFile Open(string path, string role, ImageFile opener) => throw new LinuxException("open", Errno.ENOENT, path);

    public override bool Contains(string name) => false;
}
