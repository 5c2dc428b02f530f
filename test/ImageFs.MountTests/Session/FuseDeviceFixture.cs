using ImageFs.Fuse;
using ImageFs.MountTests.Support;
using ImageFs.Tree;

namespace ImageFs.MountTests.Session;

/// <summary>Tests that mount: skipped, with the reason, where that is not possible.</summary>
[NonParallelizable]
public abstract class FuseDeviceFixture(FuseTransport transport = FuseTransport.Device)
{
    [OneTimeSetUp]
    public void RequireDevice()
    {
        if (!File.Exists("/dev/fuse"))
        {
            Assert.Ignore("/dev/fuse does not exist: modprobe fuse, or start the container with --device /dev/fuse --cap-add SYS_ADMIN");
        }

        if (Environment.UserName != "root")
        {
            Assert.Ignore("these tests mount by mount(2): run them as root");
        }
    }

    /// <summary>Mounts a tree over the transport that the fixture is about.</summary>
    private protected MountedTree Mount(FileSystem tree, Func<FuseMountOptions, FuseMountOptions>? change = null)
    {
        change ??= options => options;
        using IDisposable? offer = transport == FuseTransport.Ring ? RingOffer.Make() : null;
        var mount = new MountedTree(tree, options => change(options) with { Transport = transport });
        Assert.That(mount.Session.Transport, Is.EqualTo(transport));
        return mount;
    }
}
