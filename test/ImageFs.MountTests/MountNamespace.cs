using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>
/// Scripts of some classes run in a copy of the mount namespace, which has the mounts of all other classes in it. What those unmount is
/// to go there too: a copy that is left keeps the file system and its device in use. Mounts are shared, as on a machine with systemd, and
/// the copies are slaves.
/// </summary>
[SetUpFixture]
internal sealed class MountNamespace
{
    [OneTimeSetUp]
    public void Share()
    {
        // Without the privilege there are no mounts of other users' making to keep.
        if (Environment.IsPrivilegedProcess)
        {
            Tool.Run("mount", "--make-rshared", "/");
        }
    }
}
