using ImageFs.Fuzz.Mutation;
using ImageFs.Tests.Storage.Volumes.BitLocker;
using ImageFs.Tests.Support;

namespace ImageFs.Fuzz.Making;

/// <summary>Volumes of BitLocker that a startup key opens, which costs nothing. What is encrypted is plain in the seed.</summary>
internal static class BitLockerSeeds
{
    private const int Length = 1 << 20;

    /// <summary>A volume with an image of images/ in it.</summary>
    /// <param name="name">The seed's name.</param>
    /// <param name="image">The image: 256 KiB at most.</param>
    /// <param name="make">Makes the volume.</param>
    public static Seed Make(string name, string image, Func<Func<int, byte[]>, BitLockerImage> make)
    {
        var random = new Random(1);
        BitLockerImage volume = make(length =>
        {
            byte[] bytes = new byte[length];
            random.NextBytes(bytes);
            return bytes;
        });
        byte[] key = volume.AddStartupKey();
        int moved = volume.MovedTo(Length);
        int[] areas = BitLockerImage.Areas(Length);
        bool isXts = volume.Cipher == "aes-xts-plain64";
        var encryption = new SeedEncryption(
            volume.Cipher,
            volume.SectorKey,
            volume.SectorSize,
            address => address >= volume.MovedLength && !areas.Any(area => address >= area && address < area + BitLockerImage.AreaSize),
            address => (ulong)(isXts ? address / volume.SectorSize : address));
        return encryption.MakeSeed(name, key, Read);

        byte[] Read()
        {
            byte[] plain = new DiskImage(Length).Put(image, 0).Bytes;
            byte[] disk = volume.Write(plain);
            for (int at = 0; at < Length; at += volume.SectorSize)
            {
                if (encryption.IsEncrypted(at))
                {
                    int from = at >= moved && at < moved + volume.MovedLength ? at - moved : at;
                    plain.AsSpan(from, volume.SectorSize).CopyTo(disk.AsSpan(at));
                }
            }

            return disk;
        }
    }
}
