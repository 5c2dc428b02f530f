using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using ImageFs.Linux;

namespace ImageFs.Reading;

/// <summary>
/// Writes files of a directory under a name of its own each, until they are whole: a signal that ends the program leaves nothing of one that is
/// not. One is written at a time.
/// </summary>
internal sealed class UnfinishedFile : IDisposable
{
    private static readonly TimeSpan s_timeToEnd = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly PosixSignalRegistration[] _ends;
    private OutputFolder? _folder;
    private byte[] _name = [];
    private bool _isEnding;

    internal UnfinishedFile()
    {
        PosixSignal[] signals = [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP];
        _ends = [.. signals.Select(signal => PosixSignalRegistration.Create(signal, _ => End()))];
    }

    /// <summary>Writes a file, which then replaces what else has its name.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="name">Its name.</param>
    /// <param name="write">Writes it.</param>
    /// <exception cref="LinuxException">It cannot be made; or what <paramref name="write"/> throws.</exception>
    internal void Write(OutputFolder folder, byte[] name, Action<FileDescriptor> write)
    {
        using FileDescriptor file = WhileNotEnding(() => Create(folder));
        try
        {
            write(file);
            WhileNotEnding(() =>
            {
                folder.Rename(_name, name);
                _folder = null;
                return true;
            });
        }
        catch
        {
            lock (_gate)
            {
                Remove();
            }

            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Array.ForEach(_ends, end => end.Dispose());

    // The image may have a file of any name.
    private FileDescriptor Create(OutputFolder folder)
    {
        for (int number = 0; ; number++)
        {
            _name = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $".imagefs-{Environment.ProcessId}-{number}"));
            try
            {
                FileDescriptor file = folder.CreateFile(_name);
                _folder = folder;
                return file;
            }
            catch (LinuxException e) when (e.Errno == Errno.EEXIST)
            {
            }
        }
    }

    // A signal ends the process when its handlers are done, and nothing new is begun until then. One that is ignored does not.
    private T WhileNotEnding<T>(Func<T> action)
    {
        while (true)
        {
            lock (_gate)
            {
                if (!_isEnding)
                {
                    return action();
                }

                _isEnding = false;
            }

            Thread.Sleep(s_timeToEnd);
        }
    }

    private void End()
    {
        lock (_gate)
        {
            _isEnding = true;
            Remove();
        }
    }

    private void Remove()
    {
        try
        {
            _folder?.Remove(_name);
        }
        catch (LinuxException)
        {
            // Somebody was faster, or the disk is gone.
        }

        _folder = null;
    }
}
