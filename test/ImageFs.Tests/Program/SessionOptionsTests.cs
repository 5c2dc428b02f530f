using ImageFs.Commands;
using ImageFs.Fuse;
using ImageFs.Linux;
using ImageFs.Mounting;
using ImageFs.Storage;

namespace ImageFs.Tests.Program;

public sealed class SessionOptionsTests
{
    private List<string> _warnings = [];

    [SetUp]
    public void Clear() => _warnings = [];

    [TestCase("ro,defaults,auto,noauto,user,users,nofail,_netdev,x-systemd.automount,X-mount.mkdir,comment=x")]
    [TestCase("dev,suid,exec,atime,noatime,diratime,nodiratime,relatime,norelatime,strictatime,nostrictatime,lazytime,loop=/dev/loop7,uhelper=x,helper=y,context=\"system_u:object_r:iso9660_t:s0,c1\"")]
    [TestCase("kernel_cache,max_read=131072,entry_timeout=1,attr_timeout=1.5,clone_fd,max_idle_threads=4,nonempty,big_writes")]
    public void The_words_of_fstab_are_taken_without_a_word(string list)
    {
        OptionList options = Take(list, out _);

        Assert.That(options.Names, Is.Empty);
        Assert.That(_warnings, Is.Empty);
    }

    [TestCase("ro,loop,allow_other,reply=copy,auto_unmount,x-gvfs-show,offset=5", ExpectedResult = "offset")]
    [TestCase("rw,norock", ExpectedResult = "norock")]
    public string Without_a_mount_they_count_for_nothing(string list)
    {
        var options = OptionList.Parse(list);
        SessionOptions.Drop(options);
        return string.Join(',', options.Names);
    }

    [TestCase("reply=never")]
    [TestCase("remount")]
    public void But_are_checked(string list) => Assert.That(() => SessionOptions.Drop(OptionList.Parse(list)), Throws.TypeOf<OptionException>());

    [TestCase(null, "ro", ExpectedResult = "ro")]
    [TestCase("auto", "", ExpectedResult = "")]
    [TestCase("imagefs,fuse.imagefs", "ro", ExpectedResult = "ro")]
    [TestCase("iso9660", "", ExpectedResult = "fs=\"iso9660\"")]
    [TestCase("imagefs.udf,iso9660", "ro", ExpectedResult = "fs=\"udf,iso9660\",ro")]
    public string Types_are_the_option_fs(string? types, string options) => TypeOption.Join(types is null ? [] : [types], options);

    [Test]
    public void Writing_is_warned_of()
    {
        Take("rw", out _);
        Assert.That(_warnings, Is.EqualTo((string[])["images are mounted read-only"]));
    }

    [TestCase("", ExpectedResult = MountFlags.NoSuid | MountFlags.NoDev)]
    [TestCase("defaults", ExpectedResult = MountFlags.NoSuid | MountFlags.NoDev)]
    [TestCase("suid,dev", ExpectedResult = MountFlags.None)]
    [TestCase("user", ExpectedResult = MountFlags.NoSuid | MountFlags.NoDev | MountFlags.NoExec)]
    [TestCase("user,exec", ExpectedResult = MountFlags.NoSuid | MountFlags.NoDev)]
    [TestCase("exec,user", ExpectedResult = MountFlags.NoSuid | MountFlags.NoDev | MountFlags.NoExec)]
    [TestCase("noatime,atime", ExpectedResult = MountFlags.NoSuid | MountFlags.NoDev)]
    public MountFlags Later_words_win(string list)
    {
        Take(list, out FuseMountOptions taken);
        return taken.Flags;
    }

    [Test]
    public void What_belongs_to_the_format_is_left_for_it()
    {
        OptionList options = Take("norock,ro,uid=5", out _);
        Assert.That(options.Names, Is.EqualTo((string[])["norock", "uid"]));
    }

    [Test]
    public void What_nobody_takes_is_refused_by_name() =>
        Assert.That(
            () => OptionList.Parse("bogus,fast=1,bogus").RefuseRest(),
            Throws.TypeOf<OptionException>().With.Message.StartWith("option 'bogus,fast': unknown"));

