using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace ImageFs.MountTests.Support;

/// <summary>
/// nginx on ports of the loopback device, with the files of a folder at several paths: <c>/</c> as they are; <c>/secret/</c> for a user and a password;
/// <c>/moved/</c> sends on to the first; <c>/whole/</c> gives no parts of files; <c>/signed/</c> wants a query.
/// </summary>
internal sealed class WebServer : IDisposable
{
    public const string User = "alice";
    public const string Password = "pass:word";
    public const string Query = "?X-Signature=s3cr3t%2Bx%3D";

    private readonly TestFolder _folder = new();
    private readonly int _port = FindPort();
    private readonly int _securePort = FindPort();
    private Process? _process;

    public WebServer()
    {
        Need.Program("nginx", "nginx-light");
        Need.Program("openssl", "openssl");
        Directory.CreateDirectory(_folder["www"]);
        Tool.Shell(
            """
            cd "$1" && printf 'alice:%s\n' "$(openssl passwd -apr1 "$2")" >users
            key='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
            openssl req -x509 $key -keyout ca.key -out ca.pem -subj '/CN=a test' -days 2
            openssl req $key -keyout server.key -out server.csr -subj /CN=localhost
            printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\n' >names
            openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile names -out server.pem -days 2
            """, _folder.Path, Password).Succeeded();
        File.WriteAllText(_folder["nginx.conf"], $$"""
            daemon off; master_process off; pid {{_folder["pid"]}}; error_log {{_folder["error.log"]}};
            events { }
            http {
              access_log {{_folder["access.log"]}};
              client_body_temp_path {{_folder["body"]}}; proxy_temp_path {{_folder["proxy"]}}; fastcgi_temp_path {{_folder["fastcgi"]}};
              uwsgi_temp_path {{_folder["uwsgi"]}}; scgi_temp_path {{_folder["scgi"]}};
              server {
                listen 127.0.0.1:{{_port}}; listen 127.0.0.1:{{_securePort}} ssl http2;
                ssl_certificate {{_folder["server.pem"]}}; ssl_certificate_key {{_folder["server.key"]}};
                location / { root {{_folder["www"]}}; }
                location /secret/ { alias {{_folder["www"]}}/; auth_basic x; auth_basic_user_file {{_folder["users"]}}; }
                location /moved/ { rewrite ^/moved/(.*)$ /$1 redirect; }
                location /whole/ { alias {{_folder["www"]}}/; max_ranges 0; }
                location /signed/ { if ($args != "{{Query[1..]}}") { return 403; } alias {{_folder["www"]}}/; }
              }
            }
            """);
        Start();
    }

    /// <summary>The port of plain HTTP.</summary>
    public int Port => _port;

    /// <summary>The address of its files without encryption; it ends in a slash.</summary>
    public string Plain => $"http://127.0.0.1:{_port}/";

    /// <summary>The same over TLS, with a certificate of <see cref="Authority"/>.</summary>
    public string Secure => $"https://localhost:{_securePort}/";

    /// <summary>The file of the authority.</summary>
    public string Authority => _folder["ca.pem"];

    /// <summary>A line for each request that it has answered.</summary>
    public IReadOnlyList<string> Requests => File.ReadAllLines(_folder["access.log"]);

    /// <summary>The path of a file that it has.</summary>
    public string this[string name] => Path.Combine(_folder["www"], name);

    public void Start()
    {
        _process = Process.Start(new ProcessStartInfo("nginx", ["-c", _folder["nginx.conf"], "-p", _folder.Path]))!;
        Assert.That(ImageMount.Eventually(Answers), "nginx does not answer");
    }

    public void Stop()
    {
        _process?.Kill();
        _process?.WaitForExit();
        _process?.Dispose();
        _process = null;
    }

    /// <summary>It falls silent: connections stay as they are, and nothing comes in.</summary>
    public void Pause() => Tool.CleanUp("kill", "-STOP", $"{_process!.Id}").Succeeded();

    public void GoOn() => Tool.CleanUp("kill", "-CONT", $"{_process!.Id}").Succeeded();

    public void Dispose()
    {
        Stop();
        _folder.Dispose();
    }

    private bool Answers()
    {
        using var client = new TcpClient();
        try
        {
            client.Connect(IPAddress.Loopback, _port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int FindPort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
