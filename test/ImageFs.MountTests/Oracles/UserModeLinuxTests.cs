namespace ImageFs.MountTests.Oracles;

internal sealed class UserModeLinuxTests
{
    [Test]
    public void Boots()
    {
        foreach (var e in UserModeLinux.List("/usr/lib/grub-rescue/grub-rescue-cdrom.iso")!.Entries.Take(20))
        {
            TestContext.Out.WriteLine(e.Path + " " + string.Join(' ', e.Facts));
        }

        foreach (var p in UserModeLinux.ListAll("/usr/lib/grub-rescue/grub-rescue-cdrom.iso", "norock", "norock,nojoliet", "bogus"))
        {
            TestContext.Out.WriteLine(p.Key + " " + p.Value?.Count);
        }
    }
}
