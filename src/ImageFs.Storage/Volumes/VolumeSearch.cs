namespace ImageFs.Storage.Volumes;

/// <summary>
/// Finds the volumes of disks: asks each disk and each volume found what it is a member of, and when all are looked at assembles the sets,
/// complete ones first: their volumes may be members of the others. What still misses some in the end is assembled without them. So
/// volumes lie on volumes, as deep as they were made: an encrypted volume on a logical one, on an array, on partitions of several disks.
/// </summary>
/// <param name="formats">The formats, in the order in which they are asked.</param>
/// <param name="context">What volumes are opened with: keys come from it, and warnings go to it.</param>
public sealed class VolumeSearch(IReadOnlyList<VolumeFormat> formats, OpenContext context)
{
    /// <summary>Volumes that lie on each other at most.</summary>
    public const int MaxDepth = 8;

    /// <summary>Volumes that are looked at, at most: several times what the largest table of partitions has.</summary>
    public const int MaxVolumes = 4096;

    private readonly Queue<VolumeNode> _unseen = [];
    private readonly List<(VolumeFormat Format, string SetId, List<VolumeNode> Members)> _waiting = [];
    private int _count;

    /// <summary>Adds a disk; nothing is read yet.</summary>
    /// <param name="source">Its bytes.</param>
    /// <param name="sectors">What is known of its sectors.</param>
    public VolumeNode Add(BlockSource source, SectorSizes sectors)
    {
        var disk = new VolumeNode(null, [], source, sectors);
        _unseen.Enqueue(disk);
        return disk;
    }

    /// <summary>Finds out what a disk or a volume is a member of, and no more; once. A set that has no other member is assembled.</summary>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public void Recognise(VolumeNode node)
    {
        if (node.IsSeen)
        {
            return;
        }

        bool isPart = node.Origins.Any(origin => origin.Format is { DividesDisks: true });
        foreach (VolumeFormat format in formats)
        {
            if (isPart && format.DividesDisks)
            {
                continue;
            }

            try
            {
                if (format.Recognise(node.Source, node.Sectors, context) is { } member)
                {
                    node.Format = format;
                    node.Member = member;
                    Group(node, format, member);
                    break;
                }
            }
            catch (ImageException e)
            {
                node.Format = format;
                node.Problem = e;
                break;
            }
        }

        node.IsSeen = true;
    }

    /// <summary>Opens an encrypted volume: asks for its key. What lies on it is found by the next <see cref="Run"/>.</summary>
    /// <param name="node">The volume. When it cannot be opened, its <see cref="VolumeNode.Problem"/> says why, and it is not tried again.</param>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public void Unlock(VolumeNode node)
    {
        if (!node.IsLocked)
        {
            return;
        }

        try
        {
            node.Unlock(node.Origins[0].Set!.Open(node.Entry!, context));
            _unseen.Enqueue(node);
        }
        catch (ImageException e)
        {
            node.Fail(e);
        }
    }

    /// <summary>Finds all volumes of the disks that were added, but for what lies on encrypted ones that are still locked.</summary>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public void Run()
    {
        while (true)
        {
            while (_unseen.TryDequeue(out VolumeNode? node))
            {
                if (node.Problem is null)
                {
                    Recognise(node);
                }
            }

            if (TakeSet() is not { } set)
            {
                return;
            }

            // One at a time: its volumes may be the members that the others miss.
            Assemble(set.Format, set.Members);
        }
    }

    private void Group(VolumeNode node, VolumeFormat format, VolumeMember member)
    {
        if (member.SetId is not { } id)
        {
            Assemble(format, [node]);
        }
        else if (id.Length > 0 && _waiting.Find(set => set.Format == format && set.SetId == id) is { Members: { } members })
        {
            members.Add(node);
        }
        else
        {
            _waiting.Add((format, id, [node]));
        }
    }

