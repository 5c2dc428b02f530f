using System.Text;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Containers;
using ImageFs.Storage.Containers.Optical;

namespace ImageFs.Tests.Storage.Containers.Optical;

/// <summary>A folder in memory with the files of an image. As on a host, nothing outside of it may be named.</summary>
internal sealed class DiscFiles : ImageFolder
{
    private readonly Dictionary<string, byte[]> _files = [];

    public IEnumerable<(string Name, byte[] Bytes)> All => _files.Select(file => (file.Key, file.Value));

    public List<string> Warnings { get; } = [];

    public DiscFiles With(string name, byte[] bytes)
    {
        _files[name] = bytes;
        return this;
    }

    public DiscFiles With(string name, string text) => With(name, Encoding.Latin1.GetBytes(text));

    public ImageFile File(string name) => new(name, new MemorySource(_files[name]), this, name);

    /// <summary>Opens a disc by what its own format recognises.</summary>
    public Disc Open(string name, string options = "")
    {
        ImageFile file = File(name);
        ContainerFormat format = OpticalFormats.All.FirstOrDefault(format => format.Probe(file)) ?? throw new InvalidOperationException($"{name} is not recognised");
        return (Disc)format.Open(file, OpenContext.Of(options, Warnings.Add));
    }

    public override ImageFile Open(string path, string role, ImageFile opener) =>
        path.StartsWith('/') || path.Split('/').Contains("..") ? throw new ForbiddenFileException(role, path, "lies outside")
        : _files.TryGetValue(path, out byte[]? bytes) ? new ImageFile(path, new MemorySource(bytes), this, path, opener)
        : throw new LinuxException("open", Errno.ENOENT, path);

    public override bool Contains(string name) => _files.ContainsKey(name);

    public override IEnumerable<string> List(string path) =>
    [
        .. _files.Keys
            .Where(name => path.Length == 0 || name.StartsWith(path + "/", StringComparison.Ordinal))
            .Select(name => (path.Length == 0 ? name : name[(path.Length + 1)..]).Split('/')[0])
            .Distinct(),
    ];
}
