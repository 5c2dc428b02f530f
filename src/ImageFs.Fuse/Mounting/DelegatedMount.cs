using ImageFs.Linux;

namespace ImageFs.Fuse.Mounting;

/// <summary>A mount made by fusermount3, the set-user-id program that mounts for users.</summary>
internal sealed class DelegatedMount : FuseMount
{
    private readonly MountCalls _calls;
    private readonly string _program;

    private DelegatedMount(MountCalls calls, string program, string mountPoint, FileDescriptor connection)
        : base(mountPoint, connection)
    {
        _calls = calls;
        _program = program;
    }

    /// <param name="options">How and where.</param>
    /// <param name="refusal">Why mount(2) did not do it.</param>
    /// <exception cref="FuseMountException">There is no fusermount3, or it refuses.</exception>
    public static DelegatedMount Make(FuseMountOptions options, string refusal)
    {
        foreach (string program in FuserMount.Candidates)
        {
            FuserMount.Outcome? outcome = options.Calls.Run(program, WordsOf(options));
            if (outcome is not null)
            {
                return outcome.Connection is null
                    ? throw MountAdvice.HelperRefused(program, outcome.Message)
                    : new DelegatedMount(options.Calls, program, options.MountPoint, outcome.Connection);
            }
        }

        throw MountAdvice.NoHelper(refusal);
    }

    /// <summary>Unmounts what any fusermount3 of this user mounted.</summary>
    /// <exception cref="FuseMountException">There is no fusermount3, or it refuses.</exception>
    public static void Unmount(string mountPoint, bool lazy)
    {
        foreach (string program in FuserMount.Candidates)
        {
            FuserMount.Outcome? outcome = RunUnmount(MountCalls.Own, program, mountPoint, lazy);
            if (outcome is not null)
            {
                Check(MountCalls.Own, program, mountPoint, outcome);
                return;
            }
        }

        throw MountAdvice.NoHelper($"umount: {LinuxException.Text(Errno.EPERM)}");
    }

    /// <summary>The words after the program's name that mount.</summary>
    public static string[] WordsOf(FuseMountOptions options) => ["-o", OptionWords(options), "--", options.MountPoint];

    /// <summary>The words after the program's name that unmount.</summary>
    public static string[] EndWords(string mountPoint, bool lazy) => lazy ? ["-u", "-z", "--", mountPoint] : ["-u", "--", mountPoint];

    /// <inheritdoc/>
    public override void Unmount(bool lazy) => Check(_calls, _program, MountPoint, RunUnmount(_calls, _program, MountPoint, lazy));

    /// <inheritdoc/>
    public override void Abandon() => _ = RunUnmount(_calls, _program, MountPoint, lazy: true);

    /// <inheritdoc/>
    public override Errno TryExpire() => RunUnmount(_calls, _program, MountPoint, lazy: false) is { IsSuccess: true } ? Errno.None : Errno.EBUSY;

    private static FuserMount.Outcome? RunUnmount(MountCalls calls, string program, string mountPoint, bool lazy) =>
        calls.Run(program, EndWords(mountPoint, lazy));

    private static void Check(MountCalls calls, string program, string mountPoint, FuserMount.Outcome? outcome)
    {
        if (outcome is not { IsSuccess: true })
        {
            string message = outcome?.Message ?? "it is gone";
            throw message.Contains("busy", StringComparison.Ordinal)
                ? MountAdvice.UnmountFailed(calls, mountPoint, Errno.EBUSY)
                : MountAdvice.HelperRefused(program, message);
        }
    }

    private static string OptionWords(FuseMountOptions options)
    {
        List<string> words = ["ro", $"fsname={Escape(options.Source)}", $"subtype={Escape(options.Subtype)}"];
        AddIf(options.Flags.HasFlag(MountFlags.NoSuid), "nosuid");
        AddIf(options.Flags.HasFlag(MountFlags.NoDev), "nodev");
        AddIf(options.Flags.HasFlag(MountFlags.NoExec), "noexec");
        AddIf(options.Flags.HasFlag(MountFlags.NoAtime), "noatime");
        AddIf(options.Flags.HasFlag(MountFlags.NoDirAtime), "nodiratime");
        AddIf(options.Flags.HasFlag(MountFlags.NoSymFollow), "nosymfollow");
        AddIf(options.AllowOther || options.AllowRoot, "allow_other");
        AddIf(options.DefaultPermissions, "default_permissions");
        return string.Join(',', words);

        void AddIf(bool condition, string word)
        {
            if (condition)
            {
                words.Add(word);
            }
        }
    }

    private static string Escape(string value) =>
        value.Replace(@"\", @"\\", StringComparison.Ordinal).Replace(",", @"\,", StringComparison.Ordinal);
}
