using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Containers;
using ImageFs.Storage.Remote.Nbd;
using ImageFs.Tests.Storage.Caching;

namespace ImageFs.Tests.Storage.Remote.Nbd;

/// <summary>Addresses, and what client and server agree on before the first request.</summary>
public sealed class NbdHandshakeTests
{
    private static readonly byte[] s_bytes = CacheFileTests.Bytes(0, 100_000);

    [TestCase("nbd://host", "host", 10809, null, "")]
    [TestCase("nbd://host/", "host", 10809, null, "")]
    [TestCase("NBD://user@host:99/a%2Fb%20c", "host", 99, null, "a/b c")]
    [TestCase("nbd://[::1]:5/x", "::1", 5, null, "x")]
    [TestCase("nbd://[fe80::1]", "fe80::1", 10809, null, "")]
    [TestCase("nbd+unix:///?socket=/run/a%20b", "", 0, "/run/a b", "")]
    [TestCase("nbd+unix:///exp?socket=/run/s", "", 0, "/run/s", "exp")]
    public void An_address_is_taken_apart(string uri, string host, int port, string? socket, string export) =>
        Assert.That(NbdAddress.Parse(uri), Is.EqualTo(new NbdAddress(host, port, socket, export, null)));

    [TestCase("nbd:///x")]
    [TestCase("nbd://host:0/x")]
    [TestCase("nbd://host:65536/x")]
    [TestCase("nbd://host:p/x")]
    [TestCase("nbd://host/x?socket=/run/s")]
    [TestCase("nbd+unix:///x")]
    [TestCase("nbd+unix://host/x?socket=/run/s")]
    [TestCase("nbd://host/x?unknown=1")]
    [TestCase("nbd://host/x?tls-certificates=/etc")]
    [TestCase("nbds://host/x?tls-verify-peer=false")]
    [TestCase("nbds://host/x?tls-psk-file=/etc/psk")]
    public void An_address_that_is_none_is_told(string uri) =>
        Assert.That(() => NbdAddress.Parse(uri), Throws.TypeOf<UnsupportedFeatureException>());

    [Test]
    public void What_speaks_TLS_is_told_by_the_address() => Assert.That(
        NbdAddress.Parse("nbds://host/x?tls-ca=/etc/ca.pem&tls-hostname=other").Tls, Is.EqualTo(new NbdTls("other", "/etc/ca.pem", null, null)));

    [TestCase("HTTP/1.1 400 Bad Request\r\n", "no NBD server")]
    [TestCase("NBDMAGIC\0\0\u0042\u0002\u0081\u0086\u0012\u0053 and more", "oldstyle")]
    [TestCase("NBDMAGICIHAVEOPT\0\0", "newstyle")]
    public void What_is_no_such_server_is_told(string greeting, string message)
    {
        using var server = new TestServer(s_bytes) { Greeting = Encoding.Latin1.GetBytes(greeting) };
        Assert.That(() => Open(server), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains(message));
    }

    [TestCase("")]
    [TestCase("NBDMAG")]
    public void A_server_that_says_too_little_is_an_error(string greeting)
    {
        using var server = new TestServer(s_bytes) { Greeting = Encoding.Latin1.GetBytes(greeting) };
        Assert.That(() => Open(server), Throws.TypeOf<LinuxException>());
    }

    [Test]
    public void An_export_that_is_not_there_is_told_with_those_that_are()
    {
        using var server = new TestServer(s_bytes);
        Assert.That(
            () => Open(server, uri: $"nbd+unix:///none?socket={server.Path}"),
            Throws.TypeOf<LinuxException>().With.Property("Errno").EqualTo(Errno.ENOENT).And.Message.Contains("x, yz"));
    }

    [Test]
    public void A_server_that_is_not_there_is_told_at_once() => Assert.That(
        () => Open(null, uri: "nbd+unix:///?socket=/tmp/none"), Throws.TypeOf<LinuxException>().With.Property("Errno").EqualTo(Errno.ENOENT));

    [TestCase(0xFFFFFFFFu, 512u, 4096u, false)]
    [TestCase(0u, 512u, 4096u, false)]
    [TestCase(3u, 512u, 4096u, false)]
    [TestCase(1u << 17, 1u << 17, 1u << 20, false)]
    [TestCase(512u, 256u, 4096u, false)]
    [TestCase(512u, 4096u, 256u, false)]
    [TestCase(512u, 4096u, 0xFFFFFFFFu, true)]
    [TestCase(1u, 1u, 1u << 20, true)]
    public void Block_sizes_are_checked(uint least, uint preferred, uint most, bool isGood)
    {
        using var server = new TestServer(s_bytes)
        {
            Option = option => option != 7 ? null :
            [
                .. TestServer.OptionReply(7, 3, [0, 3, .. TestServer.Number(least), .. TestServer.Number(preferred), .. TestServer.Number(most)]),
                .. TestServer.OptionReply(7, 3, [0, 0, .. TestServer.Number(100_000ul), 0, 3]),
                .. TestServer.OptionReply(7, 3, [0, 1, 65]),
                .. TestServer.OptionReply(7, 1, []),
            ],
        };
        server.Reply = request => request.Offset % least == 0 ? null : throw new InvalidOperationException();
        if (!isGood)
        {
            Assert.That(() => Open(server), Throws.TypeOf<LinuxException>());
            return;
        }

        byte[] read = new byte[1000];
        Open(server, use: source => source.ReadAt(1001, read));
        Assert.That(read, Is.EqualTo(s_bytes[1001..2001]));
    }

