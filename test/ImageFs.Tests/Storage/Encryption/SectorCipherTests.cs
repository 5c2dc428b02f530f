using System.Security.Cryptography;
using ImageFs.Storage;
using ImageFs.Storage.Encryption;

namespace ImageFs.Tests.Storage.Encryption;

/// <summary>Sectors, decrypted: against vectors, and against what another library encrypts.</summary>
internal sealed class SectorCipherTests
{
    private const string IeeeKey = "27182818284590452353602874713526624977572470936999595749669676273141592653589793238462643383279502884197169399375105820974944592";

    // IEEE 1619, B: vector 10, XTS-AES-256 with a data unit of 512 bytes.
    private const string IeeeCipherText =
        "1c3b3a102f770386e4836c99e370cf9bea00803f5e482357a4ae12d414a3e63b5d31e276f8fe4a8d66b317f9ac683f44680a86ac35adfc3345befecb4bb188fd" +
        "5776926c49a3095eb108fd1098baec70aaa66999a72a82f27d848b21d4a741b0c5cd4d5fff9dac89aeba122961d03a757123e9870f8acf1000020887891429ca" +
        "2a3e7a7d7df7b10355165c8b9a6d0a7de8b062c4500dc4cd120c0f7418dae3d0b5781c34803fa75421c790dfe1de1834f280d7667b327f6c8cd7557e12ac3a0f" +
        "93ec05c52e0493ef31a12d3d9260f79a289d6a379bc70c50841473d1a8cc81ec583e9645e07b8d9670655ba5bbcfecc6dc3966380ad8fecb17b6ba02469a020a" +
        "84e18e8f84252070c13e9f1f289be54fbc481457778f616015e1327a02b140f1505eb309326d68378f8374595c849d84f4c333ec4423885143cb47bd71c5edae" +
        "9be69a2ffeceb1bec9de244fbe15992b11b77c040f12bd8f6a975a44a0f90c29a9abc3d4d893927284c58754cce294529f8614dcd2aba991925fedc4ae74ffac" +
        "6e333b93eb4aff0479da9a410e4450e0dd7ae4c6e2910900575da401fc07059f645e8b7e9bfdef33943054ff84011493c27b3429eaedb4ed5376441a77ed4385" +
        "1ad77f16f541dfd269d50d6a5f14fb0aab1cbb4c1550be97f7ab4066193c4caa773dad38014bd2092fa755c824bb5e54c4f36ffda9fcea70b9c6e693e148c151";

    [Test]
    public void XTS_is_that_of_IEEE_1619()
    {
        byte[] bytes = Convert.FromHexString(IeeeCipherText);
        Make("aes-xts-plain64", Convert.FromHexString(IeeeKey), 512).Decrypt(0xFF, bytes);
        Assert.That(bytes, Is.EqualTo(Enumerable.Range(0, 512).Select(i => (byte)(i % 256)).ToArray()));
    }

