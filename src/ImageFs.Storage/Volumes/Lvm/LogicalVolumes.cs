namespace ImageFs.Storage.Volumes.Lvm;

/// <summary>
/// The volumes of a group as sources. Each is made when it is asked for, once, of its segments; those may lie on physical volumes, or on
/// other volumes of the group.
/// </summary>
/// <param name="group">The group.</param>
/// <param name="sources">The physical volumes that are there, by their UUID.</param>
/// <param name="context">What is opened with them.</param>
internal sealed class LogicalVolumes(VolumeGroup group, IReadOnlyDictionary<string, BlockSource> sources, OpenContext context)
{
    // A thin volume on a pool on a cache on an array of volumes is six deep.
    private const int MaxDepth = 16;

    private readonly Dictionary<string, BlockSource> _opened = new(StringComparer.Ordinal);
    private readonly Dictionary<string, object> _shared = new(StringComparer.Ordinal);
    private readonly Stack<string> _opening = [];

    /// <summary>The group.</summary>
    public VolumeGroup Group => group;

    /// <summary>What the volumes are opened with: the memory budget, and who is told warnings.</summary>
    public OpenContext Context => context;

    /// <summary>A volume that something names.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="user">The section that names it, for errors.</param>
    /// <exception cref="InvalidImageException">There is none.</exception>
    public LogicalVolume Find(string name, ConfigurationSection user) =>
        group.FindLogical(name) ?? throw user.Wrong($"there is no volume {name} in the group");

    /// <summary>The bytes of a volume as its own segments say, which is what others that lie on it see.</summary>
    /// <param name="volume">The volume.</param>
    /// <exception cref="InvalidImageException">It lies on itself, or its metadata is damaged.</exception>
    /// <exception cref="TruncatedImageException">A physical volume that it needs is missing.</exception>
    /// <exception cref="UnsupportedFeatureException">It has a segment of a type that is not read.</exception>
    public BlockSource Open(LogicalVolume volume)
    {
        if (_opened.TryGetValue(volume.Name, out BlockSource? opened))
        {
            return opened;
        }

        if (_opening.Contains(volume.Name))
        {
            throw volume.Section.Wrong("it lies on itself");
        }

        if (_opening.Count >= MaxDepth)
        {
            throw volume.Section.Wrong($"more than {MaxDepth} volumes lie on each other");
        }

        _opening.Push(volume.Name);
        try
        {
            BlockSource[] segments = [.. volume.Segments.Select(segment => SegmentTypes.Open(segment, this))];
            return _opened[volume.Name] = segments.Length == 1 ? segments[0] : new ConcatenatedSource(segments);
        }
        finally
        {
            _opening.Pop();
        }
    }

    /// <summary>The same of a volume that something names.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="user">The section that names it, for errors.</param>
    public BlockSource Open(string name, ConfigurationSection user) => Open(Find(name, user));

    /// <summary>The same, for what can do without: null when a physical volume that it needs is missing.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="user">The section that names it, for errors.</param>
    public BlockSource? OpenIfThere(string name, ConfigurationSection user)
    {
        try
        {
            return Open(name, user);
        }
        catch (TruncatedImageException)
        {
            return null;
        }
    }

    /// <summary>What several volumes have in common, made once: a pool.</summary>
    /// <typeparam name="T">What it is.</typeparam>
    /// <param name="name">The volume that it is made of.</param>
    /// <param name="make">Makes it.</param>
    public T Share<T>(string name, Func<T> make)
        where T : class
    {
        if (!_shared.TryGetValue(name, out object? shared))
        {
            _shared[name] = shared = make();
        }

        return (T)shared;
    }

    /// <summary>An area of a segment: extents of a physical volume, or of another volume.</summary>
    /// <param name="segment">The segment.</param>
    /// <param name="area">What it lies on, and its first extent there.</param>
    /// <param name="length">Bytes of it.</param>
    /// <exception cref="InvalidImageException">It leaves what it lies on.</exception>
    /// <exception cref="TruncatedImageException">The physical volume is missing.</exception>
    public BlockSource OpenArea(Segment segment, (string Volume, long Extent) area, long length)
    {
        if (group.FindPhysical(area.Volume) is { } physical)
        {
            long extents = (length + group.ExtentLength - 1) / group.ExtentLength;
            return extents > physical.ExtentCount || area.Extent > physical.ExtentCount - extents
                ? throw segment.Section.Wrong($"its {extents} extents from {area.Extent} on leave {physical}, which has {physical.ExtentCount}")
                : sources.TryGetValue(physical.Uuid, out BlockSource? source)
                ? new BlockSlice(source, physical.Start + (area.Extent * group.ExtentLength), length)
                : throw new TruncatedImageException($"{physical} is missing (-o device=FILE names the image that it is in)");
        }

        BlockSource volume = Open(area.Volume, segment.Section);
        long start = area.Extent * group.ExtentLength;
        return start > volume.Length || length > volume.Length - start
            ? throw segment.Section.Wrong($"its {length} bytes from extent {area.Extent} on leave the volume {area.Volume}, which has {volume.Length}")
            : new BlockSlice(volume, start, length);
    }
}
