using System.Globalization;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Containers;

namespace ImageFs.Confinement;

/// <summary>
/// Takes from this process, before it looks at an image, what it does not need for it: a flaw in a parser is then worth what is left. What an image
/// may name later is opened within that.
/// </summary>
/// <param name="level">How much is taken.</param>
/// <param name="reason">Why it is not more; empty when nothing is missing.</param>
internal sealed class Sandbox(SandboxLevel level, string reason)
{
    /// <summary>The option.</summary>
    internal const string Option = "sandbox";

    /// <summary>The one that there is when nobody says which.</summary>
    internal const SandboxLevel Usual = SandboxLevel.Strict;

    private const ulong BecomeOthers = (1UL << 6) | (1UL << 7); // CAP_SETGID, CAP_SETUID
    private const string NotCompiledAhead = "only the program in one file has it, not dotnet imagefs.dll";
    private const string NoRules = "this kernel has no Landlock (Linux 5.13, and lsm=landlock when it starts)";
    private const string NoLinks = "Landlock is left out: this kernel's (Linux 5.19 has a later one) allows no hard links";
    private const string NoThreads = "there is no /proc, which names the threads that have to give up their rights";
    private const string NoFilters = "this kernel has no filters of system calls (CONFIG_SECCOMP_FILTER), or this container forbids them";

    /// <summary>How much is taken.</summary>
    internal SandboxLevel Level => level;

    /// <summary>One line for people.</summary>
    internal string Text => $"sandbox: {Name(level)}{(reason.Length > 0 ? $": {reason}" : string.Empty)}";

    /// <summary>What a kernel or a program lacks for the strict one, in words for people; empty for nothing.</summary>
    internal static string Missing => !NativeStart.IsHere ? NotCompiledAhead
        : Join(Landlock.Version == 0 ? NoRules : string.Empty, NativeStart.HasFilters ? string.Empty : NoFilters);

    /// <summary>Takes the option; null when it was not given.</summary>
    /// <exception cref="OptionException">Its value is none of the levels.</exception>
    internal static SandboxLevel? Take(OptionList options) => options.TakeChoice(Option, "strict", "basic", "off") switch
    {
        "strict" => SandboxLevel.Strict,
        "basic" => SandboxLevel.Basic,
        "off" => SandboxLevel.Off,
        _ => null,
    };

    /// <summary>None, for a reason.</summary>
    internal static Sandbox None(string reason) => new(SandboxLevel.Off, reason);

    /// <summary>The strictest that works for what is asked for, at most the one that is wanted.</summary>
    internal static Sandbox Choose(SandboxLevel wanted, SandboxRequest request)
    {
        if (wanted == SandboxLevel.Off || !NativeStart.IsHere)
        {
            return None(wanted == SandboxLevel.Off ? string.Empty : NotCompiledAhead);
        }

        if (!Paths.IsFolder("/proc/self/task"))
        {
            return None(NoThreads);
        }

        string obstacle = wanted == SandboxLevel.Basic ? string.Empty : ObstacleTo(request);
        string missing = Join(Missing, CanLink(request) ? string.Empty : NoLinks);
        return wanted == SandboxLevel.Basic || obstacle.Length > 0
            ? new Sandbox(SandboxLevel.Basic, Join(obstacle, missing))
            : new Sandbox(SandboxLevel.Strict, missing);
    }

    /// <summary>Takes it, from all threads, for good.</summary>
    /// <exception cref="LinuxException">It cannot be taken: nothing may be read then.</exception>
    internal void Enter(SandboxRequest request)
    {
        if (level == SandboxLevel.Off)
        {
            return;
        }

        FindAccounts(request.Options.Copy());
        bool isStrict = level == SandboxLevel.Strict;
        uint[]? ids = isStrict ? OwnerOf(request) : null;
        ulong capabilities = ids is null ? SandboxRules.CapabilitiesFor(request) : 0;
        using Landlock? rules = CanLink(request) ? Landlock.TryCreate(request.HasRemote, mayRead: !isStrict) : null;
        if (rules is not null)
        {
            SandboxRules.Add(rules, request);
        }

        int flags = (request.HasRemote ? NativeStart.Network : 0) | (request.HasRings ? NativeStart.Rings : 0)
            | (request.Target is not null ? NativeStart.Files : 0) | (request.HasReaders ? NativeStart.Senders : 0);
        Errno error = NativeStart.Confine(rules?.Descriptor.Number ?? -1, ids, capabilities, flags, request.Sender?.Number ?? -1);
        if (error != Errno.None)
        {
            throw new LinuxException("sandbox", error, null, $"-o {Option}=off does without");
        }
    }

