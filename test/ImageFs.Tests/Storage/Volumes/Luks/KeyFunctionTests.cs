using System.Security.Cryptography;
using System.Text;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Encryption;
using ImageFs.Storage.Volumes.Luks;

namespace ImageFs.Tests.Storage.Volumes.Luks;

/// <summary>Keys from passphrases, and from stripes.</summary>
internal sealed class KeyFunctionTests
{
    // RFC 6070.
    [TestCase(1, "0c60c80f961f0e71f3a9b524af6012062fe037a6")]
    [TestCase(4096, "4b007901b765489abead49d926f721d065a429c1")]
    public void PBKDF2_is_that_of_RFC_6070(int iterations, string expected) =>
        Assert.That(Derive(new Pbkdf2("sha1", iterations, "salt"u8.ToArray()), expected.Length / 2), Is.EqualTo(expected));

    [TestCase("sha256")]
    [TestCase("sha512")]
    public void PBKDF2_is_that_of_the_runtime(string hash) => Assert.That(
        Derive(new Pbkdf2(hash, 777, [1, 2, 3]), 100),
        Is.EqualTo(Convert.ToHexStringLower(Rfc2898DeriveBytes.Pbkdf2("password"u8, (ReadOnlySpan<byte>)[1, 2, 3], 777, new HashAlgorithmName(hash.ToUpperInvariant()), 100))));

    // The vectors of the reference implementation of RFC 9106.
    [TestCase("argon2i", 2, 65536, 1, "c1628832147d9720c5bd1cfd61367078729f6dfb6f8fea9ff98158e0d7816ed0")]
    [TestCase("argon2id", 2, 65536, 1, "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7")]
    public void Argon2_is_that_of_the_reference(string kind, int passes, int memory, int lanes, string expected) =>
        Assert.That(Derive(new Argon2Function(kind, passes, memory, lanes, "somesalt"u8.ToArray()), 32), Is.EqualTo(expected));

    [TestCase(0)]
    [TestCase(-1)]
    [TestCase(100_000_001)]
    [TestCase(long.MaxValue)]
    public void Iterations_are_bounded(long iterations) =>
        Assert.That(() => Derive(new Pbkdf2("sha1", iterations, [1]), 20), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains("100000000"));

    [TestCase(1, (4L << 20) + 1, 1)]
    [TestCase(1, long.MaxValue, 1)]
    [TestCase(long.MaxValue, 1024, 1)]
    [TestCase(300, 1L << 20, 1)]
    [TestCase(0, 1024, 1)]
    [TestCase(1, 0, 1)]
    [TestCase(1, -5, 1)]
    [TestCase(1, 1024, 0)]
    [TestCase(1, 1024, Argon2Function.MaxLanes + 1)]
    [TestCase(1, 4, 4)]
    public void What_Argon2_may_cost_is_bounded(long passes, long memory, long lanes) =>
        Assert.That(() => Derive(new Argon2Function("argon2id", passes, memory, lanes, new byte[32]), 32), Throws.TypeOf<UnsupportedFeatureException>());

    [Test]
    public void A_key_is_put_together_of_its_stripes([Values("sha1", "sha256", "ripemd160", "sha512", "whirlpool")] string name, [Values(16, 32, 64, 100)] int length, [Values(1, 2, 50)] int stripes)
    {
        HashFunction hash = CryptoHash.Find(name);
        byte[] key = RandomNumberGenerator.GetBytes(length);
        byte[] split = Split(hash, key, stripes);
        byte[] merged = new byte[length];
        AntiForensicSplit.Merge(hash, split, merged);
        Assert.That(merged, Is.EqualTo(key));
        if (stripes > 1)
        {
            split[0] ^= 1;
            AntiForensicSplit.Merge(hash, split, merged);
            Assert.That(merged, Is.Not.EqualTo(key), "each stripe is needed");
        }
    }

    [Test]
    public void A_hash_function_that_is_not_there_is_named() =>
        Assert.That(() => CryptoHash.Find("nothing"), Throws.TypeOf<UnsupportedFeatureException>().With.Message.Contains("nothing"));

    private static string Derive(KeyFunction function, int length)
    {
        byte[] key = new byte[length];
        function.Derive(Encoding.ASCII.GetBytes("password"), key, KeyCosts.Usual);
        return Convert.ToHexStringLower(key);
    }

    // LUKS1 2.4, from the other side.
    private static byte[] Split(HashFunction hash, byte[] key, int stripes)
    {
        byte[] mask = new byte[key.Length];
        var split = new List<byte>();
        byte[] digest = new byte[HashFunction.MaxSize];
        for (int i = 0; i < stripes - 1; i++)
        {
            byte[] stripe = RandomNumberGenerator.GetBytes(key.Length);
            split.AddRange(stripe);
            for (int j = 0; j < mask.Length; j++)
            {
                mask[j] ^= stripe[j];
            }

            for (int j = 0; j * hash.Size < mask.Length; j++)
            {
                int count = Math.Min(hash.Size, mask.Length - (j * hash.Size));
                hash.Compute([0, 0, 0, (byte)j], mask.AsSpan(j * hash.Size, count), digest);
                digest.AsSpan(0, count).CopyTo(mask.AsSpan(j * hash.Size));
            }
        }

        split.AddRange(key.Select((value, i) => (byte)(value ^ mask[i])));
        return [.. split];
    }
}
