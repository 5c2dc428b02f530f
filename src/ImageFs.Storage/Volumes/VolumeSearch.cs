namespace ImageFs.Storage.Volumes;

/// <summary>
/// Finds the volumes of disks: asks each disk and each volume found what it is a member of, and when all are looked at assembles the sets,
/// complete ones first: their volumes may be members of the others. What still misses some in the end is assembled without them, and anew
/// when one of them is found after all: on what was assembled later, or was encrypted. So volumes lie on volumes, as deep as they were made: an
/// encrypted volume on a logical one, on an array, on partitions of several disks.
/// </summary>
public sealed class VolumeSearch
{
    /// <summary>Volumes that lie on each other at most.</summary>
    public const int MaxDepth = 8;

    /// <summary>Volumes that are looked at, at most: several times what the largest table of partitions has.</summary>
    public const int MaxVolumes = 4096;

    /// <summary>Bytes of metadata that are read to find out which volumes there are, at most.</summary>
    public const long MaxMetadataLength = 256 << 20;

    private readonly IReadOnlyList<VolumeFormat> _formats;
    private readonly OpenContext _context;
    private readonly Action<string> _warn;
    private readonly Queue<VolumeNode> _unseen = [];
    private readonly List<MemberSet> _waiting = [];
    private readonly List<MemberSet> _assembled = [];
    private readonly Dictionary<(BlockSource Source, long Address, long Length, bool IsPart), VolumeNode> _places = [];
    private readonly List<string> _warnings = [];
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);
    private int _count;

    /// <summary>Begins a search.</summary>
    /// <param name="formats">The formats, in the order in which they are asked.</param>
    /// <param name="context">What volumes are opened with: keys come from it, and warnings go to it.</param>
    public VolumeSearch(IReadOnlyList<VolumeFormat> formats, OpenContext context)
    {
        _formats = formats;
        _warn = context.Warn;
        _context = context with { Warn = _warnings.Add, Recognition = context.Recognition ?? new RecognitionAllowance(MaxMetadataLength) };
    }

    /// <summary>What is wrong but harmless of what was found, as it is known now: a set that was assembled anew counts as it is.</summary>
    public IEnumerable<string> Warnings => _warnings.Concat(_assembled.SelectMany(set => set.Warnings));

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
        if (FindSame(node, isPart) is { } same)
        {
            (node.IsRepeated, node.Format, node.Problem) = (true, same.Format, same.Member is null ? same.Problem : null);
            node.Member = same.Member is { } member ? member with { Source = node.Source } : null;
        }
        else
        {
            Ask(node, isPart);
        }

        node.IsSeen = true;
        if (node.Member is not null)
        {
            Group(node, node.Format!, node.Member);
        }
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
            node.Unlock(node.Origins[0].Set!.Open(node.Entry!, _context));
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
        do
        {
            while (_unseen.TryDequeue(out VolumeNode? node))
            {
                if (node is { Problem: null, IsReplaced: false })
                {
                    Recognise(node);
                }
            }
        }
        while (AssembleNext());

        foreach (string warning in Warnings.Where(_told.Add))
        {
            _warn(warning);
        }
    }

    private void Ask(VolumeNode node, bool isPart)
    {
        foreach (VolumeFormat format in _formats.Where(format => !(isPart && format.DividesDisks)))
        {
            try
            {
                if (format.Recognise(node.Source, node.Sectors, _context) is { } member)
                {
                    (node.Format, node.Member) = (format, member);
                    return;
                }
            }
            catch (ImageException e)
            {
                (node.Format, node.Problem) = (format, e);
                return;
            }
        }
    }

    // A table may have thousands of partitions at one place, each of which would be read. Null for the first that lies there.
    private VolumeNode? FindSame(VolumeNode node, bool isPart)
    {
        if (node.Entry is null || node.Source.Length == 0)
        {
            return null;
        }

        try
        {
            LocatedExtent place = node.Source.Locate(0, node.Source.Length);
            (BlockSource, long, long, bool) key = (place.Source, place.Address, place.Length, isPart);
            if (place.Length < node.Source.Length || place.Kind is not (ExtentKind.Mapped or ExtentKind.Own))
            {
                return null;
            }

            if (_places.TryGetValue(key, out VolumeNode? first) && !first.IsReplaced)
            {
                return first;
            }

            _places[key] = node;
            return null;
        }
        catch (ImageException)
        {
            return null;
        }
    }

    private void Group(VolumeNode node, VolumeFormat format, VolumeMember member)
    {
        if (member.SetId is not { } id)
        {
            Assemble(new MemberSet(format, string.Empty, node));
        }
        else if (id.Length > 0 && FindSet(format, id, node) is { } set)
        {
            set.Add(node);
        }
        else
        {
            _waiting.Add(new MemberSet(format, id, node));
        }
    }

    // One that waits, or one that was assembled without this member: it waits again.
    private MemberSet? FindSet(VolumeFormat format, string id, VolumeNode node)
    {
        if (_waiting.Find(set => set.Format == format && set.Id == id) is { } waiting)
        {
            return waiting;
        }

        MemberSet? early = _assembled.Find(set => set.Format == format && set.Id == id && set.Lacks(node));
        if (early is not null)
        {
            TakeApart(early);
        }

        return early;
    }

    // Spares, and members that the others went on without, are of a set too: it waits until all has been looked at.
    // The set to be assembled next: one that is complete, else the one found first, and last what nobody else knows.
    private bool AssembleNext()
    {
        MemberSet[] sets = [.. _waiting.Concat(_assembled).Where(set => !set.IsStray)];
        MemberSet[] grown = [.. sets.Where(set => set.IsNew)];
        foreach (MemberSet stray in _waiting.Where(set => set.IsStray && (set.IsNew || grown.Length > 0)).ToArray())
        {
            if ((stray.IsNew ? sets : grown).FirstOrDefault(set => set.Knows(stray.Members[0])) is { } owner)
            {
                if (owner.IsAssembled)
                {
                    TakeApart(owner);
                }

                _waiting.Remove(stray);
                owner.Add(stray.Members[0]);
            }
        }

        _waiting.ForEach(set => set.IsNew = false);
        _assembled.ForEach(set => set.IsNew = false);
        if (_waiting.Count == 0)
        {
            return false;
        }

        int next = _waiting.FindIndex(set => !set.IsStray && set.IsComplete);
        next = next >= 0 ? next : Math.Max(0, _waiting.FindIndex(set => !set.IsStray));
        MemberSet taken = _waiting[next];
        _waiting.RemoveAt(next);

        // One at a time: its volumes may be the members that the others miss.
        Assemble(taken);
        return true;
    }

    private void Assemble(MemberSet set)
    {
        List<VolumeNode> members = set.Members;
        OpenContext context = _context with { Warn = set.Warnings.Add };
        _assembled.Add(set);
        set.IsAssembled = true;
        try
        {
            VolumeSet made = set.Format.Assemble([.. members.Select(node => node.Member!)], context);
            var parts = new List<VolumeNode>();
            foreach (VolumeEntry entry in made.Entries.Where(entry => !entry.IsContainer))
            {
                if (++_count > MaxVolumes)
                {
                    context.Warn($"more than {MaxVolumes} volumes: the rest is left out");
                    break;
                }

                parts.Add(Open(made, entry, members, context));
            }

            parts.ForEach(_unseen.Enqueue);
            members.ForEach(node => (node.Set, node.Parts) = (made, parts));
            set.Set = made;
        }
        catch (ImageException e)
        {
            members.ForEach(node => node.Problem = e);
        }
    }

    // What lay on it is no more; sets that have lost members so wait for those that come in their place.
    private void TakeApart(MemberSet set)
    {
        _assembled.Remove(set);
        _waiting.Add(set);
        VolumeNode[] gone = [.. set.Members[0].Parts.SelectMany(part => part.Walk())];
        set.Reset();
        foreach (VolumeNode node in gone)
        {
            node.IsReplaced = true;
        }

        foreach (MemberSet other in _assembled.Concat(_waiting).Where(other => other.Members.Exists(node => node.IsReplaced)).ToArray())
        {
            other.Members.RemoveAll(node => node.IsReplaced);
            _waiting.Remove(other);
            if (_assembled.Remove(other))
            {
                other.Reset();
            }

            if (other.Members.Count > 0)
            {
                _waiting.Add(other);
            }
        }
    }

    // One that cannot be opened does not take the others down.
    private static VolumeNode Open(VolumeSet set, VolumeEntry entry, List<VolumeNode> members, OpenContext context)
    {
        try
        {
            return members.Max(node => node.Depth) >= MaxDepth ? throw new UnsupportedFeatureException($"more than {MaxDepth} volumes that lie on each other")
                : entry.IsEncrypted ? new VolumeNode(entry, [.. members], MemorySource.Empty, members[0].Sectors) { IsLocked = true, Problem = new LockedVolumeException(NameOf(entry, members)) }
                : new VolumeNode(entry, [.. members], set.Open(entry, context), members[0].Sectors);
        }
        catch (ImageException e)
        {
            return new VolumeNode(entry, [.. members], MemorySource.Empty, members[0].Sectors) { Problem = e };
        }
    }

    private static string NameOf(VolumeEntry entry, List<VolumeNode> members) =>
        entry.Name.Length > 0 ? $"the volume {entry.Name}" : members[0].Entry is Partition partition ? $"partition {partition.Number}" : "the volume";
}