    // Users and groups that options name: they are remembered.
    private static void FindAccounts(OptionList options)
    {
        if (TakeName(options, "uid") is { } user)
        {
            _ = Accounts.FindUser(user);
        }

        if (TakeName(options, "gid") is { } group)
        {
            _ = Accounts.FindGroup(group);
        }
    }

    private static string? TakeName(OptionList options, string name) =>
        options.TryTake(name, out string? value) && value?.All(char.IsAsciiDigit) == false ? value : null;

    // Why the rights that a strict one leaves would not do; empty when they do.
    private static string ObstacleTo(SandboxRequest request)
    {
        OptionList options = request.Options.Copy();
        if (options.TakeValue("backing") is "any" or "device")
        {
            return "with backing= files may lie anywhere";
        }

        if (request.MayHaveLinks)
        {
            return $"of the {FolderLinks.MaxNames} names in the folder, and more, some may be links to files elsewhere";
        }

        if (!Processes.IsRoot || request.Target is not null || request.IsTree)
        {
            return string.Empty;
        }

        uint[] owners = OwnersOf(request);
        return owners is [] or [0] ? string.Empty
            : owners.Length > 1 ? "the images are of several users"
            : ObstacleToBecome(owners[0], request) ?? string.Empty;
    }

    // Why root cannot become the owner of images; null when it can.
    private static string? ObstacleToBecome(uint owner, SandboxRequest request) =>
        !MayBecomeOthers ? "this process cannot become the image's owner"
        : SandboxRules.NameImages(request.Options.Copy()) ? "a file that an option names may be for root only"
        : request.Paths.Any(path => !UserRights.Of(owner).MayList(request.IsTree ? path : Path.GetDirectoryName(Paths.Full(path)) ?? "/"))
            ? "the image's owner cannot open its folder"
        : null;

    // What root becomes: the owner of the image, and so whose rights count for the files that it names (OwnerRule). Who copies files gives them owners,
    // and images of a folder are of many.
    private static uint[]? OwnerOf(SandboxRequest request) => !Processes.IsRoot ? null
        : request.Owner is { } reader ? (reader > 0 && ObstacleToBecome(reader, request) is null ? IdsOf(reader) : null)
        : request is not { Target: null, IsTree: false } ? null
        : OwnersOf(request) switch
        {
            [> 0 and uint owner] => IdsOf(owner),
            [] when MayBecomeOthers && Nobody.Suffices(request) => Nobody.Ids,
            _ => null,
        };

    private static uint[] IdsOf(uint owner) => [owner, .. UserRights.Of(owner).Groups];

    // Who gives an open descriptor has it. An image on a server has no owner here; but whose the socket to it is, or the key, if not everybody may use that.
    private static uint[] OwnersOf(SandboxRequest request)
    {
        var owners = new List<uint>();
        bool hasPaths = request.Paths.Count > 0;
        foreach (string path in hasPaths ? request.Paths : request.Files)
        {
            if (hasPaths ? PipedImage.FindDescriptor(path) is null : Nobody.IsShut(path))
            {
                uint owner = Files.Status(path).Uid;
                if (!owners.Contains(owner))
                {
                    owners.Add(owner);
                }
            }
        }

        return [.. owners];
    }

    // The first version of Landlock refuses a second name in another folder, whatever the rules.
    private static bool CanLink(SandboxRequest request) => request.Target is null || Landlock.Version != 1;

    private static bool MayBecomeOthers => Diagnosis.Kernel.Has(BecomeOthers) && Diagnosis.Kernel.Read("/proc/self/uid_map") is { } map
        && map.Split(' ', StringSplitOptions.RemoveEmptyEntries) is ["0", "0", "4294967295"];

    private static string Join(string first, string second) => first.Length == 0 ? second : second.Length == 0 ? first : $"{first}; {second}";

    private static string Name(SandboxLevel level) => level.ToString().ToLower(CultureInfo.InvariantCulture);
}
