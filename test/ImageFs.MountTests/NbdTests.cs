using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>Images that servers of NBD give out: nbdkit's and qemu's, over good ways and bad ones.</summary>
internal sealed class NbdTests
{
    private const int BigLength = 12 << 20;

    private TestFolder _folder = null!;
    private string _tree = null!;
    private string _image = null!;
    private string _qcow2 = null!;

    [OneTimeSetUp]
    public void Make()
    {
        Need.Root();
        Need.Fuse();
        _folder = new TestFolder();
        _tree = _folder.CreateDirectory("tree");
        _image = _folder["ext4.img"];
        _qcow2 = _folder["ext4.qcow2"];
        Tool.Shell(
            """
            cd "$1" && head -c "$4" /dev/urandom >big && cp big other && truncate -s 3M holes && echo end >>holes
            mkdir -p many/deep && i=0; while [ $i -lt 200 ]; do echo $i >many/$i; i=$((i + 1)); done
            truncate -s 48M "$2" && mkfs.ext4 -q -d "$1" "$2" && qemu-img convert -f raw -O qcow2 "$2" "$3"
            """, _tree, _image, _qcow2, $"{BigLength}").Succeeded();
    }

    [OneTimeTearDown]
    public void Remove() => _folder?.Dispose();

    [TestCase("nbdkit", "")]
    [TestCase("nbdkit", "cache=none")]
    [TestCase("nbdkit", "cache-limit=1M")]
    [TestCase("nbdkit by TCP", "")]
    [TestCase("nbdkit by TCP", "cache=none")]
    [TestCase("nbdkit, delay", "")]
    [TestCase("nbdkit, no parallel requests", "cache=none")]
    [TestCase("nbdkit, retry-request", "")]
    [TestCase("nbdkit, blocks of 4 KiB", "cache=none")]
    [TestCase("nbdkit, no extents", "")]
    [TestCase("nbdkit, without structured replies", "cache=none")]
    [TestCase("qemu-nbd", "")]
    [TestCase("qemu-nbd", "cache=none")]
    [TestCase("qemu-nbd of qcow2", "")]
    [TestCase("qemu-nbd of qcow2", "cache=none")]
    [CancelAfter(Limits.Test)]
    public void A_tree_is_that_of_the_image(string server, string options)
    {
        using NbdServer nbd = Serve(server);
        using var mount = ImageMount.Mount(nbd.Uri, options);
        Tool.Run("diff", "-r", "--exclude=lost+found", _tree, mount.Directory).Succeeded();
        Tool.Shell("cd \"$1\" && dd if=big iflag=direct bs=64k status=none | cmp - \"$2/big\" && dd if=big iflag=direct bs=4k count=300 skip=77 status=none | cmp -n 1228800 - \"$2/big\" 0 315392", mount.Directory, _tree).Succeeded();
    }

    [Test]
    [CancelAfter(Limits.Test)]
    public void An_image_in_an_export_is_led_into()
    {
        using var nbd = NbdServer.Qemu(_folder, "raw", _qcow2);
        using var mount = ImageMount.Mount(nbd.Uri);
        Tool.Run("diff", "-r", "--exclude=lost+found", _tree, mount.Directory).Succeeded();
        Assert.That(ImageFsProgram.Run("cat", nbd.Uri, "many/7").Succeeded().Text, Is.EqualTo("7\n"));
        Assert.That(MountTable.Find(mount.Directory), Does.Contain("nbd+unix:///disk").And.Not.Contain("socket="));
    }

    [Test]
    public void An_export_that_is_not_there_is_told_with_those_that_are()
    {
        using var nbd = NbdServer.Qemu(_folder, "raw", _image);
        ToolResult said = ImageFsProgram.Run("info", nbd.Uri.Replace("disk", string.Empty, StringComparison.Ordinal));
        Assert.That((said.ExitCode == 0, said.Error), Is.EqualTo((false, said.Error)));
        Assert.That(said.Error, Does.Contain("it has disk"));
    }

