using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Remote.Http;

namespace ImageFs.Tests.Storage.Remote.Http;

/// <summary>Who is told what: redirections, users and passwords, headers, certificates.</summary>
public sealed class HttpRequestsTests
{
    private static readonly byte[] s_bytes = Enumerable.Range(0, 200_000).Select(i => (byte)((i >> 4) & 0xFF)).ToArray();
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private string _folder = string.Empty;

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("http").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [TestCase("301 X")]
    [TestCase("302 X")]
    [TestCase("303 X")]
    [TestCase("307 X")]
    [TestCase("308 X")]
    public void A_redirection_is_followed_and_remembered(string status)
    {
        using var server = new HttpTestServer(s_bytes);
        server.Answer = request => request.Target == "/a.img" ? HttpTestAnswer.To("/else/where?sign=1", status) : null;
        using HttpFile file = Open(server.Address);

        file.Read(150_000, new byte[10], s_patience);
        Assert.That(server.Requests.Select(request => request.Target), Is.EqualTo((string[])["/a.img", "/else/where?sign=1", "/else/where?sign=1"]));
        Assert.That(file.Name, Is.EqualTo(server.Address));
    }

    [TestCase("403 X")]
    [TestCase("404 X")]
    public void A_redirection_that_has_run_out_is_asked_for_again(string status)
    {
        using var server = new HttpTestServer(s_bytes);
        int count = 0;
        server.Answer = request => request.Target == "/a.img" ? HttpTestAnswer.To($"/{++count}") : request.Target == $"/{count}" ? null : new HttpTestAnswer(status, []);
        using HttpFile file = Open(server.Address);
        count++;

        byte[] bytes = new byte[10];
        file.Read(150_000, bytes, s_patience);
        Assert.That(bytes, Is.EqualTo(s_bytes[150_000..150_010]));
        Assert.That(server.Requests.Select(request => request.Target), Is.EqualTo((string[])["/a.img", "/1", "/1", "/a.img", "/3"]));
    }

    [Test]
    public void Redirections_without_end_are_an_error()
    {
        using var server = new HttpTestServer(s_bytes);
        int count = 0;
        server.Answer = _ => HttpTestAnswer.To($"/{++count}");

        Assert.That(() => Open(server.Address), Throws.TypeOf<LinuxException>().With.Property("Errno").EqualTo(Errno.ELOOP));
        Assert.That(server.Requests, Has.Count.EqualTo(11));
    }

    [Test]
    public void What_began_encrypted_stays_so()
    {
        using X509Certificate2 certificate = MakeCertificate();
        using var plain = new HttpTestServer(s_bytes);
        using var server = new HttpTestServer(s_bytes, certificate) { Answer = _ => HttpTestAnswer.To(plain.Address) };

        Assert.That(
            () => Open(server.Address, $"ca={WriteAuthority(certificate)}"),
            Throws.TypeOf<LinuxException>().With.Property("Errno").EqualTo(Errno.EACCES).And.Message.Contains("encrypted"));
        Assert.That(plain.Requests, Is.Empty);
    }

    [Test]
    public void A_certificate_is_checked_against_the_authorities_that_were_named()
    {
        using X509Certificate2 certificate = MakeCertificate();
        using X509Certificate2 other = MakeCertificate();
        using var server = new HttpTestServer(s_bytes, certificate);

        using HttpFile file = Open(server.Address, $"ca={WriteAuthority(certificate)}");
        Assert.That(file.Length, Is.EqualTo(s_bytes.Length));
        foreach (string options in (string[])["netrc=/dev/null", $"ca={WriteAuthority(other)}"])
        {
            Assert.That(() => Open(server.Address, options), Throws.TypeOf<LinuxException>().With.Property("Errno").EqualTo(Errno.EACCES).And.Message.Contains("ca=FILE"));
        }

        Assert.That(() => Open(server.Address, "ca=/dev/null"), Throws.TypeOf<OptionException>());
        Assert.That(() => Open(server.Address, $"ca={_folder}/none"), Throws.TypeOf<LinuxException>());
    }

    [Test]
    public void Users_and_headers_are_for_the_server_of_the_address_alone()
    {
        using var other = new HttpTestServer(s_bytes);
        using var server = new HttpTestServer(s_bytes);
        server.Answer = request => request["Authorization"] == "Basic dTpw" && request["X-Key"] == "secret" ? HttpTestAnswer.To(other.Address) : new HttpTestAnswer("401 X", []);
        using HttpFile file = Open(server.Address.Replace("://", "://u:p@", StringComparison.Ordinal), "http-header=X-Key: secret");

        file.Read(150_000, new byte[10], s_patience);
        Assert.That(other.Requests, Has.Count.EqualTo(2));
        Assert.That(other.Requests.All(request => request["Authorization"] is null && request["X-Key"] is null));
    }

    [TestCase("u:p@", "", "dTpw")]
    [TestCase("u%3A:p%40@", "", "dTo6cEA=")]
    [TestCase("alice@", "netrc", "YWxpY2U6b25l")]
    [TestCase("", "netrc", "Ym9iOnR3bw==")]
    [TestCase("u:p@", "netrc", "dTpw")]
    [TestCase("", "", null)]
    public void A_user_comes_from_the_address_or_from_netrc(string user, string netrc, string? expected)
    {
        File.WriteAllText($"{_folder}/netrc", "machine 127.0.0.1 login bob password two machine 127.0.0.1 login alice password one");
        using var server = new HttpTestServer(s_bytes);
        using HttpFile file = Open(server.Address.Replace("://", $"://{user}", StringComparison.Ordinal), netrc.Length > 0 ? $"netrc={_folder}/netrc" : "netrc=/dev/null");

        Assert.That(server.Requests[0]["Authorization"], Is.EqualTo(expected is null ? null : $"Basic {expected}"));
    }

    [Test]
    public void Headers_are_sent_as_they_were_given()
    {
        File.WriteAllText($"{_folder}/headers", "# a comment\n\nAuthorization: Bearer abc\r\nUser-Agent: other\n");
        using var server = new HttpTestServer(s_bytes);
        using HttpFile file = Open(server.Address, $"http-header=\"X-One: a,b\",http-header=@{_folder}/headers,netrc=/dev/null");

        HttpTestRequest request = server.Requests[0];
        Assert.That((request["X-One"], request["Authorization"], request["User-Agent"]), Is.EqualTo(("a,b", "Bearer abc", "other")));
    }

    [TestCase("http-header=secret")]
    [TestCase("http-header=:secret")]
    [TestCase("http-header=X Y: secret")]
    [TestCase("http-header=X: secret\nY: z")]
    [TestCase("http-header=Range: secret")]
    [TestCase("http-header=if-range: secret")]
    public void What_is_no_header_is_told_without_its_value(string options) =>
        Assert.That(() => HttpOptions.Take(OptionList.Parse(options)), Throws.TypeOf<OptionException>().With.Message.Not.Contains("secret"));

    private static HttpFile Open(string address, string options = "netrc=/dev/null") =>
        HttpFile.Open(new HttpRequests(HttpAddress.Parse(address), HttpOptions.Take(OptionList.Parse(options)), s_patience), s_patience);

    private static X509Certificate2 MakeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
    }

    private string WriteAuthority(X509Certificate2 certificate)
    {
        string path = $"{_folder}/{certificate.Thumbprint}.pem";
        File.WriteAllText(path, certificate.ExportCertificatePem());
        return path;
    }
}
