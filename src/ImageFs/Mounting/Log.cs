using System.Text;
using ImageFs.Linux;
using ImageFs.Output;

namespace ImageFs.Mounting;

/// <summary>Writes lines for the user: to standard error, and to the system's log once the server has left the terminal.</summary>
internal sealed class Log
{
    private const string SystemLog = "/dev/log";
    private const int DaemonWarning = (3 << 3) | 4;

    private FileDescriptor? _systemLog;
    private bool _inBackground;

    /// <param name="line">It may quote anything: it is made printable here, and stays one line.</param>
    internal void Write(string line)
    {
        if (_inBackground)
        {
            if (_systemLog is { } systemLog)
            {
                // A line that cannot be sent is lost: the system's log may have ended, or be slow.
                Descriptors.Write(systemLog, Encoding.UTF8.GetBytes($"<{DaemonWarning}>imagefs[{Environment.ProcessId}]: {PrintableText.Of(line)}"), out _);
            }
        }
        else
        {
            WriteToStandardError(line);
        }
    }

    /// <summary>Writes a line of <c>-d</c> to standard error, as libfuse does: bare.</summary>
    internal static void WriteTrace(string line) => TryWrite(line);

    /// <summary>Writes a line to standard error; a full disk or a terminal that has gone loses it, and nothing else.</summary>
    internal static void WriteToStandardError(string line) => TryWrite($"imagefs: {line}");

    private static void TryWrite(string text)
    {
        // A line that cannot be written is lost: there is nobody to tell.
        _ = Descriptors.Write(Descriptors.StandardError, Encoding.UTF8.GetBytes(PrintableText.Of(text) + '\n'), out _);
    }

    /// <summary>Connects to the system's log (RFC 3164 to /dev/log), where there is one: later this process may not be allowed to.</summary>
    internal void ReachSystemLog() => _systemLog = Sockets.TryConnect(SystemLog, out _);

    /// <summary>From now on lines go to the system's log, or nowhere when it has none.</summary>
    internal void MoveToSystemLog() => _inBackground = true;
}
