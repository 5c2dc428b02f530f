using ImageFs.Benchmarks.Images;
using ImageFs.Benchmarks.Measuring;

namespace ImageFs.Benchmarks.Comparison;

/// <summary>What measuring takes.</summary>
internal sealed class Tools
{
    public Tools(string folder)
    {
        Folder = Directory.CreateDirectory(folder).FullName;
        Probe = Probe.Compile(folder);
        Fio = new Fio(Probe, folder);
        PageCache = new PageCache(Probe);
        Images = new ImageCatalog(folder);
    }

    public string Folder { get; }

    public Probe Probe { get; }

    public Fio Fio { get; }

    public PageCache PageCache { get; }

    public ImageCatalog Images { get; }

    /// <summary>Where images are mounted, one at a time.</summary>
    public string MountPoint => Path.Combine(Folder, "mnt");
}
