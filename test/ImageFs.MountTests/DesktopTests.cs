using System.Diagnostics;
using ImageFs.MountTests.Oracles;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>What a double click does.</summary>
internal sealed class DesktopTests
{
    private const int NoKey = 3;
    private const int MountFailure = 32;

    private static readonly string s_folder = Path.Combine(TestImages.Sources, "packaging/desktop");

    [Test]
    public void The_desktop_file_is_valid()
    {
        Need.Program("desktop-file-validate", "desktop-file-utils");
        ToolResult said = Tool.Run("desktop-file-validate", Path.Combine(s_folder, "io.github.imagefs.ImageFs.desktop")).Succeeded();
        Assert.That(said.Text + said.Error, Is.Empty);
    }

    [Test]
    public void The_metainfo_is_valid()
    {
        Need.Program("appstreamcli", "appstream");
        ToolResult said = Tool.Run("appstreamcli", "validate", "--no-net", Path.Combine(s_folder, "io.github.imagefs.ImageFs.metainfo.xml"));
        Assert.That(said.ExitCode, Is.Zero, said.Text);
    }

    [Test]
    public void Without_a_bus_an_image_is_mounted_shown_and_unmounted()
    {
        using var session = new DesktopSession(capabilities: null);
        string image = Copy(session, "sample", "my disk.iso");
        string folder = session[$"imagefs/{LabelOf(image)}"];

        ToolResult said = session.Run("open", image).Succeeded();
        Assert.That(said.Text, Is.EqualTo($"imagefs: {image} is mounted on {folder}; 'imagefs umount' takes either.\n"));
        Assert.That(said.Error, Is.Empty);
        Assert.That(Tool.Run("cat", Path.Combine(folder, "README.txt")).Succeeded().Text, Does.StartWith("This is a sample image"));
        Assert.That(ImageMount.Eventually(() => session.Shown.Length == 1));

        session.Run("open", image).Succeeded();
        Assert.That(ImageMount.Eventually(() => session.Shown.Length == 2));
        Assert.That(session.Shown, Is.All.EqualTo(folder));
        Assert.That(session.Folders, Is.EqualTo(new[] { folder }));

        session.Run("umount", image).Succeeded();
        Assert.That(session.Folders, Is.Empty);
    }

    [Test]
    public void Two_images_of_one_label_have_folders_of_their_own()
    {
        using var session = new DesktopSession(capabilities: null);
        string first = Copy(session, "sample", "first.iso"), second = Copy(session, "sample", "second.iso"), label = LabelOf(first);
        session.Run("open", first).Succeeded();
        session.Run("open", second).Succeeded();
        Assert.That(session.Folders, Is.EquivalentTo(new[] { session[$"imagefs/{label}"], session[$"imagefs/{label}-2"] }));
        session.Run("umount", first, second).Succeeded();
        Assert.That(session.Folders, Is.Empty);
    }

    [Test]
    public void Two_at_once_open_it_once()
    {
        using var session = new DesktopSession(capabilities: null);
        string image = Copy(session, "sample", "disc.iso");
        Task<ToolResult>[] both = [.. Enumerable.Range(0, 2).Select(number => Task.Run(() => session.Run(["open", image], $"said-{number}")))];
        Assert.That(Array.ConvertAll(both, one => one.Result.Succeeded().Error), Is.All.Empty);
        Assert.That(session.Folders, Has.Length.EqualTo(1));
        session.Run("umount", image).Succeeded();
        Assert.That(session.Folders, Is.Empty);
    }

    [TestCase("../<b>&amp;\u001b[m", "_._<b>&amp;_[m")]
    [TestCase(".hidden", "_hidden")]
    [TestCase("", "disk.img")]
    public void A_label_is_no_path_and_no_markup(string label, string name)
    {
        using var session = new DesktopSession();
        string image = session["disk.img"];
        Tool.Run("mke2fs", "-q", "-t", "ext2", "-L", label, image, "256k").Succeeded();
        session.Run("open", image).Succeeded();
        Assert.That(session.Folders, Is.EqualTo(new[] { session[$"imagefs/{name}"] }));
        Assert.That(ImageMount.Eventually(() => session.Calls("Notify").Length == 1));
        session.Run("umount", image).Succeeded();
    }

