using System.Security.Cryptography;
using System.Text;
using ImageFs.Storage;
using ImageFs.Storage.Keys;
using ImageFs.Storage.Volumes;
using ImageFs.Tests.Support;

namespace ImageFs.Tests.Storage.Volumes;

/// <summary>Volumes that Linux's own tools made, against what its drivers read of them.</summary>
internal sealed class DiskSetTests
{
    private const string Encrypted = "luks:";

    private static IEnumerable<TestCaseData> Volumes => DiskSets.Volumes.Select(volume => new TestCaseData(volume).SetArgDisplayNames($"{volume}"));

    [TestCaseSource(nameof(Volumes))]
    public void A_volume_has_the_bytes_that_Linux_read(DiskSetVolume volume)
    {
        FileDevice[] devices = [.. volume.Disks.Select(disk => FileDevice.Open(DiskSets.PathOf(volume.Set, disk)))];
        try
        {
            VolumeNode node = Find(devices, volume);
            switch (volume.Hash)
            {
                case "refused":
                    Assert.That(() => Open(node), Throws.InstanceOf<ImageException>());
                    break;
                case "unreadable":
                    BlockSource source = Open(node);
                    Assert.That(() => HashOf(source), Throws.InstanceOf<ImageException>());
                    break;
                case "error":
                    Assert.That(() => HashOf(Open(node)), Throws.InstanceOf<ImageException>());
                    break;
                default:
                    Assert.That(node.Problem, Is.Null);
                    Assert.That((node.Source.Length, HashOf(node.Source)), Is.EqualTo((volume.Length!.Value, volume.Hash)));
                    break;
            }
        }
        finally
        {
            Array.ForEach(devices, device => device.Dispose());
        }
    }

    // By itself: what the search found wrong may be what it read of the volume to see what lies on it.
    private static BlockSource Open(VolumeNode node) => node.Origins[0].Set!.Open(node.Entry!, new OpenContext());

    private static VolumeNode Find(FileDevice[] devices, DiskSetVolume volume)
    {
        string? passphrase = volume.Note("passphrase");
        var context = new OpenContext { Keys = new OneKey(passphrase) };
        var search = new VolumeSearch(VolumeFormats.All, context);
        VolumeNode[] disks = [.. devices.Select(device => search.Add(device, new SectorSizes()))];
        search.Run();
        while (passphrase is not null && All(disks).FirstOrDefault(node => node.IsLocked) is { } locked)
        {
            search.Unlock(locked);
            search.Run();
        }

        bool isInside = volume.Name.StartsWith(Encrypted, StringComparison.Ordinal);
        string name = isInside ? volume.Name[Encrypted.Length..] : volume.Name;
        VolumeNode[] named = [.. All(disks).Where(node => node.Entry?.IsNamed(name) ?? false)];
        Assert.That(named, Has.Length.EqualTo(1), $"{string.Join(", ", All(disks).Select(node => node.Entry?.Key))}; {string.Join("; ", disks.Select(disk => disk.Problem?.Message))}");
        return isInside ? named[0].Parts[0] : named[0];
    }

    private static IEnumerable<VolumeNode> All(VolumeNode[] disks) => disks.SelectMany(disk => disk.Walk()).Distinct();

    private static string HashOf(BlockSource source)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[Math.Min(1 << 20, source.Length)];
        for (long offset = 0; offset < source.Length; offset += buffer.Length)
        {
            Span<byte> part = buffer.AsSpan(0, (int)Math.Min(buffer.Length, source.Length - offset));
            source.ReadAt(offset, part);
            hash.AppendData(part);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private sealed class OneKey(string? passphrase) : IKeySource
    {
        public bool IsAtHand => passphrase is not null;

        public Key? Find(KeyRequest request) => passphrase is null || request.Attempt > 0 ? null : new Key(Encoding.UTF8.GetBytes(passphrase));
    }
}
