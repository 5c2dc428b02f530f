using System.Diagnostics;
using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>Images on a server of HTTP, which is nginx: what the program shows of them is what it shows of the files.</summary>
internal sealed class HttpTests
{
    private const int Limit = Limits.Test;

    // So small an image may be there before it is asked for: where a reader is to meet the server, nothing is kept or read ahead.
    private const string KeepNothing = "cache=none";

    private TestFolder _folder = null!;
    private WebServer _server = null!;

    private string Image => _server["a.iso"];

    [OneTimeSetUp]
    public void Make()
    {
        _folder = new TestFolder();
        _server = new WebServer();
        string tree = _folder.CreateDirectory("tree");
        Tool.Shell(
            """
            cd "$1" && mkdir -p inner many/deep && head -c 3000000 /dev/urandom >big && cp big other && echo text >many/deep/text
            i=0; while [ $i -lt 300 ]; do mkdir many/$i && echo $i >many/$i/file; i=$((i + 1)); done
            truncate -s 2M inner/fat.img && mkfs.fat inner/fat.img >/dev/null && printf hello >hello && mcopy -i inner/fat.img hello ::hello
            """, tree).Succeeded();
        Tool.Run("xorriso", "-as", "mkisofs", "-quiet", "-R", "-o", Image, tree).Succeeded();
        Tool.Shell("split -b 2500000 --numeric-suffixes=1 -a 3 \"$1\" \"$2\"", Image, _server["split.img."]).Succeeded();
    }

    [OneTimeTearDown]
    public void Remove()
    {
        _server?.Dispose();
        _folder?.Dispose();
    }

    [TestCase(false, "HTTP/1.1")]
    [TestCase(true, "HTTP/2.0")]
    [CancelAfter(Limit)]
    public void The_tree_and_the_bytes_are_those_of_the_file(bool isSecure, string version)
    {
        using var expected = ImageMount.Mount(Image);
        using var mount = ImageMount.Mount($"{(isSecure ? _server.Secure : _server.Plain)}a.iso", isSecure ? $"ca={_server.Authority}" : string.Empty);
        Assert.That(mount.List().DifferencesFrom(expected.List(), Facts.Recorded), Is.Empty);
        Tool.Run("cmp", mount["big"], expected["big"]).Succeeded();
        Assert.That(_server.Requests[^1], Does.Contain(version));
    }

    [Test]
    [CancelAfter(Limit)]
    public void Every_command_reads_it()
    {
        string address = $"{_server.Plain}a.iso";
        foreach (string[] command in (string[][])[["ls", "-lR", "IMAGE"], ["tree", "IMAGE"], ["cat", "IMAGE", "big", "many/7/file"], ["ls", "-l", "IMAGE//inner/fat.img"], ["cat", "IMAGE//inner/fat.img", "hello"]])
        {
            ToolResult there = Run(command, address).Succeeded();
            Assert.That(there.Output, Is.EqualTo(Run(command, Image).Succeeded().Output), string.Join(' ', command));
        }

        Assert.That(Run(["info", "IMAGE"], address).Succeeded().Text, Does.Contain(address).And.Contain("iso9660"));
        Assert.That(Run(["extents", "IMAGE", "big"], address).Succeeded().Text, Does.Contain("3000000"));
        Run(["verify", "IMAGE"], address).Succeeded();
        Run(["extract", "IMAGE", "big", "-C", _folder.CreateDirectory("out")], address).Succeeded();
        Tool.Run("cmp", _folder["tree/big"], _folder["out/big"]).Succeeded();
    }

    // 25, and one more for each 40 of its 305 directories, over a way on which each takes its time.
    [Test]
    [CancelAfter(Limit)]
    public void A_cold_walk_takes_few_requests()
    {
        using var way = new BadWay(_server.Port) { Delay = TimeSpan.FromMilliseconds(50) };
        string address = $"http://127.0.0.1:{way.Port}/walk.iso";
        File.Copy(Image, _server["walk.iso"], overwrite: true);
        ImageFsProgram.Run("ls", "-lR", address).Succeeded();
        Assert.That(_server.Requests.Count(line => line.Contains("walk.iso", StringComparison.Ordinal)), Is.InRange(2, 25 + (305 / 40)));
    }

