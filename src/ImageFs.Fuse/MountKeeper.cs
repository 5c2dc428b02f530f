using ImageFs.Fuse.Mounting;
using ImageFs.Linux;

namespace ImageFs.Fuse;

/// <summary>
/// A process that mounts and unmounts for a server which gives up its rights before it looks at an image. It does what was said to it before,
/// <see cref="Prepare"/>, and nothing else, whatever becomes of the server.
/// </summary>
public sealed class MountKeeper : IDisposable
{
    private readonly KeptCalls _calls;
    private readonly string? _pidFile;
    private readonly string? _madeDirectory;

    private MountKeeper(KeptCalls calls, string? pidFile, string? madeDirectory)
    {
        _calls = calls;
        _pidFile = pidFile;
        _madeDirectory = madeDirectory;
    }

    /// <summary>What <see cref="FuseSession"/> mounts by.</summary>
    internal MountCalls Calls => _calls;

    /// <summary>Says to the process what may be asked for: one mount, its end, and what belongs to it.</summary>
    /// <param name="socket">The socket to it (<see cref="Sockets.MessagePair"/>), which is closed with the result's <see cref="FuseMountOptions.Keeper"/>.</param>
    /// <param name="options">How and where will be mounted.</param>
    /// <param name="isWatched">Whether the mount is taken away when this process ends and leaves it behind dead.</param>
    /// <param name="pidFile">The file for this process's id; null for none.</param>
    /// <param name="madeDirectory">The directory that is removed when this process ends, if nothing is in it; null for none.</param>
    /// <returns>The options to mount with.</returns>
    /// <exception cref="FuseMountException">It cannot be mounted there.</exception>
    /// <exception cref="LinuxException">The process has ended.</exception>
    public static FuseMountOptions Prepare(FileDescriptor socket, FuseMountOptions options, bool isWatched, string? pidFile, string? madeDirectory)
    {
        ArgumentNullException.ThrowIfNull(options);
        var calls = new KeptCalls(socket);
        string mountPoint = FuseMount.ResolveMountPoint(options.MountPoint, options.Log);
        options = options with { MountPoint = mountPoint, Keeper = new MountKeeper(calls, pidFile, madeDirectory) };
        calls.Learn('m', KeptCalls.ToWords(DirectMount.WordsOf(options)));
        int[] ends = [.. DirectMount.Ends.Select(flags => calls.Learn('u', options.MountPoint, $"{(int)flags}"))];
        List<int> last = [ends[0]];
        foreach (string program in FuserMount.Candidates)
        {
            calls.Learn('r', [program, .. DelegatedMount.WordsOf(options)]);
            calls.Learn('r', [program, .. DelegatedMount.EndWords(options.MountPoint, lazy: false)]);
            last.Add(calls.Learn('r', [program, .. DelegatedMount.EndWords(options.MountPoint, lazy: true)]));
        }

        calls.Learn('a', options.MountPoint, $"{Session.ReadAhead.KibFor(options)}");
        if (pidFile is not null)
        {
            calls.Learn('p', pidFile);
            calls.Learn('x', pidFile);
        }

        if (madeDirectory is not null)
        {
            calls.Learn('d', madeDirectory);
        }

        calls.Seal(isWatched ? options.MountPoint : string.Empty, last);
        return options;
    }

    /// <summary>Has the file for this process's id written.</summary>
    /// <returns>The error.</returns>
    public Errno WritePidFile() => _pidFile is null ? Errno.None : (Errno)_calls.Ask('p', _pidFile).Status;

    /// <summary>Has that file removed.</summary>
    public void RemovePidFile() => _ = _pidFile is null ? default : _calls.Ask('x', _pidFile);

    /// <summary>Has the directory removed that was made for the mount, once that is gone.</summary>
    public void RemoveDirectory() => _ = _madeDirectory is null ? default : _calls.Ask('d', _madeDirectory);

    /// <inheritdoc/>
    public void Dispose() => _calls.Dispose();
}
