using System.Diagnostics;

namespace ImageFs.Benchmarks.Remote;

/// <summary>nbdkit with an image and a delay, on a socket, until it is disposed.</summary>
internal sealed class NbdkitServer : IDisposable
{
    private readonly Process _process;

    public NbdkitServer(string folder, string image, string delay)
    {
        Socket = Path.Combine(folder, "nbd.socket");
        File.Delete(Socket);
        _process = Process.Start("nbdkit", ["-f", "-U", Socket, "--filter=delay", "file", image, $"rdelay={delay}"]);
        if (!SpinWait.SpinUntil(() => File.Exists(Socket) || _process.HasExited, TimeSpan.FromSeconds(10)) || _process.HasExited)
        {
            throw new InvalidOperationException("nbdkit does not start");
        }
    }

    /// <summary>Its socket.</summary>
    public string Socket { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        File.Delete(Socket);
    }
}
