using ImageFs.Linux;

namespace ImageFs.Tests.SystemCalls;

/// <summary>What a user may do with files.</summary>
public sealed class UserRightsTests
{
    private const uint Stranger = 64321; // That no machine has.
    private const uint Read = 4;
    private const uint Search = 1;

    [TestCase(0x81A4u, 0u, 0u, true, Description = "0644 of root")]
    [TestCase(0x8180u, 0u, 0u, false, Description = "0600 of root")]
    [TestCase(0x81A0u, 0u, 0u, false, Description = "0640 of root and its group")]
    [TestCase(0x8100u, Stranger, 0u, true, Description = "0400 of the user")]
    [TestCase(0x8024u, Stranger, 0u, false, Description = "0044 of the user: what others may counts for nothing")]
    public void Modes_count_as_the_kernel_counts_them(uint mode, uint user, uint group, bool mayRead)
    {
        var status = new FileStatus(mode, 0, 1, default, default) { Uid = user, Gid = group };
        Assert.That(UserRights.Of(Stranger).Has(in status, Read), Is.EqualTo(mayRead));
    }

    [Test]
    public void The_first_group_of_a_user_is_one_of_its_groups()
    {
        var status = new FileStatus(0x8020, 0, 1, default, default) { Uid = Stranger, Gid = 0 };
        Assert.That(UserRights.Of(0).Has(in status, Read), Is.True);
        Assert.That(UserRights.Of(0).Has(in status, Search), Is.False);
    }

    [Test]
    public void Another_users_rights_are_those_of_one_thread()
    {
        string secret = Path.GetTempFileName(); // 0600
        try
        {
            Errno asStranger = Errno.None;
            bool hasRun = UserRights.Of(Stranger).TryRun(() => Files.TryOpen(secret, OpenFlags.ReadOnly, out asStranger)?.Dispose());

            Assert.That(hasRun, Is.EqualTo(Processes.IsRoot), "it takes root to be another");
            Assert.That(asStranger, Is.EqualTo(hasRun ? Errno.EACCES : Errno.None));
            Assert.That(File.OpenHandle(secret).IsInvalid, Is.False, "this thread is who it was");
        }
        finally
        {
            File.Delete(secret);
        }
    }
}
