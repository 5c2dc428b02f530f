namespace ImageFs.Storage.Volumes;

/// <summary>The members of a set that were found so far, which wait for the others or were assembled without them.</summary>
internal sealed class MemberSet
{
    private bool? _isComplete;

    /// <param name="format">The format.</param>
    /// <param name="id">What the members have in common; empty when only other members know.</param>
    /// <param name="member">The first member.</param>
    public MemberSet(VolumeFormat format, string id, VolumeNode member) => (Format, Id, Members) = (format, id, [member]);

    /// <summary>The format.</summary>
    public VolumeFormat Format { get; }

    /// <summary>What the members have in common; empty when only other members know.</summary>
    public string Id { get; }

    /// <summary>The members, in the order in which they were found.</summary>
    public List<VolumeNode> Members { get; }

    /// <summary>What was told when it was assembled.</summary>
    public List<string> Warnings { get; } = [];

    /// <summary>Whether a member came since sets and strays were last held against each other.</summary>
    public bool IsNew { get; set; } = true;

    /// <summary>Whether it was assembled, or that failed.</summary>
    public bool IsAssembled { get; set; }

    /// <summary>The set, assembled; null before that, and where it failed.</summary>
    public VolumeSet? Set { get; set; }

    /// <summary>Whether it is one member, whose set only other members know.</summary>
    public bool IsStray => Id.Length == 0;

    /// <summary>Whether the members are all that there are.</summary>
    public bool IsComplete => _isComplete ??= Format.IsComplete(All);

    private VolumeMember[] All => [.. Members.Select(node => node.Member!)];

    /// <summary>Adds a member.</summary>
    public void Add(VolumeNode node)
    {
        Members.Add(node);
        (_isComplete, IsNew) = (null, true);
    }

    /// <summary>Whether a member may be one that it was assembled without: not one that lies on it.</summary>
    public bool Lacks(VolumeNode node) => IsAssembled && !IsStray && Set is null or { Missing.Count: > 0 } && !node.LiesOn(Members);

    /// <summary>Whether a member that does not know its set is of this one.</summary>
    public bool Knows(VolumeNode stray) => Format == stray.Format && (!IsAssembled || Lacks(stray)) && Format.IsOf(stray.Member!, All);

    /// <summary>Makes it one that waits.</summary>
    public void Reset()
    {
        (Set, IsAssembled, _isComplete, IsNew) = (null, false, null, true);
        Warnings.Clear();
        foreach (VolumeNode node in Members)
        {
            (node.Set, node.Parts, node.Problem) = (null, [], null);
        }
    }
}
