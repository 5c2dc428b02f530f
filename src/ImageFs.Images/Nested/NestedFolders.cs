using ImageFs.Images.Headers;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Containers;
using ImageFs.Tree;

namespace ImageFs.Images.Nested;

/// <summary>
/// The folders beside images: which files have one, and the number that each has from when it is first listed or looked up. The table only
/// grows, to a bound: what the kernel was told stays good.
/// </summary>
/// <param name="context">What an image is looked at with.</param>
/// <param name="label">What the tree around all is called, for messages.</param>
/// <param name="depth">How many images may lie in each other.</param>
/// <param name="firstNumber">The number of the first; those before are the tree's own.</param>
internal sealed class NestedFolders(OpenContext context, string label, int depth, int firstNumber)
{
    /// <summary>How the name of a folder ends.</summary>
    internal static ReadOnlySpan<byte> Suffix => ".d"u8;

    private const int MaxNameLength = 255;
    private const int MaxRefused = 4096;

    private readonly Lock _gate = new();
    private readonly List<NestedImage> _images = [];
    private readonly Dictionary<(NodeId Directory, string Name), NestedImage> _byName = [];
    private readonly HashSet<(NodeId Directory, string Name, bool IsListed)> _refused = [];
    private readonly OpenContext _context = context with { Options = new OptionList(), Warn = static _ => { } };
    private bool _isFull;

    /// <summary>The image that a node is of; null for one of the tree around all.</summary>
    /// <exception cref="LinuxException">The number was never given (ESTALE).</exception>
    internal NestedImage? Find(NodeId node)
    {
        int index = ImageNode.NumberOf(node) - firstNumber;
        if (index < 0)
        {
            return null;
        }

        lock (_gate)
        {
            return index < _images.Count ? _images[index] : throw new LinuxException("lookup", Errno.ESTALE);
        }
    }

    /// <summary>The folder that a listing shows beside a file: beside one with an image's name, which is one.</summary>
    /// <param name="place">The directory.</param>
    /// <param name="file">The file's name and node.</param>
    /// <returns>Null when there is none.</returns>
    internal NestedImage? FindListed(in NestedPlace place, in DirectoryEntry file)
    {
        if (file.Type is not (NodeType.Regular or NodeType.Unknown) || !HasFolders(in place) || ImageNames.FormatsOf(file.Name) is not { Count: > 0 } formats)
        {
            return null;
        }

        try
        {
            // There may be thousands of files with names like .bin, which containers alone have: those are known by their first bytes.
            return Find(in place, file.Name, file.Node, formats.All(format => format is ContainerFormat and not HeaderedFormat) ? [.. formats.Cast<ContainerFormat>()] : []);
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            // The file is listed: who reads it gets the error.
            return null;
        }
    }

    /// <summary>The folder of a name that the directory itself does not have.</summary>
    /// <param name="place">The directory.</param>
    /// <param name="folder">The name, the suffix with it.</param>
    /// <returns>Null when it is not that of a folder beside an image.</returns>
    /// <exception cref="ImageException">The directory is damaged, or there are too many.</exception>
    /// <exception cref="LinuxException">The device failed.</exception>
    internal NestedImage? FindNamed(in NestedPlace place, ReadOnlySpan<byte> folder) =>
        HasFolders(in place) && folder.Length > Suffix.Length && folder.EndsWith(Suffix) && place.FileSystem.TryLookup(place.Own, folder[..^Suffix.Length], out NodeId file)
            ? Find(in place, folder[..^Suffix.Length], file, [])
            : null;

    /// <summary>Opens an image that has a folder.</summary>
    /// <param name="image">The image.</param>
    /// <param name="place">The directory that it is in.</param>
    internal ImageFile Open(NestedImage image, in NestedPlace place) => FolderOf(in place).OpenImage(image.File, image.Name);

    private bool HasFolders(in NestedPlace place) => (place.Image?.Depth ?? 0) < depth;

    /// <param name="place">The directory.</param>
    /// <param name="name">The file's name.</param>
    /// <param name="file">The file.</param>
    /// <param name="containers">The containers that it is one of, or is no image; none where it may be anything.</param>
    private NestedImage? Find(in NestedPlace place, ReadOnlySpan<byte> name, NodeId file, IReadOnlyList<ContainerFormat> containers)
    {
        (NodeId Directory, string Name) key = (place.Directory, ByteText.FromBytes(name));
        lock (_gate)
        {
            if (_byName.TryGetValue(key, out NestedImage? known) || _refused.Contains((key.Directory, key.Name, containers.Count > 0)))
            {
                return known;
            }
        }

        bool isFolder = place.FileSystem.GetAttributes(file).Type == NodeType.Regular && !IsTaken(in place, name) && IsImage(in place, file, key.Name, containers);
        lock (_gate)
        {
            if (!isFolder)
            {
                if (_refused.Count == MaxRefused)
                {
                    _refused.Clear();
                }

                _refused.Add((key.Directory, key.Name, containers.Count > 0));
                return null;
            }

            if (_byName.TryGetValue(key, out NestedImage? added))
            {
                return added;
            }

            int number = firstNumber + _images.Count;
            if (number > ImageNode.MaxNumber)
            {
                throw TooMany();
            }

            var image = new NestedImage(number, place.Image, place.Directory, file, key.Name);
            _images.Add(image);
            return _byName[key] = image;
        }
    }

    // A listing leaves them out, so that is said once.
    private UnsupportedFeatureException TooMany()
    {
        var problem = new UnsupportedFeatureException($"folders beside more than {_images.Count} images inside {label}");
        if (!_isFull)
        {
            _isFull = true;
            context.Warn(problem.Message);
        }

        return problem;
    }

    // What the image has itself comes first.
    private static bool IsTaken(in NestedPlace place, ReadOnlySpan<byte> name)
    {
        Span<byte> folder = stackalloc byte[MaxNameLength];
        if (name.Length + Suffix.Length > folder.Length)
        {
            return true;
        }

        name.CopyTo(folder);
        Suffix.CopyTo(folder[name.Length..]);
        return place.FileSystem.TryLookup(place.Own, folder[..(name.Length + Suffix.Length)], out _);
    }

    // What is recognised and cannot be read is one too: whoever enters is told why.
    private bool IsImage(in NestedPlace place, NodeId file, string name, IReadOnlyList<ContainerFormat> containers)
    {
        ImageFile image;
        try
        {
            image = FolderOf(in place).OpenImage(file, name);
        }
        catch (ImageException)
        {
            return false;
        }

        try
        {
            return containers.Count > 0
                ? containers.Any(format => format.Probe(image))
                : ImageStack.Over(image, _context).OpenDisk(VolumeChoice.None).IsImage;
        }
        catch (Exception e) when (e is ImageException or LinuxException { Errno: Errno.ENOENT })
        {
            return true;
        }
    }

    private FileSystemFolder FolderOf(in NestedPlace place) =>
        new(place.FileSystem, place.Image is { } image ? $"{label}{ImageLocation.Separator}{image.Trail}" : label, place.Own, null, BackingPolicy.Folder);
}

/// <summary>A directory, or another node, by the file system that it is in.</summary>
/// <param name="Image">The image inside that it is in; null for the tree around all.</param>
/// <param name="FileSystem">The file system of that.</param>
/// <param name="Directory">The node as one of all.</param>
/// <param name="Own">The node as its file system knows it.</param>
internal readonly record struct NestedPlace(NestedImage? Image, FileSystem FileSystem, NodeId Directory, NodeId Own);
