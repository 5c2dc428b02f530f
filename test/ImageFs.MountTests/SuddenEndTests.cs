using System.Diagnostics;
using System.Globalization;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests;

/// <summary>
/// Mounts that end in the middle of work, again and again, each at another moment: nothing is left mounted, nobody hangs, nothing still runs.
/// IMAGEFS_ROUNDS says how often each.
/// </summary>
[NonParallelizable]
internal sealed class SuddenEndTests
{
    private const int Readers = 3;
    private const int UsualRounds = 8;
    private const int LatestMilliseconds = 40;
    private static readonly int s_rounds =
        Environment.GetEnvironmentVariable("IMAGEFS_ROUNDS") is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : UsualRounds;

    // Direct reading asks the server each time; cat asks for what is not cached yet.
    private const string ReadOn =
        """
        while cat "$1/README.txt" >/dev/null 2>&1; do
          find "$1" -type f -exec cat {} + >/dev/null 2>&1
          dd if="$1/README.txt" of=/dev/null iflag=direct bs=512 2>/dev/null
        done
        """;

    [Test]
    [CancelAfter(Limits.Test)]
    public void A_server_that_is_killed_leaves_nothing() => EndUnderLoad((mount, _) => Kill(ServersOf(mount)));

    [Test]
    [CancelAfter(Limits.Test)]
    public void A_connection_that_is_aborted_leaves_nothing() => EndUnderLoad((mount, _) => mount.Abort());

    [Test]
    [CancelAfter(Limits.Test)]
    public void An_image_that_is_cut_short_leaves_nothing() => EndUnderLoad((mount, random) =>
    {
        using var image = new FileStream(mount.Image, FileMode.Open);
        image.SetLength(random.NextInt64(image.Length));
    });

    [Test]
    [CancelAfter(Limits.Test)]
    public void A_mount_that_is_taken_out_of_the_tree_leaves_nothing() =>
        EndUnderLoad((mount, _) => Tool.Run("umount", "-l", mount.Directory).Succeeded());

    private static void EndUnderLoad(Action<ImageMount, Random> end)
    {
        var random = new Random(1);
        for (int round = 0; round < s_rounds; round++)
        {
            using var folder = new TestFolder();
            string image = folder["copy.iso"];
            File.Copy(TestImages.Get("sample"), image);
            using var mount = ImageMount.Mount(image);
            int[] servers = ServersOf(mount);
            Process[] readers = [.. Enumerable.Range(0, Readers).Select(_ => Process.Start(Tool.Start("sh", "-c", ReadOn, "sh", mount.Directory))!)];
            try
            {
                Thread.Sleep(random.Next(LatestMilliseconds));
                end(mount, random);
                Thread.Sleep(random.Next(LatestMilliseconds));
            }
            finally
            {
                foreach (Process reader in readers)
                {
                    reader.Kill(entireProcessTree: true);
                }
            }

            foreach (Process reader in readers)
            {
                Assert.That(reader.WaitForExit(Limits.Soon), $"round {round}: a reader hangs");
                reader.Dispose();
            }

            // A server whose connection was aborted may unmount at the same moment.
            string said = mount.IsMounted ? mount.Unmount().Error : string.Empty;
            Assert.That(mount.IsMounted, Is.False, $"round {round}: {said}");
            Assert.That(ImageMount.Eventually(() => !servers.Any(ProcessTable.IsRunning)), $"round {round}: something still runs");
        }
    }

    private static int[] ServersOf(ImageMount mount) => ProcessTable.Find("imagefs", mount.Directory);

    private static void Kill(int[] processes)
    {
        foreach (int process in processes)
        {
            Tool.Run("kill", "-9", $"{process}");
        }
    }
}