    [Test]
    public void A_disk_of_several_volumes_has_its_own_name()
    {
        using var disk = TestDisk.Mbr();
        using var session = new DesktopSession(capabilities: null);
        session.Run("open", disk.Path).Succeeded();
        Assert.That(session.Folders, Is.EqualTo(new[] { session["imagefs/disk.img"] }));
        session.Run("open", "-o", "part=1", disk.Path).Succeeded();
        Assert.That(session.Folders, Has.Length.EqualTo(2));
        session.Run(["umount", .. session.Folders]).Succeeded();
        Assert.That(session.Folders, Is.Empty);
    }

    [Test]
    public void The_notification_has_an_action_that_unmounts()
    {
        using var session = new DesktopSession();
        string image = Copy(session, "sample", "<i>.iso"), label = LabelOf(image);
        session.Run("open", image).Succeeded();
        Assert.That(ImageMount.Eventually(() => session.Calls("Notify").Length == 1));
        Assert.That(session.Calls("Notify")[0], Does.Contain($"\"{label}\" \"&lt;i&gt;.iso is mounted, read-only.\""));
        Assert.That(session.Calls("Notify")[0], Does.Contain("[\"default\", \"Open\", \"unmount\", \"Unmount\"]"));
        Assert.That(session.Notices, Has.Length.EqualTo(1));

        // One is enough for a mount.
        session.Run("open", image).Succeeded();
        Assert.That(ImageMount.Eventually(() => session.Shown.Length == 2 && session.Notices.Length == 1));
        Assert.That(session.Calls("Notify"), Has.Length.EqualTo(1));

        session.Send("ActionInvoked", "s", 7, "unmount");
        session.Send("ActionInvoked", "s", 1, "default");
        Assert.That(ImageMount.Eventually(() => session.Shown.Length == 3));
        Assert.That(MountTable.IsMounted(session[$"imagefs/{label}"]));

        session.Send("ActionInvoked", "s", 1, "unmount");
        Assert.That(ImageMount.Eventually(() => session.Folders.Length == 0 && session.Notices.Length == 0));
        Assert.That(session.Calls("CloseNotification"), Has.Length.EqualTo(1));
    }

    [Test]
    public void A_mount_in_use_is_told_and_can_be_unmounted_later()
    {
        using var session = new DesktopSession();
        string image = Copy(session, "sample", "disc.iso"), folder = session[$"imagefs/{LabelOf(image)}"];
        session.Run("open", image).Succeeded();
        Assert.That(ImageMount.Eventually(() => session.Calls("Notify").Length == 1));
        const string Script = "cd \"$1\" && touch \"$2\" && exec sleep 300";
        using (Process user = Process.Start(Tool.Start("sh", "-c", Script, "sh", folder, session["ready"]))!)
        {
            Assert.That(ImageMount.Eventually(() => File.Exists(session["ready"])));
            session.Send("ActionInvoked", "s", 1, "unmount");
            Assert.That(ImageMount.Eventually(() => session.Calls("Notify").Length == 2));
            Assert.That(session.Calls("Notify")[1], Does.Contain("is in use\"").And.Contain("\"unmount\", \"Unmount\""));
            Assert.That(session.Calls("Notify")[1], Does.Contain($"in use by sleep (process {user.Id}: working directory)"));
            Assert.That(MountTable.IsMounted(folder));
            user.Kill();
            user.WaitForExit();
        }

        session.Send("ActionInvoked", "s", 2, "unmount");
        Assert.That(ImageMount.Eventually(() => session.Folders.Length == 0 && session.Notices.Length == 0));
    }