    // By openssl's command line and a script: of "elephant" as its paper says, the sector at 0x123456000; of "essiv" sector 7. The key and the
    // bytes count from 0.
    [TestCase("aes-cbc-elephant", 0x123456000UL, 512, "bd7d38bea8cac571d9e7a327562b5f4169e09f2ed68740bd34ae229b8afd47da")]
    [TestCase("aes-cbc-essiv:sha256", 7UL, 1, "aa930da73b5f3929054e295a73b1a0e28be63c485dfa8b65fbeba6361d06b10b")]
    public void A_known_sector_is_decrypted(string name, ulong number, int unit, string hash)
    {
        byte[] key = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];
        byte[] plain = [.. Enumerable.Range(0, 512).Select(i => (byte)(i % 256))];
        byte[] bytes = (byte[])plain.Clone();
        SectorEncryption.Encrypt(name, key, number, bytes);
        Assert.That(Convert.ToHexStringLower(SHA256.HashData(bytes)), Is.EqualTo(hash));
        new SectorCipher(CipherSpecification.Parse(name), key, 512, 512).Decrypt(number / (ulong)unit, bytes);
        Assert.That(bytes, Is.EqualTo(plain));
    }

    [Test]
    public void Sectors_are_those_that_another_library_encrypts(
        [Values("aes-xts-plain64", "aes-xts-plain", "aes-xts-plain64be", "aes-cbc-essiv:sha256", "aes-cbc-plain64", "aes-cbc-benbi", "aes-cbc-null", "aes-ecb")] string name,
        [Values(512, 1024, 4096)] int sectorSize,
        [Values(0UL, 0xFFFF_FFF8UL, 0x1_2345_6789_ABCDUL)] ulong number)
    {
        byte[] key = RandomNumberGenerator.GetBytes(name.Contains("xts", StringComparison.Ordinal) ? 64 : 32);
        byte[] plain = RandomNumberGenerator.GetBytes(5 * 4096);
        byte[] bytes = (byte[])plain.Clone();
        for (int at = 0; at < bytes.Length; at += sectorSize)
        {
            SectorEncryption.Encrypt(name, key, unchecked(number + (ulong)(at / 512)), bytes.AsSpan(at, sectorSize));
        }

        Assert.That(bytes, Is.Not.EqualTo(plain));
        Make(name, key, sectorSize).Decrypt(number, bytes);
        Assert.That(bytes, Is.EqualTo(plain));
    }

    // BitLocker's: vectors are of addresses, and numbers of XTS count sectors of whatever size.
    [Test]
    public void Sectors_that_are_counted_in_their_own_size_are_those_that_another_library_encrypts(
        [Values("aes-xts-plain64", "aes-cbc-eboiv", "aes-cbc-elephant")] string name, [Values(16, 32)] int keyLength, [Values(512, 4096)] int sectorSize, [Values(0, 0x1_2345_6789)] long sector)
    {
        byte[] key = RandomNumberGenerator.GetBytes(name == "aes-cbc-eboiv" ? keyLength : 2 * keyLength);
        byte[] plain = RandomNumberGenerator.GetBytes(5 * 4096);
        byte[] bytes = (byte[])plain.Clone();
        for (int at = 0; at < bytes.Length; at += sectorSize)
        {
            ulong number = (ulong)(sector + (at / sectorSize));
            SectorEncryption.Encrypt(name, key, name == "aes-xts-plain64" ? number : number * (ulong)sectorSize, bytes.AsSpan(at, sectorSize));
        }

        new SectorCipher(CipherSpecification.Parse(name), key, sectorSize, sectorSize).Decrypt((ulong)sector, bytes);
        Assert.That(bytes, Is.EqualTo(plain));
    }

    [Test]
    public void Any_part_of_a_source_is_decrypted_by_many_threads_at_once()
    {
        byte[] key = RandomNumberGenerator.GetBytes(64);
        byte[] plain = RandomNumberGenerator.GetBytes(300 * 4096);
        byte[] stored = [.. new byte[1000], .. plain];
        for (int at = 0; at < plain.Length; at += 4096)
        {
            SectorEncryption.Encrypt("aes-xts-plain64", key, 7 + (ulong)(at / 512), stored.AsSpan(1000 + at, 4096));
        }

        var source = new EncryptedSource(new MemorySource(stored), 1000, plain.Length, Make("aes-xts-plain64", key, 4096), firstNumber: 7);
        Parallel.For(0, 400, i =>
        {
            var random = new Random(i);
            int start = random.Next(plain.Length);
            byte[] read = new byte[random.Next(1, Math.Min(plain.Length - start, i % 2 == 0 ? 9000 : 400_000) + 1)];
            source.ReadAt(start, read);
            Assert.That(read.AsSpan().SequenceEqual(plain.AsSpan(start, read.Length)), $"{read.Length} bytes at {start}");
        });
    }

    [Test]
    public void Reading_allocates_nothing()
    {
        var source = new EncryptedSource(new MemorySource(new byte[1 << 20]), 0, 1 << 20, Make("aes-xts-plain64", new byte[64], 512), 0);
        byte[] read = new byte[200_000];
        source.ReadAt(100, read);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            source.ReadAt(i, read);
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    [TestCase("serpent-xts-plain64", "serpent-xts-plain64, which OpenSSL does not have")]
    [TestCase("twofish-cbc-essiv:sha256", "OpenSSL does not have")]
    [TestCase("aes-lrw-benbi", "chained in a way that is not read")]
    [TestCase("aes-cbc-tcw", "initial vectors")]
    [TestCase("aes-cbc-essiv", "initial vectors")]
    [TestCase("aes-cbc-plain:sha256", "initial vectors")]
    [TestCase("aes-gcm-random", "chained")]
    [TestCase("", "chained")]
    [TestCase("aes", "chained")]
    public void What_is_not_read_is_named(string name, string message) =>
        Assert.That(() => CipherSpecification.Parse(name), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains(message).And.Message.Contains("cryptsetup"));

    [TestCase("aes-xts-plain64", 32)]
    [TestCase("aes-xts-plain64", 64)]
    [TestCase("camellia-xts-plain64", 64)]
    [TestCase("aria-xts-plain64", 48)]
    [TestCase("sm4-cbc-plain64", 16)]
    [TestCase("des3_ede-cbc-plain", 24)]
    [TestCase("aes-cbc-essiv:sha256", 24)]
    public void Ciphers_of_libcrypto_are_there(string name, int keyLength) => Assert.That(Make(name, new byte[keyLength], 512).Codec.Name, Is.EqualTo(name));

    [TestCase("aes-xts-plain64", 33)]
    [TestCase("aes-xts-plain64", 31)]
    [TestCase("aes-cbc-plain64", 20)]
    [TestCase("des3_ede-xts-plain64", 48)]
    [TestCase("aes-cbc-essiv:sha1", 32)]
    [TestCase("aes-cbc-essiv:nothing", 32)]
    public void A_key_that_does_not_fit_is_refused(string name, int keyLength) =>
        Assert.That(() => Make(name, new byte[keyLength], 512), Throws.TypeOf<UnsupportedFeatureException>());

    private static SectorCipher Make(string name, byte[] key, int sectorSize) => new(CipherSpecification.Parse(name), key, sectorSize);
}