    [Test]
    public void An_address_without_an_export_tells_of_all()
    {
        using NbdServer nbd = Serve("nbdkit");
        Assert.That(ImageFsProgram.Run("info", nbd.Uri).Succeeded().Text, Does.Match(@"exports\s+""""").And.Match(@"fstype\s+ext4"));
    }

    [Test]
    [CancelAfter(Limits.Test)]
    public void A_server_that_speaks_TLS_is_one_whose_certificate_is_vouched_for()
    {
        Need.Program("openssl", "openssl");
        string keys = _folder.CreateDirectory("keys");
        Tool.Shell(
            """
            cd "$1" && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca-key.pem -out ca-cert.pem -subj /CN=authority -days 2 2>/dev/null
            openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout server-key.pem -out server.csr -subj /CN=localhost 2>/dev/null
            printf 'subjectAltName=DNS:localhost' >names && openssl x509 -req -in server.csr -CA ca-cert.pem -CAkey ca-key.pem -CAcreateserial -extfile names -out server-cert.pem -days 2 2>/dev/null
            """, keys).Succeeded();
        using var nbd = NbdServer.Nbdkit(_folder, "--tls=require", $"--tls-certificates={keys}", "file", _image);
        string uri = nbd.Uri.Replace("nbd+", "nbds+", StringComparison.Ordinal);
        using (var mount = ImageMount.Mount($"{uri}&tls-certificates={keys}"))
        {
            Tool.Run("diff", "-r", "--exclude=lost+found", _tree, mount.Directory).Succeeded();
        }

        Assert.That(ImageFsProgram.Run("ls", $"{uri}&tls-certificates={keys}&tls-hostname=other").Error, Does.Contain("tls-ca="));
        Assert.That(ImageFsProgram.Run("ls", uri).Error, Does.Contain("tls-ca="), "nobody whom this machine trusts");
        Assert.That(ImageFsProgram.Run("ls", nbd.Uri).Error, Does.Contain("nbds://"));
    }

    [Test]
    [CancelAfter(Limits.Test)]
    public void What_is_kept_is_counted_and_bounded()
    {
        using NbdServer nbd = Serve("qemu-nbd");
        using var mount = ImageMount.Mount(nbd.Uri, "cache-limit=2M,transport=uring");
        Assert.That(mount.Said!.Error, Does.Contain("transport=uring is not used"));
        Tool.Run("cmp", Path.Combine(_tree, "big"), mount["big"]).Succeeded();
        string told = ImageFsProgram.Run("stats", mount.Directory).Succeeded().Text;
        Match kept = Regex.Match(told, @"kept:\s+bytes:\s+(?<bytes>[\d,]+)\s+stored:\s+(?<stored>[\d,]+)\s+read:\s+(?<read>[\d,]+)\s+dropped:\s+(?<dropped>[\d,]+)");
        long Value(string name) => long.Parse(kept.Groups[name].Value, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);
        Assert.That(kept.Success, told);
        Assert.That((Value("bytes") <= 2 << 20, Value("stored") >= BigLength, Value("read") >= BigLength, Value("dropped") >= BigLength - (4 << 20)), Is.EqualTo((true, true, true, true)), told);
    }

    [TestCase("cache=none")]
    [TestCase("")]
    [CancelAfter(Limits.Test)]
    public void No_byte_of_a_file_is_read_by_the_program(string options)
    {
        Need.Program("strace", "strace");
        using NbdServer nbd = Serve("nbdkit");
        using var traces = new TestFolder();
        string[] strace = ["strace", "-ff", "-qq", "-y", "-s", "0", "-o", traces["trace"], "-e", "trace=splice,read,recvfrom,recvmsg,pread64,preadv,writev"];
        using (var mount = ImageMount.MountInForeground(nbd.Uri, options, awaitAnswer: true, strace))
        {
            Tool.Run("cmp", Path.Combine(_tree, "big"), mount["big"]).Succeeded();
            Assert.That(mount.Unmount().ExitCode, Is.Zero);
            Assert.That(ImageMount.Eventually(() => mount.Server!.HasExited));
        }

        string[] lines = [.. Directory.GetFiles(traces.Path, "trace.*").SelectMany(File.ReadAllLines)];
        const string Socket = @"<(socket|UNIX):[^>]*>";
        const string Kept = @"<[^>]*/#\d+[^>]*>(\(deleted\))?";
        if (options.Length > 0)
        {
            Assert.That(Sum(lines, $@"^splice\(\d+{Socket}, NULL, .*\)\s+= (?<bytes>\d+)"), Is.GreaterThanOrEqualTo(BigLength * 99L / 100));
            Assert.That(Sum(lines, $@"^(read|recvfrom|recvmsg)\(\d+{Socket}, .*\)\s+= (?<bytes>\d+)"), Is.LessThan(BigLength / 20), "metadata and headers");
        }
        else
        {
            Assert.That(Sum(lines, $@"^splice\(\d+{Kept}, .*\)\s+= (?<bytes>\d+)"), Is.GreaterThanOrEqualTo(BigLength * 99L / 100));
            Assert.That(Sum(lines, $@"^pread(64|v)\(\d+{Kept}, .*\)\s+= (?<bytes>\d+)"), Is.LessThan(BigLength / 20), "metadata");
        }

        Assert.That(Sum(lines, @"^splice\(\d+<pipe:[^>]*>, NULL, \d+<[^>]*fuse[^>]*>, .*\)\s+= (?<bytes>\d+)"), Is.GreaterThanOrEqualTo(BigLength * 99L / 100));
    }

    [TestCase("cuts", "cache=none")]
    [TestCase("cuts", "")]
    [TestCase("delays", "cache=none")]
    [TestCase("delays", "")]
    [TestCase("changed headers", "cache=none")]
    [TestCase("changed headers", "")]
    [CancelAfter(Limits.Test)]
    public void A_bad_way_costs_time_and_no_byte(string fault, string options)
    {
        // nbdkit ends by an assertion of its own when a connection is cut that it still has replies for.
        using NbdServer nbd = Serve("qemu-nbd");
        using var way = new BadWay(_folder, nbd.Socket);
        int changed = 0;
        bool Delay(long at)
        {
            Thread.Sleep(at % 7 == 0 ? 20 : 0);
            return true;
        }

        // The mark of a structured reply, once in so many bytes.
        bool Change(long at, byte[] bytes, int count)
        {
            int mark = at > 1 << 20 ? bytes.AsSpan(0, count).IndexOf((ReadOnlySpan<byte>)[0x66, 0x8E, 0x33, 0xEF, 0, 1, 0, 1]) : -1;
            if (mark >= 0 && changed++ % 5 == 0)
            {
                bytes[mark + (changed % 20)] ^= 0x55;
            }

            return true;
        }

        way.Pass = fault switch
        {
            "cuts" => (at, _, count) => at + count < 2 << 20,
            "delays" => (at, _, _) => Delay(at),
            _ => Change,
        };
        using var mount = ImageMount.Mount($"nbd+unix:///disk?socket={way.Path}", options);
        Tool.Run("diff", "-r", "--exclude=lost+found", _tree, mount.Directory).Succeeded();
        Assert.That(way.Cuts, fault == "cuts" ? Is.GreaterThan(3) : Is.Zero);
        Assert.That(changed, fault == "changed headers" ? Is.GreaterThan(3) : Is.Zero);
    }

    [TestCase("cache=none")]
    [TestCase("")]
    [CancelAfter(Limits.Test)]
    public void A_server_that_ends_is_an_error_and_one_that_comes_back_is_read(string options)
    {
        using NbdServer nbd = Serve("nbdkit");
        using var mount = ImageMount.Mount(nbd.Uri, $"retry-time=1,{options}");
        Tool.Run("cmp", "-n", "100000", Path.Combine(_tree, "big"), mount["big"]).Succeeded();
        nbd.Kill();
        var time = Stopwatch.StartNew();
        ToolResult said = Tool.Shell("dd if=\"$1\" iflag=direct bs=64k skip=100 count=1 status=none", mount["other"]);
        Assert.That((said.ExitCode, said.Error), Is.EqualTo((1, said.Error)));
        Assert.That(said.Error, Does.Contain("Input/output error"));
        Assert.That(time.Elapsed, Is.LessThan(TimeSpan.FromSeconds(15)));
        Assert.That(mount.IsMounted);
        nbd.Start();
        Tool.Run("cmp", Path.Combine(_tree, "other"), mount["other"]).Succeeded();
    }

    [TestCase("cache=none")]
    [TestCase("")]
    [CancelAfter(Limits.Test)]
    public void An_error_of_the_server_is_the_readers_until_it_is_over(string options)
    {
        string broken = _folder[$"broken{options}"];
        using var nbd = NbdServer.Nbdkit(_folder, "--filter=error", "file", _image, "error-pread=EIO", "error-pread-rate=100%", $"error-pread-file={broken}");
        using var mount = ImageMount.Mount(nbd.Uri, options);
        Tool.Run("ls", "-lR", mount.Directory).Succeeded();
        File.WriteAllText(broken, string.Empty);
        Assert.That(Tool.Run("cat", mount["other"]).Error, Does.Contain("Input/output error"));
        File.Delete(broken);
        Tool.Run("cmp", Path.Combine(_tree, "other"), mount["other"]).Succeeded();
    }

    private NbdServer Serve(string server) => server switch
    {
        "nbdkit" => NbdServer.Nbdkit(_folder, "file", _image),
        "nbdkit by TCP" => NbdServer.NbdkitByTcp("file", _image),
        "nbdkit, delay" => NbdServer.Nbdkit(_folder, "--filter=delay", "file", _image, "rdelay=5ms"),
        "nbdkit, no parallel requests" => NbdServer.Nbdkit(_folder, "--filter=noparallel", "file", _image, "serialize=connections"),
        "nbdkit, retry-request" => NbdServer.Nbdkit(
            _folder, "--filter=retry-request", "--filter=error", "file", _image, "error-pread=EIO", "error-pread-rate=3%", "retry-request-delay=1", "retry-request-retries=20"),
        "nbdkit, blocks of 4 KiB" => NbdServer.Nbdkit(
            _folder, "--filter=blocksize-policy", "file", _image, "blocksize-minimum=4096", "blocksize-preferred=64K", "blocksize-maximum=256K", "blocksize-error-policy=error"),
        "nbdkit, no extents" => NbdServer.Nbdkit(_folder, "--filter=noextents", "file", _image),
        "nbdkit, without structured replies" => NbdServer.Nbdkit(_folder, "--no-sr", "file", _image),
        "qemu-nbd" => NbdServer.Qemu(_folder, "raw", _image),
        "qemu-nbd of qcow2" => NbdServer.Qemu(_folder, "qcow2", _qcow2),
        _ => throw new ArgumentException(server),
    };

    private static long Sum(string[] lines, string call) => lines.Select(line => Regex.Match(line, call)).Where(match => match.Success)
        .Sum(match => long.Parse(match.Groups["bytes"].Value, CultureInfo.InvariantCulture));
}
