namespace ImageFs.Storage.Volumes;

/// <summary>A disk, or a volume that was found on disks, and what it is a member of.</summary>
public sealed class VolumeNode
{
    internal VolumeNode(VolumeEntry? entry, IReadOnlyList<VolumeNode> origins, BlockSource source, SectorSizes sectors)
    {
        Entry = entry;
        Origins = origins;
        Source = source;
        Sectors = sectors;
        Depth = origins.Count == 0 ? 0 : origins.Max(origin => origin.Depth) + 1;
    }

    /// <summary>What its set says of it; null for a disk.</summary>
    public VolumeEntry? Entry { get; }

    /// <summary>The members that it is made of; none for a disk.</summary>
    public IReadOnlyList<VolumeNode> Origins { get; }

    /// <summary>Its bytes; none of them where it could not be opened.</summary>
    public BlockSource Source { get; private set; }

    /// <summary>Whether it is encrypted, and nobody has tried to open it yet.</summary>
    public bool IsLocked { get; internal set; }

    /// <summary>How many volumes it lies on; 0 for a disk.</summary>
    public int Depth { get; }

    /// <summary>The format that it is a member of; null when it is none.</summary>
    public VolumeFormat? Format { get; internal set; }

    /// <summary>What it is in that format; null when it is no member, or a damaged one.</summary>
    public VolumeMember? Member { get; internal set; }

    /// <summary>The set that it is a member of, assembled; null when it is no member, or the set could not be assembled.</summary>
    public VolumeSet? Set { get; internal set; }

    /// <summary>The volumes of that set.</summary>
    public IReadOnlyList<VolumeNode> Parts { get; internal set; } = [];

    /// <summary>Why it cannot be opened, or its set cannot be assembled; null when nothing is wrong.</summary>
    public ImageException? Problem { get; internal set; }

    /// <summary>Whether another that was found before lies at the same place: its structures are those of that one.</summary>
    public bool IsRepeated { get; internal set; }

    /// <summary>What is known of the sectors of the disk.</summary>
    internal SectorSizes Sectors { get; }

    internal bool IsSeen { get; set; }

    /// <summary>Whether its set was assembled anew: another is in its place.</summary>
    internal bool IsReplaced { get; set; }

    /// <summary>
    /// This one, and the volumes on it, each once: after a member the volumes of its set, which may have further members elsewhere. Those
    /// without a <see cref="Set"/> are what there is in the end.
    /// </summary>
    public IEnumerable<VolumeNode> Walk() => Walk(new HashSet<VolumeSet>(ReferenceEqualityComparer.Instance));

    /// <summary>Whether something is true of it, or of a volume that it is made of.</summary>
    public bool LiesOn(Func<VolumeEntry, bool> condition) =>
        (Entry is not null && condition(Entry)) || Origins.Any(origin => origin.LiesOn(condition));

    /// <summary>Whether a volume is one that it is made of.</summary>
    internal bool LiesOn(IReadOnlyCollection<VolumeNode> members) => Origins.Any(origin => members.Contains(origin) || origin.LiesOn(members));

    /// <summary>Gives a locked volume its bytes.</summary>
    internal void Unlock(BlockSource source) => (Source, IsLocked, Problem) = (source, false, null);

    /// <summary>Says why a locked volume cannot be opened.</summary>
    internal void Fail(ImageException problem) => (IsLocked, Problem) = (false, problem);

    // As deep as volumes lie on each other.
    private IEnumerable<VolumeNode> Walk(HashSet<VolumeSet> sets) =>
        Set is not null && sets.Add(Set) ? Parts.SelectMany(part => part.Walk(sets)).Prepend(this) : [this];
}
