using System.Security.Cryptography;
using ImageFs.Fuse;
using ImageFs.Linux;
using ImageFs.MountTests.Support;
using ImageFs.Storage;
using ImageFs.Tests.Fuse;
using ImageFs.Tests.Storage;

namespace ImageFs.MountTests.Session;

/// <summary>Files on a device that is not a file: copied where they lie on it, by reference where they lie beside it.</summary>
[TestFixture(FuseTransport.Device)]
[TestFixture(FuseTransport.Ring)]
public sealed class DeviceReadTests(FuseTransport transport) : FuseDeviceFixture(transport)
{
    private const int Part = 1 << 20;

    private readonly byte[] _bytes = new byte[2 * Part];
    private readonly bool _isRing = transport == FuseTransport.Ring;
    private TestDevice _device = null!;
    private TestImage _image = null!;

    private ReplyWay ByReference => _isRing ? ReplyWay.Ring : ReplyWay.Splice;

    [SetUp]
    public void Open()
    {
        new Random(1).NextBytes(_bytes);
        _device = new TestDevice(_bytes);
        _image = new TestImage(2 * Part);
    }

    [TearDown]
    public void Close()
    {
        _device.Dispose();
        _image.Dispose();
    }

    [Test]
    [CancelAfter(Limits.Test)]
    public void A_read_is_copied_from_a_device_and_by_reference_from_a_file_in_one_and_the_same_file()
    {
        using MountedTree mount = Mount(Tree(new ConcatenatedSource([_image.Layout((0, Part)), _device, _image.Layout((Part, Part))])));

        Assert.That(HashOfPiece(mount, 0, 128), Is.EqualTo(Hash(_image.Bytes.AsSpan(0, 128 * 1024))));
        FuseCounters inFile = mount.Session.Counters;
        Assert.That(inFile.Replies.GetValueOrDefault(ByReference), Is.Positive);
        Assert.That(inFile.Replies.GetValueOrDefault(ReplyWay.Copy), Is.Zero);
        Assert.That(_device.Reads, Is.Zero);

        Assert.That(HashOfPiece(mount, 1024 + 256, 128), Is.EqualTo(Hash(_bytes.AsSpan(256 * 1024, 128 * 1024))));
        FuseCounters onDevice = mount.Session.Counters;
        Assert.That(onDevice.Replies[ByReference], Is.EqualTo(inFile.Replies[ByReference]));
        Assert.That(onDevice.Fallbacks, Is.EqualTo(new Dictionary<Fallback, long> { [Fallback.NotMapped] = onDevice.Replies[ReplyWay.Copy] }));
        Assert.That(_device.BytesRead, Is.EqualTo(128 * 1024), "what was asked for is read, once");

        // A READ of both is copied whole.
        Assert.That(HashOfPiece(mount, 1024 - 64, 128), Is.EqualTo(Hash([.. _image.Bytes[(Part - 65536)..Part], .. _bytes[..65536]])));
        Assert.That(Shell.Output($"sha256sum < '{mount.Directory}/f'"), Does.StartWith(Hash([.. _image.Bytes[..Part], .. _bytes, .. _image.Bytes[Part..]])));
        Assert.That(mount.Session.Counters.LostReplies, Is.Zero);
        Assert.That(mount.Session.Counters.Errors.Keys, Is.SubsetOf(new[] { Errno.ENOSYS }));
    }

    [Test]
    [CancelAfter(Limits.Test)]
    public void A_failure_is_an_error_without_a_zero_and_the_rest_can_be_read()
    {
        _device.Bad = (Part + 5000, Part + 5001);
        using MountedTree mount = Mount(Tree(_device));

        (int exitCode, string output, string error) = Shell.Run($"set -o pipefail; dd if='{mount.Directory}/f' bs=64k iflag=direct | sha256sum");
        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(error, Does.Contain("Input/output error"));
        Assert.That(output, Does.StartWith(Hash(_bytes.AsSpan(0, Part))), "all that lies before the READ that failed, and not a byte of that");
        Assert.That(Shell.Run($"tail -c +{Part + 1} '{mount.Directory}/f' | head -c 4096 | sha256sum").Output, Does.StartWith(Hash(_bytes.AsSpan(Part, 4096))), "page by page");
        Assert.That(HashOfPiece(mount, 1024 + 64, 512), Is.EqualTo(Hash(_bytes.AsSpan(Part + 65536, 512 * 1024))));
        Assert.That(mount.Session.Counters.Errors.Keys, Does.Contain(Errno.EIO));

        _device.Bad = null;
        Assert.That(Shell.Output($"sha256sum < '{mount.Directory}/f'"), Does.StartWith(Hash(_bytes)), "it is asked again");
        Assert.That(mount.Session.Counters.LostReplies, Is.Zero);
    }

    [Test]
    [CancelAfter(Limits.Test)]
    public void Readers_of_a_slow_device_do_not_wait_for_each_other()
    {
        _device.Delay = TimeSpan.FromMilliseconds(30);
        using MountedTree mount = Mount(Tree(_device));
        string expected = Hash(_bytes);

        string[] sums = Shell.Output(
            $"""
            for i in 1 2 3 4; do
                dd if='{mount.Directory}/f' bs=128k iflag=direct 2> /dev/null | sha256sum &
            done
            wait
            """).Split('\n');
        Assert.That(sums, Has.Length.EqualTo(4).And.All.StartsWith(expected));

        // A ring has one thread for each processor, and the readers may all be on one.
        Assert.That(_device.MostReadsAtOnce, _isRing ? Is.Positive : Is.GreaterThan(1));
    }

    private static TestTree Tree(BlockSource file)
    {
        var tree = new TestTree();
        tree.AddFile("f", file);
        return tree;
    }

    private static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private static string HashOfPiece(MountedTree mount, int startKiB, int kib) => Shell.Output(
        $"dd if='{mount.Directory}/f' bs={kib}k iflag=direct,skip_bytes skip={startKiB}k count=1 2> /dev/null | sha256sum")[..64];
}