    // Spares, and members that the others went on without, are of a set too: it waits until all has been looked at.
    // The set to be assembled next: one that is complete, else the one found first, and last what nobody else knows.
    private (VolumeFormat Format, string SetId, List<VolumeNode> Members)? TakeSet()
    {
        foreach ((VolumeFormat Format, string, List<VolumeNode> Members) stray in _waiting.Where(IsStray).ToArray())
        {
            VolumeNode node = stray.Members[0];
            if (_waiting.Find(set => !IsStray(set) && set.Format == stray.Format && set.Format.IsOf(node.Member!, MembersOf(set.Members))) is { Members: { } members })
            {
                members.Add(node);
                _waiting.RemoveAll(set => set.Members == stray.Members);
            }
        }

        if (_waiting.Count == 0)
        {
            return null;
        }

        int next = _waiting.FindIndex(set => !IsStray(set) && set.Format.IsComplete(MembersOf(set.Members)));
        next = next >= 0 ? next : Math.Max(0, _waiting.FindIndex(set => !IsStray(set)));
        (VolumeFormat Format, string SetId, List<VolumeNode> Members) taken = _waiting[next];
        _waiting.RemoveAt(next);
        return taken;
    }

    private static bool IsStray((VolumeFormat Format, string SetId, List<VolumeNode> Members) set) => set.SetId.Length == 0;

    private static VolumeMember[] MembersOf(List<VolumeNode> nodes) => [.. nodes.Select(node => node.Member!)];

    private void Assemble(VolumeFormat format, List<VolumeNode> members)
    {
        try
        {
            VolumeSet set = format.Assemble(MembersOf(members), context);
            var parts = new List<VolumeNode>();
            foreach (VolumeEntry entry in set.Entries.Where(entry => !entry.IsContainer))
            {
                if (++_count > MaxVolumes)
                {
                    context.Warn($"more than {MaxVolumes} volumes: the rest is left out");
                    break;
                }

                parts.Add(Open(set, entry, members));
            }

            parts.ForEach(_unseen.Enqueue);
            members.ForEach(node => (node.Set, node.Parts) = (set, parts));
        }
        catch (ImageException e)
        {
            members.ForEach(node => node.Problem = e);
        }
    }

    // One that cannot be opened does not take the others down.
    private VolumeNode Open(VolumeSet set, VolumeEntry entry, List<VolumeNode> members)
    {
        try
        {
            return members.Max(node => node.Depth) >= MaxDepth ? throw new UnsupportedFeatureException($"more than {MaxDepth} volumes that lie on each other")
                : entry.IsEncrypted ? new VolumeNode(entry, members, MemorySource.Empty, members[0].Sectors) { IsLocked = true, Problem = new LockedVolumeException(NameOf(entry, members)) }
                : new VolumeNode(entry, members, set.Open(entry, context), members[0].Sectors);
        }
        catch (ImageException e)
        {
            return new VolumeNode(entry, members, MemorySource.Empty, members[0].Sectors) { Problem = e };
        }
    }

    private static string NameOf(VolumeEntry entry, List<VolumeNode> members) =>
        entry.Name.Length > 0 ? $"the volume {entry.Name}" : members[0].Entry is Partition partition ? $"partition {partition.Number}" : "the volume";
}

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

    /// <summary>What is known of the sectors of the disk.</summary>
    internal SectorSizes Sectors { get; }

    internal bool IsSeen { get; set; }

    /// <summary>
    /// This one, and the volumes on it, each once: after a member the volumes of its set, which may have further members elsewhere. Those
    /// without a <see cref="Set"/> are what there is in the end.
    /// </summary>
    public IEnumerable<VolumeNode> Walk() => Walk(new HashSet<VolumeSet>(ReferenceEqualityComparer.Instance));

    /// <summary>Whether something is true of it, or of a volume that it is made of.</summary>
    public bool LiesOn(Func<VolumeEntry, bool> condition) =>
        (Entry is not null && condition(Entry)) || Origins.Any(origin => origin.LiesOn(condition));

    /// <summary>Gives a locked volume its bytes.</summary>
    internal void Unlock(BlockSource source) => (Source, IsLocked, Problem) = (source, false, null);

    /// <summary>Says why a locked volume cannot be opened.</summary>
    internal void Fail(ImageException problem) => (IsLocked, Problem) = (false, problem);

    // As deep as volumes lie on each other.
    private IEnumerable<VolumeNode> Walk(HashSet<VolumeSet> sets) =>
        Set is not null && sets.Add(Set) ? Parts.SelectMany(part => part.Walk(sets)).Prepend(this) : [this];
}
