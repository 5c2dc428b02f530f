using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Containers;

namespace ImageFs.Fuzz.Mutation;

/// <summary>The folder of a mutant that is in several files. A mutant that is cut short has shorter files, and empty ones.</summary>
/// <param name="device">The mutant.</param>
/// <param name="seed">What it is made of.</param>
internal sealed class MutantFolder(Device device, Seed seed) : ImageFolder
{
    /// <summary>The file that is opened.</summary>
    public ImageFile Image => new(seed.Files[0].Name, SourceOf(seed.Files[0]), this, seed.Files[0].Name);

    /// <summary>The bytes of a file. Alone it is the device itself, as it is of a mount.</summary>
    public BlockSource SourceOf(SeedFile file) => seed.Files.Count == 1
        ? device
        : new BlockSlice(device, Math.Min(file.Start, device.Length), Math.Clamp(device.Length - file.Start, 0, file.Bytes.Length));

    /// <inheritdoc/>
    public override ImageFile Open(string path, string role, ImageFile opener) => seed.Files.FirstOrDefault(file => file.Name == path) is { } file
        ? new ImageFile(path, SourceOf(file), this, path, opener)
        : throw new LinuxException("open", Errno.ENOENT, path);

    /// <inheritdoc/>
    public override bool Contains(string name) => seed.Files.Any(file => file.Name == name);

    /// <inheritdoc/>
    public override IEnumerable<string> List(string path) => path.Length == 0 ? seed.Files.Select(file => file.Name) : [];
}
