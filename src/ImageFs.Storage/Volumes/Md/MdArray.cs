using ImageFs.Storage.Raid;

namespace ImageFs.Storage.Volumes.Md;

/// <summary>Which of the members found work together: the newest super block decides, as in Linux's md (super_1_validate).</summary>
internal sealed class MdArray
{
    private readonly MdMember?[] _places;

    /// <summary>Gives members their places.</summary>
    /// <param name="members">Members with one UUID; at least one.</param>
    /// <param name="warn">Called with who is left out, and why.</param>
    /// <exception cref="InvalidImageException">There is no such array.</exception>
    public MdArray(IReadOnlyList<MdMember> members, Action<string> warn)
    {
        // A spare may have an older state or a newer one: it is not asked.
        MdMember newest = members.Where(member => member.Super.Role >= 0).MaxBy(member => member.Super.Events) ?? members.MaxBy(member => member.Super.Events)!;
        Super = newest.Super;
        if (HasKnownLevel && Super.Geometry.FindProblem() is { } problem)
        {
            throw new InvalidImageException("md super block", Super.Address, problem, MdSuperBlock.Clause);
        }

        _places = new MdMember?[HasKnownLevel ? Super.MemberCount : 0];
        foreach (MdMember member in members)
        {
            int role = RoleOf(member, newest, out string? reason);
            if (reason is not null)
            {
                LeftOut.Add((member, reason));
                warn($"{Super.ArrayName}: {member.Text} is left out: {reason}");
            }
            else if (role >= 0 && HasKnownLevel)
            {
                Place(member, role, warn);
            }
            else
            {
                Others.Add((member, role));
            }
        }
    }

    /// <summary>The newest super block.</summary>
    public MdSuperBlock Super { get; }

    /// <summary>Whether the level is one that there are places for.</summary>
    public bool HasKnownLevel => Enum.IsDefined((RaidLevel)Super.Level);

    /// <summary>The members by their places; null where one is missing.</summary>
    public IReadOnlyList<MdMember?> Places => _places;

    /// <summary>Members that have no place: spares, what failed, a journal.</summary>
    public List<(MdMember Member, int Role)> Others { get; } = [];

    /// <summary>Members whose data does not count, and why.</summary>
    public List<(MdMember Member, string Reason)> LeftOut { get; } = [];

    /// <summary>Whether no place is empty.</summary>
    public bool IsComplete => _places.Length > 0 && _places.All(member => member is not null);

    /// <summary>The places that are empty.</summary>
    public IEnumerable<int> Missing => Enumerable.Range(0, _places.Length).Where(place => _places[place] is null);

    /// <summary>The members as an array of RAID has them.</summary>
    public RaidMember[] ToMembers() =>
    [
        .. _places.Select((member, place) => new RaidMember(NameOf(place), member?.Data, member?.Super.DataLength ?? 0)
        {
            InSyncLength = member?.Super.RebuiltLength ?? long.MaxValue,
            BadRanges = member?.Super.BadRanges ?? [],
        }),
    ];

    /// <summary>What a person calls the member of a place.</summary>
    public string NameOf(int place) => $"member {place} of {Super.ArrayName}";

    // What is older by one may be so because the machine stopped while super blocks were written; what the newest says of it counts then.
    private int RoleOf(MdMember member, MdMember newest, out string? reason)
    {
        MdSuperBlock own = member.Super;
        reason = null;
        int role = own.Events < Super.Events ? Super.RoleOf(own.DeviceNumber) : own.Role;
        if (own.Role < 0)
        {
            return own.Role;
        }

        if (own.Events < Super.Events && (Super.Events - own.Events > 1 || role < 0))
        {
            reason = $"the others went on without it (it has seen {own.Events} events, they {Super.Events})";
        }
        else if (member != newest && Super.Role >= 0 && own.RoleOf(Super.DeviceNumber) == MdRole.Faulty)
        {
            reason = $"for it {newest.Text} has failed: they were used apart";
        }
        else if (HasKnownLevel && role >= _places.Length)
        {
            reason = $"it has place {role} of {_places.Length}";
        }

        return role;
    }

    // One that takes the place of another counts only where that is missing, or is itself being rebuilt.
    private void Place(MdMember member, int role, Action<string> warn)
    {
        if (_places[role] is not { } before)
        {
            _places[role] = member;
            return;
        }

        bool isBetter = member.Super.RebuiltLength > before.Super.RebuiltLength;
        MdMember rest = isBetter ? before : member;
        _places[role] = isBetter ? member : before;
        if (rest.Super.Features.HasFlag(MdFeatures.Replacement) || _places[role]!.Super.Features.HasFlag(MdFeatures.Replacement))
        {
            Others.Add((rest, role));
        }
        else
        {
            LeftOut.Add((rest, "there are two of it"));
            warn($"{Super.ArrayName}: {rest.Text} is there twice: the first is taken");
        }
    }
}
