using System.Diagnostics;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary><c>-d</c>: requests and replies, in the form of libfuse's.</summary>
internal sealed class TraceTests
{
    [Test]
    public void Every_request_and_its_reply_is_a_line()
    {
        using var mount = ImageMount.Prepare(TestImages.Get("sample"));
        using Process server = ImageFsProgram.Start("mount", "-d", mount.Image, mount.Directory);
        Task<string> told = server.StandardError.ReadToEndAsync();
        Assert.That(ImageMount.Eventually(() => mount.IsMounted));
        Tool.Run("cat", mount["README.txt"]).Succeeded();
        Tool.Run("cat", mount["no such file"]);
        Tool.Run("touch", mount["new"]);
        Tool.Run("umount", mount.Directory).Succeeded();
        Assert.That(server.WaitForExit(Limits.Soon));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(told.Result, Does.Match(@"(?m)^unique: \d+, opcode: INIT \(26\), nodeid: 0, insize: \d+, pid: 0$"));
            Assert.That(told.Result, Does.Match(@"(?m)^INIT: 7\.\d+ "));
            Assert.That(told.Result, Does.Match(@"(?m)^unique: (\d+), opcode: LOOKUP \(1\), nodeid: 1, insize: 51, pid: \d+\n(.*\n)*?   unique: \1, success, outsize: 144$"));
            Assert.That(told.Result, Does.Match(@"(?m)^unique: (\d+), opcode: OPEN \(14\), .*\n(.*\n)*?   unique: \1, error: -38 \(Function not implemented\), outsize: 16$"));
        }
    }
}
