using ImageFs.Storage.Containers;

namespace ImageFs.Storage.Remote;

/// <summary>Where the files beside a remote image would be: nowhere. What a server gives out names no file of this machine.</summary>
internal sealed class RemoteFolder : ImageFolder
{
    /// <inheritdoc/>
    public override ImageFile Open(string path, string role, ImageFile opener) =>
        throw new ForbiddenFileException(role, path, "is beside an image that a server gives out: an option names it where it is");

    /// <inheritdoc/>
    public override bool Contains(string name) => false;
}
