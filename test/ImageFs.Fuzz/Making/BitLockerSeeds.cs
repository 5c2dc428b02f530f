using ImageFs.Fuzz.Mutation;
using ImageFs.Tests.Storage.Volumes.BitLocker;
using ImageFs.Tests.Support;

namespace ImageFs.Fuzz.Making;

/// <summary>Volumes of BitLocker that a startup key opens, which costs nothing. What is encrypted is plain in the seed.</summary>
internal static class BitLockerSeeds
{
    /// <summary>A volume with an image of images/ in it.</summary>
    /// <param name="name">The seed's name.</param>
    /// <param name="image">The image: a quarter of the length at most, where structures in it would harm it.</param>
    /// <param name="make">Makes the volume.</param>
    /// <param name="length">Bytes of the volume.</param>
    public static Seed Make(string name, string image, Func<Func<int, byte[]>, BitLockerImage> make, int length = 1 << 20)
    {
        var random = new Random(1);
        BitLockerImage volume = make(count =>
        {
            byte[] bytes = new byte[count];
            random.NextBytes(bytes);
            return bytes;
        });
        byte[] key = volume.AddStartupKey();
        int moved = volume.MovedTo(length);
        bool isXts = volume.Cipher == "aes-xts-plain64";
        var encryption = new SeedEncryption(
            volume.Cipher,
            volume.SectorKey,
            volume.SectorSize,
            address => volume.IsEncrypted(address, length),
            address => (ulong)(isXts ? address / volume.SectorSize : address));
        return encryption.MakeSeed(name, key, Read);

        byte[] Read()
        {
            byte[] plain = new DiskImage(length).Put(image, 0).Bytes;
            byte[] disk = volume.Write(plain);
            for (int at = 0; at < length; at += volume.SectorSize)
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
