using System.Diagnostics;
using ImageFs.Linux;

namespace ImageFs.MountTests.Support;

/// <summary>
/// A setting of the whole machine that decides whether FUSE comes by io_uring, changed until the end of its test, and then as it was.
/// One process of tests at a time has it: two could not tell what it was.
/// </summary>
internal sealed class RingOffer : IDisposable
{
    private const string Offered = "/sys/module/fuse/parameters/enable_uring";
    private const string Disabled = "/proc/sys/kernel/io_uring_disabled";

    private readonly List<(string Path, string Value)> _before = [];
    private readonly FileStream _lock;

    private RingOffer() => _lock = WaitForLock();

    /// <summary>The kernel offers rings to those who mount, until disposed; a mount that has them keeps them.</summary>
    public static RingOffer Make() => Set(offered: true, disabled: 0);

    /// <summary>The kernel does not.</summary>
    public static RingOffer Withdraw() => Set(offered: false, disabled: 0);

    /// <summary>The kernel does, but nobody may make a ring (kernel.io_uring_disabled).</summary>
    public static RingOffer MakeInVain() => Set(offered: true, disabled: 2);

    public void Dispose()
    {
        _before.ForEach(setting => File.WriteAllText(setting.Path, setting.Value));
        _before.Clear();
        _lock.Dispose();
    }

    private static RingOffer Set(bool offered, int disabled)
    {
        Need.Root();
        Need.Fuse();
        if (!File.Exists(Offered))
        {
            Assert.Ignore($"no {Offered} here: Linux 6.14 with CONFIG_FUSE_IO_URING has it");
        }

        if (!File.Exists(Disabled))
        {
            Assert.Ignore($"no {Disabled} here");
        }

        var offer = new RingOffer();
        try
        {
            offer.Write(Disabled, $"{disabled}");
            if (disabled == 0)
            {
                RequireRings();
            }

            offer.Write(Offered, offered ? "Y" : "N");
            return offer;
        }
        catch
        {
            offer.Dispose();
            throw;
        }
    }

    private static void RequireRings()
    {
        try
        {
            IoUring.Create(1, 1, 1).Dispose();
        }
        catch (LinuxException e)
        {
            Assert.Ignore($"no io_uring here: {e.Message}");
        }
    }

    private static FileStream WaitForLock()
    {
        string path = Path.Combine(Path.GetTempPath(), "imagefs-ring-offer.lock");
        var since = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (since.Elapsed < Limits.Soon)
            {
                Thread.Sleep(20);
            }
        }
    }

    private void Write(string path, string value)
    {
        string before = File.ReadAllText(path).Trim();
        if (before != value)
        {
            try
            {
                File.WriteAllText(path, value);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Assert.Ignore($"{path} cannot be set here: {e.Message}");
            }

            _before.Add((path, before));
        }
    }
}