    [TestCase("reply=splice", ExpectedResult = ReplyWay.Splice)]
    [TestCase("reply=gather", ExpectedResult = ReplyWay.Gather)]
    [TestCase("reply=direct", ExpectedResult = ReplyWay.Direct)]
    [TestCase("reply=copy", ExpectedResult = ReplyWay.Copy)]
    [TestCase("reply=auto", ExpectedResult = null)]
    [TestCase("", ExpectedResult = null)]
    public ReplyWay? A_way_to_reply_can_be_forced(string list)
    {
        Take(list, out FuseMountOptions taken);
        return taken.ForceReply;
    }

    [TestCase("", ExpectedResult = false)]
    [TestCase("cache=shared", ExpectedResult = false)]
    [TestCase("cache=once", ExpectedResult = true)]
    [TestCase("cache=none", ExpectedResult = true)]
    public bool The_image_can_be_read_past_its_cache(string list)
    {
        Take(list, out FuseMountOptions taken);
        return taken.CachesOnce;
    }

    [TestCase("cache=never", "shared, once or none")]
    [TestCase("reply-header=bold", "vmsplice or write")]
    [TestCase("affinity=none", "reader or any")]
    public void An_unknown_choice_is_refused_with_those_there_are(string list, string choices) =>
        Assert.That(() => Take(list, out _), Throws.TypeOf<OptionException>().With.Message.Contains(choices));

    [TestCase("", ExpectedResult = true)]
    [TestCase("affinity=reader", ExpectedResult = true)]
    [TestCase("affinity=any", ExpectedResult = false)]
    public bool Workers_follow_readers_unless_told_not_to(string list)
    {
        Take(list, out FuseMountOptions taken);
        return taken.FollowsReaders;
    }

    [Test]
    public void An_unknown_way_is_refused_with_those_there_are() =>
        Assert.That(() => Take("reply=magic", out _), Throws.TypeOf<OptionException>().With.Message.Contains("auto, splice, gather, direct or copy"));

    [TestCase("transport=dev", ExpectedResult = FuseTransport.Device)]
    [TestCase("transport=uring", ExpectedResult = FuseTransport.Ring)]
    [TestCase("transport=auto", ExpectedResult = FuseTransport.Device)]
    [TestCase("", ExpectedResult = FuseTransport.Device)]
    public FuseTransport A_transport_can_be_chosen(string list)
    {
        Take(list, out FuseMountOptions taken);
        return taken.Transport;
    }

    [TestCase("transport=uring,cache=once")]
    [TestCase("transport=uring,reply=splice")]
    [TestCase("cache=once,reply=gather")]
    public void What_contradicts_itself_is_refused(string list) =>
        Assert.That(() => Take(list, out _), Throws.TypeOf<OptionException>().With.Message.Contains(" with "));

    [Test]
    public void An_unknown_transport_is_refused_with_those_there_are() =>
        Assert.That(() => Take("transport=usb", out _), Throws.TypeOf<OptionException>().With.Message.Contains("auto, dev or uring"));

    [Test]
    public void Root_lets_others_in_and_has_the_kernel_check_permissions()
    {
        Take(string.Empty, out FuseMountOptions taken);

        Assert.That(taken.AllowOther, Is.EqualTo(Processes.IsRoot));
        Assert.That(taken.DefaultPermissions, Is.EqualTo(Processes.IsRoot));
    }

    [Test]
    public void Allow_root_lets_nobody_else_in()
    {
        Take("allow_root", out FuseMountOptions taken);

        Assert.That(taken.AllowOther, Is.False);
        Assert.That(taken.AllowRoot, Is.EqualTo(!Processes.IsRoot), "root's own mount is for root alone");
    }

    [Test]
    public void Allow_root_and_allow_other_are_two_things() =>
        Assert.That(() => Take("allow_root,allow_other", out _), Throws.TypeOf<OptionException>().With.Message.Contains("allow_other"));

    [TestCase("", ExpectedResult = null)]
    [TestCase("timeout=0", ExpectedResult = null)]
    [TestCase("timeout=90", ExpectedResult = 90)]
    public double? A_mount_may_end_when_idle(string list)
    {
        Take(list, out FuseMountOptions taken);
        return taken.IdleTimeout?.TotalSeconds;
    }

    private OptionList Take(string list, out FuseMountOptions taken)
    {
        var options = OptionList.Parse(list);
        taken = SessionOptions.Take(options, "/a.iso", "/mnt", _warnings.Add);
        return options;
    }
}
