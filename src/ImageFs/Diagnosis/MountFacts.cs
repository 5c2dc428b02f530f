using System.Globalization;
using ImageFs.Fuse.Mounting;
using ImageFs.Linux;

namespace ImageFs.Diagnosis;

/// <summary>What decides whether this user can mount: the device, and a way to mount(2).</summary>
internal sealed class MountFacts
{
    private const string Device = "/dev/fuse";
    private const string Configuration = "/etc/fuse.conf";
    private const string InContainer = "docker run --device /dev/fuse --cap-add SYS_ADMIN, with AppArmor --security-opt apparmor:unconfined too";
    private const uint SetUserId = 0x800;
    private const int DefaultMounts = 1000;

    private readonly bool _hasDevice;
    private readonly string? _helper;
    private readonly List<Fact> _facts = [];

    /// <summary>Looks at this system.</summary>
    public MountFacts()
    {
        _hasDevice = LookAtDevice();
        MayMount = Kernel.MayMount;
        _facts.Add(new Fact("mount(2)", MayMount ? Health.Good : Health.Note, MayMount ? "permitted (CAP_SYS_ADMIN)" : "not permitted (no CAP_SYS_ADMIN)"));
        _helper = LookAtHelper();
        LookAtConfiguration();
        LookAtNamespaces();
        LookAtSurroundings();
    }

    /// <summary>The facts, in the order to show them.</summary>
    public IReadOnlyList<Fact> All => _facts;

    /// <summary>Whether mounting will work.</summary>
    public bool CanMount => _hasDevice && (MayMount || _helper is not null);

    /// <summary>How a mount will be made; empty when none can.</summary>
    public string Way => !CanMount ? string.Empty : MayMount ? "mount(2)" : _helper!;

    private bool MayMount { get; }

    private static bool IsContainer => File.Exists("/.dockerenv") || File.Exists("/run/.containerenv") || Environment.GetEnvironmentVariable("container") is not null;

    private bool LookAtDevice()
    {
        using FileDescriptor? device = Files.TryOpen(Device, OpenFlags.ReadWrite, out Errno errno);
        _facts.Add(device is not null
            ? new Fact(Device, Health.Good, "can be opened")
            : errno switch
            {
                Errno.ENOENT => new Fact(Device, Health.Bad, "does not exist", $"modprobe fuse; in a container: {InContainer}"),
                Errno.EACCES => new Fact(Device, Health.Bad, LinuxException.Text(errno), "chmod 666 /dev/fuse, as udev does"),
                _ => new Fact(Device, Health.Bad, LinuxException.Text(errno), $"modprobe fuse; in a container: {InContainer}"),
            });
        return device is not null;
    }

    // Where mount(2) is permitted, nobody asks for the helper.
    private string? LookAtHelper()
    {
        Health missing = MayMount ? Health.Note : Health.Bad;
        foreach (string name in FuserMount.Candidates)
        {
            if (FindProgram(name) is not { } path)
            {
                continue;
            }

            bool isSetUserId = Kernel.FindFile(path) is { Uid: 0 } status && (status.Mode & SetUserId) != 0;
            if (isSetUserId && Kernel.AllowsSetUserId)
            {
                _facts.Add(new Fact(name, Health.Good, $"{path}, set-user-id root"));
                return name;
            }

            _facts.Add(isSetUserId
                ? new Fact(name, missing, $"{path}, but this process may gain no privileges (no_new_privs)", "start it without no_new_privs")
                : new Fact(name, missing, $"{path} is not set-user-id root", $"chown root {path} && chmod u+s {path}"));
            return null;
        }

        _facts.Add(new Fact(FuserMount.Candidates[0], missing, "not found", "apt install fuse3, or mount as root"));
        return null;
    }

    private static string? FindProgram(string name) => name.Contains('/', StringComparison.Ordinal)
        ? (File.Exists(name) ? name : null)
        : (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(':').Where(folder => folder.Length > 0)
            .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    private void LookAtConfiguration()
    {
        string[] lines = [.. (Kernel.Read(Configuration) ?? string.Empty).Split('\n').Select(line => line.Split('#')[0].Trim())];
        bool isAllowed = lines.Contains("user_allow_other");
        _facts.Add(isAllowed || MayMount
            ? new Fact("allow_other", Health.Good, "permitted")
            : new Fact("allow_other", Health.Limited, "refused by fusermount3", $"add the line user_allow_other to {Configuration}"));
        string? limit = lines.FirstOrDefault(line => line.StartsWith("mount_max", StringComparison.Ordinal))?.Split('=').Last().Trim();
        int mounts = int.TryParse(limit, NumberStyles.Integer, CultureInfo.InvariantCulture, out int given) ? given : DefaultMounts;
        _facts.Add(new Fact("mount_max", Health.Note, $"{mounts} mounts by fusermount3"));
    }

    private void LookAtNamespaces()
    {
        string? obstacle = Kernel.ReadNumber("/proc/sys/user/max_user_namespaces") == 0 ? "user.max_user_namespaces is 0"
            : Kernel.ReadNumber("/proc/sys/kernel/unprivileged_userns_clone") == 0 ? "kernel.unprivileged_userns_clone is 0"
            : Kernel.ReadNumber("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == 1 ? "kernel.apparmor_restrict_unprivileged_userns is 1"
            : null;
        _facts.Add(obstacle is null
            ? new Fact("user namespaces", Health.Good, "permitted: unshare -Urm gives a shell that may mount")
            : new Fact("user namespaces", Health.Note, $"not for users: {obstacle}"));
    }

    private void LookAtSurroundings()
    {
        if (Kernel.AppArmorProfile is { } profile && !profile.StartsWith("unconfined", StringComparison.Ordinal))
        {
            _facts.Add(new Fact("AppArmor", Health.Limited, $"profile {profile}: it may refuse mounts", "--security-opt apparmor:unconfined, or a profile that permits fuse"));
        }

        if (IsContainer)
        {
            _facts.Add(new Fact("container", Health.Note, "this is one", CanMount ? string.Empty : InContainer));
        }
    }
}
