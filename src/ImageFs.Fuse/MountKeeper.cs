using ImageFs.Fuse.Mounting;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Fuse;

/// <summary>
/// A process that mounts and unmounts for a server which gives up its rights before it looks at an image. It does what was said to it before,
/// <see cref="Prepare"/>, and nothing else, whatever becomes of the server.
/// </summary>
public sealed class MountKeeper : IDisposable
{
    // open(2), as the other end takes it.
    private const int ToWrite = 0x1; // O_WRONLY
    private const int ToMake = 0x242; // O_RDWR, O_CREAT, O_TRUNC

    private readonly KeptCalls _calls;
    private readonly KeeperDuties _duties;

    private MountKeeper(KeptCalls calls, KeeperDuties duties)
    {
        _calls = calls;
        _duties = duties;
    }

    /// <summary>What <see cref="FuseSession"/> mounts by.</summary>
    internal MountCalls Calls => _calls;

    /// <summary>Says to the process what may be asked for: one mount, its end, and what belongs to it.</summary>
    /// <param name="socket">
    /// The socket to it (<see cref="Sockets.MessagePair"/>), which is closed with the result's <see cref="FuseMountOptions.Keeper"/>.
    /// </param>
    /// <param name="options">How and where will be mounted; what others have mounted is left to them.</param>
    /// <param name="duties">What else there is to do.</param>
    /// <returns>The options to mount with.</returns>
    /// <exception cref="FuseMountException">It cannot be mounted there.</exception>
    /// <exception cref="LinuxException">The process has ended.</exception>
    public static FuseMountOptions Prepare(FileDescriptor socket, FuseMountOptions options, KeeperDuties duties)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(duties);
        MountKeeper keeper = LearnDuties(socket, duties);
        KeptCalls calls = keeper._calls;
        if (FileDevice.FindDescriptor(options.MountPoint) is not null)
        {
            calls.Seal(string.Empty);
            return options with { Keeper = keeper };
        }

