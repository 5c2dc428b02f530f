namespace ImageFs.MountTests.Session;

/// <summary>Tests that mount: skipped, with the reason, where that is not possible.</summary>
[NonParallelizable]
public abstract class FuseDeviceFixture
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
}
