using ImageFs.Linux;
using ImageFs.Storage.Containers;

namespace ImageFs.Storage.Remote.Http;

/// <summary>Where an image on a server of HTTP lies: the files beside it there have its address but for the name at the end.</summary>
/// <param name="image">The image's address.</param>
/// <param name="policy">Which files it may name.</param>
/// <param name="context">What they are opened with.</param>
/// <param name="opened">Takes what is opened, to be closed in the end.</param>
internal sealed class HttpFolder(HttpAddress image, BackingPolicy policy, OpenContext context, ICollection<IDisposable> opened) : ImageFolder
{
    private readonly Dictionary<string, ImageFile?> _found = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public override ImageFile Open(string path, string role, ImageFile opener)
    {
        if (path.StartsWith('/') || path.Split('/').Contains(".."))
        {
            throw new ForbiddenFileException(role, path, "lies outside the image's own folder on its server");
        }

        return _found.GetValueOrDefault(path) ?? HttpScheme.Open(image.Beside(path), policy, context, opened, opener);
    }

    /// <inheritdoc/>
    /// <remarks>A path that the user gives is of this machine, if it is no address.</remarks>
    public override ImageFile OpenNamed(string path, string role, ImageFile opener) =>
        path.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || path.StartsWith("https://", StringComparison.OrdinalIgnoreCase)
            ? HttpScheme.Open(HttpAddress.Parse(path), policy, context, opened, opener)
            : HostFolder.OpenImage(path, policy, opened);

    /// <inheritdoc/>
    /// <remarks>It asks the server, once for each name.</remarks>
    public override bool Contains(string name)
    {
        if (!_found.TryGetValue(name, out ImageFile? file))
        {
            file = TryOpen(name);
            _found.Add(name, file);
        }

        return file is not null;
    }

    private ImageFile? TryOpen(string name)
    {
        try
        {
            return HttpScheme.Open(image.Beside(name), policy, context, opened, opener: null);
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.EACCES)
        {
            return null;
        }
    }
}
