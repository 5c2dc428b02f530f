using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Images.Readers;

/// <summary>
/// The processes that read images for this one: one for each user who owns images, which ends when nobody has looked into them for a while. What takes such
/// a process over has nothing of the images of others.
/// </summary>
/// <param name="start">Starts one, and gives the socket to it: there <see cref="ImageReader"/> runs.</param>
public sealed class ImageReaders(Func<FileDescriptor> start) : IDisposable
{
    // An image is open in one of them: so there are no more that are needed at the same time, but for one that looks.
    private const int Max = OpenImages.Max + 1;

    private readonly Lock _gate = new();
    private readonly Dictionary<uint, ReaderProcess> _processes = [];

    /// <summary>How many there are.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _processes.Count;
            }
        }
    }

    /// <summary>Ends those that have no image open and were not asked for a while.</summary>
    /// <param name="idleTime">For how long.</param>
    public void CloseIdle(TimeSpan idleTime)
    {
        long before = Environment.TickCount64 - (long)idleTime.TotalMilliseconds;
        lock (_gate)
        {
            foreach ((uint owner, ReaderProcess process) in _processes.Where(pair => pair.Value.HasEnded || (pair.Value.Images == 0 && pair.Value.LastUse <= before)).ToArray())
            {
                End(owner, process);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            foreach ((uint owner, ReaderProcess process) in _processes.ToArray())
            {
                End(owner, process);
            }
        }
    }

    /// <summary>Whether a file is an image.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="warn">Told where its owner's process ends over that: it is none then.</param>
    internal bool IsImage(string path, Action<string> warn)
    {
        try
        {
            using FileDevice device = FileDevice.Open(path);
            return Ask(device.Owner, isKept: false, process => IsImage(process, device, path, warn));
        }
        catch (LinuxException)
        {
            return false;
        }
        catch (ReaderException e)
        {
            warn($"{path}: whether it is an image cannot be told: {e.Message}");
            return false;
        }
    }

    /// <summary>Opens an image.</summary>
    /// <param name="device">The image file, open.</param>
    /// <param name="path">Its path.</param>
    /// <param name="warn">Takes what is wrong but harmless.</param>
    /// <exception cref="ImageException">It cannot be read.</exception>
    internal ReaderFileSystem Open(FileDevice device, string path, Action<string> warn) =>
        Ask(device.Owner, isKept: true, process => ReaderFileSystem.Open(process, device, path, warn));

    private static bool IsImage(ReaderProcess process, FileDevice device, string path, Action<string> warn)
    {
        using ReaderRequest request = process.Ask(ReaderCall.Look, 0);
        request.Message.Write(process.Send(device.Descriptor));
        request.Message.WriteText(path);
        return request.Send(warn).ReadFlag();
    }

    // Asks the process of a user's images, which has one more of them then, if that is kept. One that has ended since it was last asked has another in its place.
    private T Ask<T>(uint owner, bool isKept, Func<ReaderProcess, T> ask)
    {
        ReaderProcess process = Enter(owner, out bool isNew);
        bool isDone = false;
        try
        {
            T answer = ask(process);
            isDone = true;
            return answer;
        }
        catch (ReaderException) when (process.HasEnded && !isNew)
        {
            return Ask(owner, isKept, ask);
        }
        finally
        {
            if (!isKept || !isDone)
            {
                process.Leave();
            }
        }
    }

    // The process of a user's images, which does not end before it is left.
    private ReaderProcess Enter(uint owner, out bool isNew)
    {
        lock (_gate)
        {
            if (_processes.TryGetValue(owner, out ReaderProcess? process) && process.HasEnded)
            {
                End(owner, process);
                process = null;
            }

            isNew = process is null;
            if (process is null)
            {
                MakeRoom();
                process = _processes[owner] = ReaderProcess.Begin(start(), owner);
            }

            process.Enter();
            return process;
        }
    }

    private void MakeRoom()
    {
        KeyValuePair<uint, ReaderProcess>[] idle = [.. _processes.Where(pair => pair.Value.Images == 0)];
        if (_processes.Count >= Max && idle.Length > 0)
        {
            (uint owner, ReaderProcess process) = idle.MinBy(pair => pair.Value.LastUse);
            End(owner, process);
        }
    }

    private void End(uint owner, ReaderProcess process)
    {
        _processes.Remove(owner);
        process.Dispose();
    }
}
