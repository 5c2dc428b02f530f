using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>System calls that fail, or do less than they were asked to, under the real program: strace(1) sees to it.</summary>
[NonParallelizable]
internal sealed class FaultTests
{
    private const string Script =
        """
        for file in numbers pieces; do
          cmp "$1/$file" "$2/$file" || exit 1
          for size in 4k 64k 1M; do
            dd if="$2/$file" iflag=direct bs=$size status=none | cmp - "$1/$file" || exit 1
          done
        done
        """;

    // Each of them: never a wrong byte, and the copy answers.
    [TestCase("splice", "splice:error=EAGAIN:when=2+3")]
    [TestCase("splice", "splice:error=EAGAIN:when=3+2")]
    [TestCase("splice", "splice:error=EIO:when=5+7")]
    [TestCase("splice", "splice:error=ENOMEM:when=1+1")]
    [TestCase("splice", "splice:retval=0:when=3+5")]
    [TestCase("splice", "splice:retval=512:when=1+5")]
    [TestCase("splice", "splice:retval=4096:when=2+5")]
    [TestCase("splice", "vmsplice:error=EAGAIN:when=2+3")]
    [TestCase("splice", "vmsplice:retval=8:when=3+4")]
    [TestCase("splice", "vmsplice:retval=16:when=3+4")]
    [TestCase("splice,reply-header=write", "splice:error=EAGAIN:when=4+5")]
    [TestCase("direct", "splice:error=EINVAL:when=3+4")]
    [TestCase("direct", "splice:retval=512:when=3+5")]
    [TestCase("gather", "writev:error=ENOMEM:when=2+3")]
    [TestCase("gather", "writev:error=EFAULT:when=1+2")]
    [TestCase("gather", "writev:error=EINTR:when=1+2")]
    [TestCase("auto", "splice,vmsplice,writev:error=EAGAIN:when=1+3")]
    [CancelAfter(Limits.Test)]
    public void Every_byte_is_right_when(string way, string fault)
    {
        Need.Program("strace", "strace");
        using var folder = new TestFolder();
        string tree = folder.CreateDirectory("tree");
        Tool.Shell("cd \"$1\" && seq 400000 >numbers && head -c 2000003 /dev/urandom >pieces", tree).Succeeded();
        string image = folder["image.iso"];
        Tool.Run("xorriso", "-as", "mkisofs", "-quiet", "-R", "-o", image, tree).Succeeded();
        string trace = folder["trace"];
        string calls = fault[..fault.IndexOf(':', StringComparison.Ordinal)];
        string[] strace = ["strace", "-f", "-qq", "-o", trace, "-e", $"trace={calls}", "-e", $"inject={fault}"];
        using var mount = ImageMount.MountInForeground(image, $"reply={way},max_threads=2", awaitAnswer: true, strace);

        Tool.Shell(Script, tree, mount.Directory).Succeeded();

        string told = ImageFsProgram.Run("stats", mount.Directory).Succeeded().Text;
        Assert.That(told, Does.Match(@"lost_replies:\s+0\b"));
        mount.Unmount().Succeeded();
        Assert.That(File.ReadAllText(trace), Does.Contain("INJECTED"), "the fault came");
        if (!fault.Contains("EINTR", StringComparison.Ordinal))
        {
            Assert.That(told, Does.Match(@"fallbacks:\s+\w+:\s+[1-9]"));
        }
    }
}