    [Test]
    public void A_notification_goes_when_it_is_closed_and_when_the_mount_is_gone()
    {
        using var session = new DesktopSession();
        string image = Copy(session, "sample", "disc.iso");
        session.Run("open", image).Succeeded();
        Assert.That(ImageMount.Eventually(() => session.Calls("Notify").Length == 1));
        session.Send("NotificationClosed", "u", 1, "2");
        Assert.That(ImageMount.Eventually(() => session.Notices.Length == 0));
        Assert.That(MountTable.IsMounted(session.Folders.Single()));

        session.Run("open", image).Succeeded();
        Assert.That(ImageMount.Eventually(() => session.Calls("Notify").Length == 2));
        Tool.Run("umount", session.Folders.Single()).Succeeded();
        Assert.That(ImageMount.Eventually(() => session.Folders.Length == 0 && session.Notices.Length == 0));
        Assert.That(session.Calls("CloseNotification"), Has.Length.EqualTo(1));
    }

    [Test]
    public void A_server_without_actions_gets_none()
    {
        using var session = new DesktopSession("body");
        string image = Copy(session, "sample", "<i>.iso");
        session.Run("open", image).Succeeded();
        Assert.That(ImageMount.Eventually(() => session.Calls("Notify").Length == 1));
        Assert.That(session.Calls("Notify")[0], Does.Contain("<i>.iso is mounted").And.Contain(" [] "));
        session.Run("umount", image).Succeeded();
        Assert.That(ImageMount.Eventually(() => session.Notices.Length == 0));
    }

    [Test]
    public void What_is_no_image_is_told_by_a_notification_and_leaves_no_folder()
    {
        using var session = new DesktopSession();
        File.WriteAllText(session["text"], "no image");
        ToolResult said = session.Run("open", session["text"]);
        Assert.That(said.ExitCode, Is.EqualTo(MountFailure));
        Assert.That(said.Error, Does.StartWith($"imagefs: {session["text"]}: "));
        Assert.That(session.Folders, Is.Empty);
        Assert.That(session.Shown, Is.Empty);
        string reason = said.Error["imagefs: ".Length..].TrimEnd('\n');
        Assert.That(session.Calls("Notify").Single(), Does.Contain("\"text cannot be opened\"").And.Contain(reason));
    }

    [Test]
    public void The_file_manager_on_the_bus_is_asked_first()
    {
        using var session = new DesktopSession();
        session.StartFileManager();
        string image = session["disk.img"];
        Tool.Run("mke2fs", "-q", "-t", "ext2", "-L", "50% ü#?", image, "256k").Succeeded();
        session.Run("open", image).Succeeded();
        string uri = new Uri($"file://{session.Path}/imagefs").AbsoluteUri + "/50%25%20%C3%BC%23%3F";
        Assert.That(session.Calls("ShowFolders").Single(), Does.Contain($"[\"{uri}\"] \"\""));
        Assert.That(session.Shown, Is.Empty, "it is shown once");

        Assert.That(ImageMount.Eventually(() => session.Calls("Notify").Length == 1));
        session.Send("ActionInvoked", "s", 1, "default");
        Assert.That(ImageMount.Eventually(() => session.Calls("ShowFolders").Length == 2));
        session.Run("umount", image).Succeeded();
    }

    [Test]
    public void An_encrypted_image_that_nobody_can_be_asked_about_is_told_with_the_command_that_asks()
    {
        Need.Program("cryptsetup", "cryptsetup-bin");
        using var session = new DesktopSession();
        string image = session["my disk"];
        const string Script = "truncate -s 20M \"$1\" && printf secret | cryptsetup luksFormat --batch-mode --pbkdf pbkdf2 --pbkdf-force-iterations 1000 \"$1\" -";
        Tool.Shell(Script, image).Succeeded();
        ToolResult said = session.Run("open", image);
        Assert.That(said.ExitCode, Is.EqualTo(NoKey), said.Error);
        string notice = session.Calls("Notify").Single();
        Assert.That(notice, Does.Contain("\"my disk cannot be opened\"").And.Contain($"It is encrypted. In a terminal this asks for the passphrase: imagefs open '{image}'"));
        Assert.That(session.Folders, Is.Empty);
    }

    private static string Copy(DesktopSession session, string image, string name)
    {
        File.Copy(TestImages.Get(image), session[name]);
        return session[name];
    }

    // By another program than ours.
    private static string LabelOf(string image) => Blkid.Value(image, "LABEL");
}