    [TestCase(7u, 3u, "00")]
    [TestCase(7u, 3u, "0000ffffffffffffffff0003")]
    [TestCase(7u, 3u, "0000")]
    [TestCase(7u, 1u, "")]
    [TestCase(7u, 99u, "")]
    [TestCase(7u, 0x80000001u, "6e6f")]
    [TestCase(7u, 0x80000002u, "")]
    [TestCase(7u, 0x80000005u, "")]
    [TestCase(8u, 99u, "")]
    [TestCase(10u, 4u, "00")]
    [TestCase(10u, 99u, "")]
    public void An_answer_that_is_none_is_an_error(uint option, uint type, string data)
    {
        using var server = new TestServer(s_bytes) { Runs = [1, 1], Option = asked => asked == option ? TestServer.OptionReply(option, type, Convert.FromHexString(data)) : null };
        Assert.That(() => Open(server), Throws.TypeOf<LinuxException>());
    }

    [Test]
    public void An_answer_of_4_GiB_is_an_error()
    {
        using var server = new TestServer(s_bytes) { Option = option => TestServer.OptionReply(option, 1, [], uint.MaxValue) };
        Assert.That(() => Open(server), Throws.TypeOf<LinuxException>().With.Message.Contains("protocol"));
    }

    [Test]
    public void An_answer_to_something_else_is_an_error()
    {
        using var server = new TestServer(s_bytes) { Option = option => TestServer.OptionReply(option + 1, 1, []) };
        Assert.That(() => Open(server), Throws.TypeOf<LinuxException>().With.Message.Contains("protocol"));
    }

    [TestCase("localhost", true, true)]
    [TestCase("other", true, false)]
    [TestCase("localhost", false, false)]
    public void TLS_is_spoken_with_who_can_prove_who_it_is(string name, bool isTrusted, bool isGood)
    {
        string file = Path.Combine(Path.GetTempPath(), $"imagefs-ca-{Guid.NewGuid():N}.pem");
        using X509Certificate2 authority = MakeAuthority();
        using X509Certificate2 another = MakeAuthority();
        using X509Certificate2 certificate = MakeCertificate(authority, name);
        File.WriteAllText(file, (isTrusted ? authority : another).ExportCertificatePem());
        try
        {
            using var server = new TestServer(s_bytes)
            {
                Tls = inner =>
                {
                    var secure = new SslStream(inner);
                    secure.AuthenticateAsServer(certificate);
                    return secure;
                },
            };
            byte[] read = new byte[50_000];
            void Act() => Open(server, uri: $"nbds+unix:///x?socket={server.Path}&tls-ca={file}", use: source => source.ReadAt(1001, read));
            if (isGood)
            {
                Assert.That(Act, Throws.Nothing);
                Assert.That(read, Is.EqualTo(s_bytes[1001..51_001]));
            }
            else
            {
                Assert.That(Act, Throws.TypeOf<LinuxException>().With.Property("Errno").EqualTo(Errno.EACCES));
            }
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Test]
    public void A_server_without_TLS_is_not_spoken_to_in_the_clear()
    {
        using var server = new TestServer(s_bytes);
        Assert.That(() => Open(server, uri: $"nbds+unix:///x?socket={server.Path}"), Throws.TypeOf<LinuxException>().With.Message.Contains("TLS"));
    }

    private static void Open(TestServer? server, string? uri = null, Action<BlockSource>? use = null)
    {
        List<IDisposable> opened = [];
        try
        {
            use?.Invoke(new NbdScheme().Open(uri ?? server!.Uri, BackingPolicy.Folder, OpenContext.Of("cache=none,retry-time=1"), opened).Source);
            if (use is null)
            {
                new NbdScheme().Open(uri ?? server!.Uri, BackingPolicy.Folder, OpenContext.Of("cache=none,retry-time=1"), opened);
            }
        }
        finally
        {
            opened.ForEach(one => one.Dispose());
        }
    }

    private static X509Certificate2 MakeAuthority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=test authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private static X509Certificate2 MakeCertificate(X509Certificate2 authority, string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.Create(authority, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1), [1, 2, 3]);
        using X509Certificate2 withKey = certificate.CopyWithPrivateKey(key);
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null);
    }
}