    [TestCase("secret/a.iso", "netrc=NETRC")]
    [TestCase("moved/a.iso", "")]
    [TestCase("signed/a.iso" + WebServer.Query, "")]
    [TestCase("whole/a.iso", "download")]
    [TestCase("a.iso", "download")]
    [TestCase("a.iso", "cache=none")]
    [TestCase("split.img.001", "")]
    [CancelAfter(Limit)]
    public void It_is_mounted_from_wherever_it_is(string path, string options)
    {
        File.WriteAllText(_folder["netrc"], $"machine 127.0.0.1 login {WebServer.User} password \"{WebServer.Password}\"\n");
        using var mount = ImageMount.Mount($"{_server.Plain}{path}", options.Replace("NETRC", _folder["netrc"], StringComparison.Ordinal));
        Tool.Run("cmp", mount["big"], _folder["tree/big"]).Succeeded();
        Tool.Run("cmp", mount["many/299/file"], _folder["tree/many/299/file"]).Succeeded();
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_secret_in_an_address_is_seen_nowhere()
    {
        string secret = $"{_server.Plain.Replace("://", $"://{WebServer.User}:{Uri.EscapeDataString(WebServer.Password)}@", StringComparison.Ordinal)}secret/a.iso{WebServer.Query}";
        using var mount = ImageMount.Mount(secret);
        Assert.That(File.ReadAllLines("/proc/mounts").Single(line => line.Contains(mount.Directory, StringComparison.Ordinal)), Does.StartWith($"{_server.Plain}secret/a.iso "));
        string told = ImageFsProgram.Run("stats", mount.Directory).Succeeded().Text + ImageFsProgram.Run("info", secret).Succeeded().Text
            + ImageFsProgram.Run("info", secret + "x//none").Error + ImageFsProgram.Run("ls", secret, "none").Error + ImageFsProgram.Run("ls", secret + "#//none").Error;
        Assert.That(told, Does.Contain("secret/a.iso").And.Not.Contain("pass").And.Not.Contain("s3cr3t").And.Not.Contain("X-Signature"));
    }

    [TestCase("none.iso", "No such file")]
    [TestCase("secret/a.iso", "netrc")]
    [TestCase("signed/a.iso?x", "signature")]
    [TestCase("whole/a.iso", "--download")]
    [CancelAfter(Limit)]
    public void What_cannot_be_had_is_told_at_once(string path, string message)
    {
        (ToolResult said, bool isMounted) = ImageMount.TryMount($"{_server.Plain}{path}");
        Assert.That((isMounted, said.ExitCode), Is.Not.EqualTo((true, 0)));
        Assert.That(said.Error, Does.Contain(message).And.Contain(_server.Plain));
        Assert.That(said.Error.TrimEnd().Split('\n'), Has.Length.EqualTo(1));
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_certificate_of_an_unknown_authority_is_refused()
    {
        (ToolResult said, bool isMounted) = ImageMount.TryMount($"{_server.Secure}a.iso");
        Assert.That(isMounted, Is.False);
        Assert.That(said.Error, Does.Contain("ca=FILE"));
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_file_that_is_replaced_is_an_error_for_readers_and_never_mixed()
    {
        File.Copy(Image, _server["b.iso"], overwrite: true);
        using var mount = ImageMount.Mount($"{_server.Plain}b.iso", KeepNothing);
        Tool.Run("stat", mount["big"]).Succeeded();
        Tool.Shell("cp \"$1\" \"$1.new\" && touch -d 2001-01-01 \"$1.new\" && mv \"$1.new\" \"$1\"", _server["b.iso"]).Succeeded();

        ToolResult read = Tool.Run("cat", mount["other"]);
        Assert.That(read.ExitCode, Is.Not.Zero);
        Assert.That(read.Error, Does.Contain("Input/output error"));
        Tool.Run("stat", mount["big"]).Succeeded();
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_server_that_is_away_is_an_error_after_the_time_limit_and_the_mount_recovers()
    {
        using var server = new WebServer();
        File.Copy(Image, server["a.iso"]);
        File.SetLastWriteTimeUtc(server["a.iso"], new DateTime(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        using var mount = ImageMount.Mount($"{server.Plain}a.iso", $"retry-time=1,{KeepNothing}");
        Tool.Run("stat", mount["big"]).Succeeded();
        server.Stop();

        var time = Stopwatch.StartNew();
        ToolResult read = Tool.Run("cmp", mount["big"], _folder["tree/big"]);
        Assert.That(read.Error, Does.Contain("Input/output error"));
        Assert.That(time.Elapsed, Is.GreaterThan(TimeSpan.FromSeconds(0.9)));
        server.Start();
        Tool.Run("cmp", mount["big"], _folder["tree/big"]).Succeeded();
        Tool.Run("cmp", mount["other"], _folder["tree/other"]).Succeeded();
    }

    [TestCase("ro")]
    [TestCase("ca=CA")]
    [CancelAfter(Limit)]
    public void Without_the_library_for_TLS_it_is_refused_by_name(string options)
    {
        ToolResult said = WithoutOpenSsl.Run("ls", $"{_server.Secure}a.iso", "-o", options.Replace("CA", $"{_server.Authority}", StringComparison.Ordinal));
        Assert.That(said.Error, Does.Contain("libssl.so.3").And.Contain("libssl3").And.Not.Contain("No usable version"));
    }

    [TestCase(false)]
    [TestCase(true)]
    [CancelAfter(Limit)]
    public void A_server_that_falls_silent_is_an_error_after_the_time_limit_and_the_mount_recovers(bool isSecure)
    {
        using var server = new WebServer();
        File.Copy(Image, server["a.iso"]);
        using var mount = ImageMount.Mount($"{(isSecure ? server.Secure : server.Plain)}a.iso", $"retry-time=1,{KeepNothing},ca={server.Authority}");
        Tool.Run("stat", mount["big"]).Succeeded();
        server.Pause();
        ToolResult read = Tool.Run("cmp", mount["big"], _folder["tree/big"]);
        server.GoOn();

        Assert.That(read.Error, Does.Contain("Input/output error"));
        Assert.That(ImageMount.Eventually(() => Tool.Run("cmp", mount["big"], _folder["tree/big"]).ExitCode == 0));
    }

    [Test]
    [CancelAfter(Limit)]
    public void A_proxy_is_the_one_that_the_environment_names()
    {
        ToolResult Ask(string host, string exceptions) => Tool.Run(
            "env", $"http_proxy={_server.Plain}", $"no_proxy={exceptions}", ImageFsProgram.Path, "cat", $"http://{host}/a.iso", "many/7/file");

        Assert.That(Ask("nowhere.invalid", string.Empty).Succeeded().Text, Is.EqualTo("7\n"));
        Assert.That(Ask("127.0.0.1:1", "127.0.0.1").Error, Does.Contain("refused"));
    }

    [Test]
    [CancelAfter(Limit)]
    public void Completion_asks_the_server_only_for_what_is_inside_an_image()
    {
        int before = _server.Requests.Count;
        foreach (string[] words in (string[][])[["info", $"{_server.Plain}a"], ["mount", $"{_server.Plain}a.iso", "/mn"], ["ls", $"{_server.Plain}a.iso", "-"], [$"{_server.Plain}a.i"]])
        {
            ImageFsProgram.Run(["__complete", .. words]).Succeeded();
        }

        Assert.That(_server.Requests, Has.Count.EqualTo(before));
        Assert.That(ImageFsProgram.Run("__complete", "ls", $"{_server.Plain}a.iso", "inn").Text, Does.Contain("inner/"));
        Assert.That(ImageFsProgram.Run("__complete", "info", $"{_server.Plain}a.iso//inner/f").Text, Does.Contain("a.iso//inner/fat.img"));
    }

    private static ToolResult Run(string[] command, string image) => ImageFsProgram.Run(command.Select(word => word.Replace("IMAGE", image, StringComparison.Ordinal)));
}
