using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>How others learn that a mount answers, and who serves it.</summary>
[BuiltToo]
internal sealed class ReadyTests
{
    private static string Image => TestImages.Get("sample");

    [Test]
    public void The_reader_of_a_descriptor_gets_a_line_and_the_end([Values] bool inForeground)
    {
        using var mount = ImageMount.Prepare(Image);

        // The reader waits for the end of what is written: who kept the descriptor would keep it waiting.
        const string Script = "{ \"$@\" 9>&1 >/dev/null 2>&1 & } | { timeout " + Limits.Script + " cat; grep -c \" $0 \" /proc/self/mountinfo; }";
        string[] foreground = inForeground ? ["-f"] : [];
        ToolResult said = Tool.Run("bash", ["-c", Script, mount.Directory, ImageFsProgram.Path, "mount", .. foreground, "--ready-fd", "9", Image, mount.Directory]);
        Assert.That(said.Text, Is.EqualTo("ready\n1\n"));
    }

    [Test]
    public void The_reader_gets_the_end_alone_when_it_fails()
    {
        using var mount = ImageMount.Prepare("/no/such/image");
        const string Script = "\"$@\" 9>&1 >/dev/null 2>&1 | cat; exit ${PIPESTATUS[0]}";
        ToolResult said = Tool.Run("bash", "-c", Script, "bash", ImageFsProgram.Path, "mount", "--ready-fd", "9", mount.Image, mount.Directory);
        Assert.That(said.ExitCode, Is.EqualTo(32));
        Assert.That(said.Text, Is.Empty);
    }

    [Test]
    public void A_descriptor_that_is_not_open_is_wrong_usage()
    {
        using var mount = ImageMount.Prepare(Image);
        ToolResult said = ImageFsProgram.Run("mount", "--ready-fd", "987", Image, mount.Directory);
        Assert.That(said.ExitCode, Is.EqualTo(1));
        Assert.That(said.Error, Does.Contain("--ready-fd 987").And.Contain("Bad file descriptor"));
        Assert.That(mount.IsMounted, Is.False);
    }

    [Test]
    public void A_file_has_the_servers_id_for_as_long_as_it_serves()
    {
        using var mount = ImageMount.Prepare(Image);
        using var folder = new TestFolder();
        string file = folder["pid"];
        ImageFsProgram.Run("mount", "--pid-file", file, Image, mount.Directory).Succeeded();
        int server = Processes.ServerOf(mount.Directory);
        Assert.That(File.ReadAllText(file), Is.EqualTo($"{server}\n"));
        Assert.That(Directory.GetFiles(folder.Path), Has.Length.EqualTo(1));
        mount.Unmount().Succeeded();
        Assert.That(File.Exists(file), Is.False);
    }

    [Test]
    public void A_file_that_cannot_be_written_leaves_nothing_mounted()
    {
        using var mount = ImageMount.Prepare(Image);
        ToolResult said = ImageFsProgram.Run("mount", "--pid-file", "/no/such/folder/pid", Image, mount.Directory);
        Assert.That(said.ExitCode, Is.EqualTo(2));
        Assert.That(said.Error, Does.Contain("/no/such/folder/pid"));
        Assert.That(mount.IsMounted, Is.False);
    }

    [Test]
    public void A_service_manager_is_told_of_the_beginning_and_the_end([Values] bool inForeground, [Values] bool isAbstract)
    {
        using var mount = ImageMount.Prepare(Image);
        using var folder = new TestFolder();
        string name = isAbstract ? $"@{folder.Path}" : folder["notify"];
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = (int)Limits.Soon.TotalMilliseconds };
        manager.Bind(new UnixDomainSocketEndPoint(isAbstract ? $"\0{folder.Path}" : name));

        string[] foreground = inForeground ? ["-f"] : [];
        ProcessStartInfo start = Tool.Start(ImageFsProgram.Path, ["mount", .. foreground, Image, mount.Directory]);
        start.Environment["NOTIFY_SOCKET"] = name;
        using Process process = Process.Start(start)!;
        string ready = Receive(manager);
        Assert.That(ready, Does.Contain("READY=1\n").And.Contain($"STATUS={Image} is mounted on {mount.Directory}"));
        Assert.That(mount.IsMounted);
        Assert.That(inForeground || process.WaitForExit(Limits.Soon));
        int server = Processes.ServerOf(mount.Directory);
        Assert.That(ready, inForeground ? Does.Not.Contain("MAINPID") : Does.Contain($"MAINPID={server}\n"));

        Tool.Run("kill", $"{server}").Succeeded();
        Assert.That(Receive(manager), Is.EqualTo("STOPPING=1"));
        Assert.That(process.WaitForExit(Limits.Soon));
        Assert.That(ImageMount.Eventually(() => !mount.IsMounted));
    }

    private static string Receive(Socket manager)
    {
        byte[] text = new byte[4096];
        return Encoding.UTF8.GetString(text, 0, manager.Receive(text));
    }
}
