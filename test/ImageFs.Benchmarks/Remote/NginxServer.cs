using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace ImageFs.Benchmarks.Remote;

/// <summary>nginx with the files of a folder, on a port of the loopback device, until it is disposed.</summary>
internal sealed class NginxServer : IDisposable
{
    private readonly Process _process;

    public NginxServer(string folder, string files)
    {
        int port = FindPort();
        string own = Directory.CreateDirectory(Path.Combine(folder, "nginx")).FullName;
        string configuration = Path.Combine(own, "nginx.conf");
        File.WriteAllText(configuration, $$"""
            daemon off; master_process off; pid {{own}}/pid; error_log {{own}}/error.log; user root;
            events { }
            http {
              access_log off; sendfile on; tcp_nopush on;
              client_body_temp_path {{own}}/1; proxy_temp_path {{own}}/2; fastcgi_temp_path {{own}}/3; uwsgi_temp_path {{own}}/4; scgi_temp_path {{own}}/5;
              server { listen 127.0.0.1:{{port}}; root {{files}}; }
            }
            """);
        Address = $"http://127.0.0.1:{port}/";
        _process = Process.Start("nginx", ["-c", configuration, "-p", own]);
        if (!SpinWait.SpinUntil(() => Answers(port) || _process.HasExited, TimeSpan.FromSeconds(10)) || _process.HasExited)
        {
            throw new InvalidOperationException("nginx does not start");
        }
    }

    /// <summary>The address of the folder.</summary>
    public string Address { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static int FindPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static bool Answers(int port)
    {
        try
        {
            using var client = new TcpClient();
            client.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