        options = options with { MountPoint = FuseMount.ResolveMountPoint(options.MountPoint, options.Log), Keeper = keeper };
        List<int> ends = LearnMount(calls, options);
        calls.Seal(duties.IsWatched ? options.MountPoint : string.Empty, ends);
        return options;
    }

    /// <summary>Says to the process what may be asked for, where nothing is mounted.</summary>
    /// <param name="socket">As <see cref="Prepare"/> takes it; closed with the result.</param>
    /// <param name="duties">What there is to do.</param>
    /// <exception cref="LinuxException">The process has ended.</exception>
    public static MountKeeper PrepareWithoutMount(FileDescriptor socket, KeeperDuties duties)
    {
        ArgumentNullException.ThrowIfNull(duties);
        MountKeeper keeper = LearnDuties(socket, duties);
        keeper._calls.Seal(string.Empty);
        return keeper;
    }

    /// <summary>Has the file for this process's id written.</summary>
    /// <returns>The error.</returns>
    public Errno WritePidFile() => _duties.PidFile is { } file ? (Errno)_calls.Ask('p', file).Status : Errno.None;

    /// <summary>Has that file removed.</summary>
    public void RemovePidFile() => _ = _duties.PidFile is { } file ? _calls.Ask('x', file) : default;

    /// <summary>Has the directory removed that was made for the mount, once that is gone.</summary>
    public void RemoveDirectory() => _ = _duties.MadeDirectory is { } directory ? _calls.Ask('d', directory) : default;

    /// <summary>Has that directory kept, though nothing is in it.</summary>
    public void KeepDirectory() => _ = _duties.MadeDirectory is { } directory ? _calls.Ask('k', directory) : default;

    /// <summary>Has <see cref="KeeperDuties.NewFile"/> opened to write, under the name that it has until it is whole.</summary>
    /// <exception cref="LinuxException">It cannot be opened.</exception>
    public FileDescriptor OpenNewFile()
    {
        (int status, _, FileDescriptor? file) = _calls.Ask('w', WordsToOpen(_duties));
        return file ?? throw new LinuxException("open", status == 0 ? Errno.ENOMEM : (Errno)status, _duties.NewFile);
    }

    /// <summary>Has that file given its name.</summary>
    /// <returns>The error.</returns>
    public Errno FinishNewFile() => _duties.UnfinishedFile is { } file ? (Errno)_calls.Ask('n', file, _duties.NewFile!).Status : Errno.None;

    /// <summary>Has that file removed, if it has not got its name.</summary>
    public void RemoveNewFile() => _ = _duties.UnfinishedFile is { } file ? _calls.Ask('f', file) : default;

    /// <summary>Has a file without a name made, open for reading and writing, for its owner only: it goes with its last descriptor.</summary>
    /// <param name="folder">One of <see cref="KeeperDuties.Folders"/>.</param>
    /// <exception cref="LinuxException">It cannot be made.</exception>
    public FileDescriptor MakeUnnamed(string folder)
    {
        (int status, _, FileDescriptor? file) = _calls.Ask('t', folder);
        return file ?? throw new LinuxException("open(O_TMPFILE)", status == 0 ? Errno.ENOMEM : (Errno)status, folder);
    }

    /// <summary>Has <see cref="KeeperDuties.ReaderCommand"/> started.</summary>
    /// <returns>The socket to it (<see cref="Sockets.MessagePair"/>).</returns>
    /// <exception cref="LinuxException">It cannot be.</exception>
    public FileDescriptor StartReader()
    {
        (int status, _, FileDescriptor? socket) = _calls.Ask('s', _duties.ReaderCommand);
        return socket ?? throw new LinuxException("fork", status == 0 ? Errno.ENOMEM : (Errno)status, _duties.ReaderCommand[1]);
    }

    /// <inheritdoc/>
    public void Dispose() => _calls.Dispose();

    private static MountKeeper LearnDuties(FileDescriptor socket, KeeperDuties duties)
    {
        var calls = new KeptCalls(socket, duties.UsersCommand);
        foreach (string folder in duties.Folders)
        {
            calls.Learn('t', folder);
        }

        if (duties.PidFile is { } pidFile)
        {
            calls.Learn('p', pidFile);
            calls.Learn('x', pidFile);
        }

        if (duties.MadeDirectory is { } directory)
        {
            calls.Learn('d', directory);
            calls.Learn('k', directory);
        }

        if (duties.NewFile is not null)
        {
            calls.Learn('w', WordsToOpen(duties));
        }

        if (duties.UnfinishedFile is { } unfinished)
        {
            calls.Learn('n', unfinished, duties.NewFile!);
            calls.Learn('f', unfinished);
        }

        if (duties.ReaderCommand.Count > 0)
        {
            calls.Learn('s', duties.ReaderCommand);
        }

        return new MountKeeper(calls, duties);
    }

    private static string[] WordsToOpen(KeeperDuties duties) => duties.UnfinishedFile is { } unfinished ? [unfinished, $"{ToMake}"] : [duties.NewFile!, $"{ToWrite}"];

    // The numbers of what takes a dead mount away, in turn.
    private static List<int> LearnMount(KeptCalls calls, FuseMountOptions options)
    {
        calls.Learn('m', KeptCalls.ToWords(DirectMount.WordsOf(options)));
        List<int> last = [calls.Learn('u', options.MountPoint, $"{(int)DirectMount.LazyEnd}")];
        foreach (UnmountFlags flags in DirectMount.OtherEnds)
        {
            calls.Learn('u', options.MountPoint, $"{(int)flags}");
        }

        foreach (string program in FuserMount.Candidates)
        {
            calls.Learn('r', [program, .. DelegatedMount.WordsOf(options)]);
            calls.Learn('r', [program, .. DelegatedMount.EndWords(options.MountPoint, lazy: false)]);
            last.Add(calls.Learn('r', [program, .. DelegatedMount.EndWords(options.MountPoint, lazy: true)]));
        }

        calls.Learn('a', $"{Session.ReadAhead.KibFor(options)}");
        calls.LearnUsers(options.MountPoint);
        return last;
    }
}
