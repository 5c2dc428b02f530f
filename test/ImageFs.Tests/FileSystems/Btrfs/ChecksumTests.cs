using System.Diagnostics;
using System.Text;
using ImageFs.FileSystems.Btrfs;
using ImageFs.FileSystems.Checksums;

namespace ImageFs.Tests.FileSystems.Btrfs;

/// <summary>Checksums by the vectors of who defines them.</summary>
internal sealed class ChecksumTests
{
    [TestCase(0, "crc32c", "123456789", "839206E3")]
    [TestCase(1, "xxhash64", "", "99E9D85137DB46EF")]
    [TestCase(2, "sha256", "abc", "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD")]
    [TestCase(3, "blake2b", "abc", "BDDD813C634239723171EF3FEE98579B94964E3BB1CB3E427262C8C068D52319")]
    public void A_kind_is_what_its_vector_says(int type, string name, string text, string expected)
    {
        Checksum kind = Checksum.Find((ushort)type)!;
        byte[] sum = new byte[kind.Size];
        kind.Compute(Encoding.ASCII.GetBytes(text), sum);
        Assert.Multiple(() =>
        {
            Assert.That(kind.Name, Is.EqualTo(name));
            Assert.That(Convert.ToHexString(sum), Is.EqualTo(expected));
            Assert.That(kind.Matches(Encoding.ASCII.GetBytes(text), [.. sum, 1, 2, 3]), Is.True);
            Assert.That(kind.Matches(Encoding.ASCII.GetBytes(text + "x"), sum), Is.False);
        });
    }

    [Test]
    public void No_kind_has_another_number() => Assert.That(Checksum.Find(4), Is.Null);

    // RFC 7693, Appendix A.
    [Test]
    public void Blake2b_is_that_of_the_RFC()
    {
        byte[] hash = new byte[64];
        Blake2b.Hash("abc"u8, hash);
        Assert.That(Convert.ToHexString(hash), Is.EqualTo(
            "BA80A53F981C4D0D6A2797B69F12F6E94C212F14685AC4B74B12BB6FDBFFA2D17D87C5392AAB792DC252D5DE4533CC9518D38AA8DBF1925AB92386EDD4009923"));
    }

    [TestCase(0)]
    [TestCase(127)]
    [TestCase(128)]
    [TestCase(129)]
    [TestCase(256)]
    [TestCase(16352)]
    public void Blake2b_is_that_of_b2sum(int length)
    {
        byte[] bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        byte[] hash = new byte[32];
        Blake2b.Hash(bytes, hash);
        using var process = Process.Start(new ProcessStartInfo("b2sum", "-l 256") { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        process.StandardInput.BaseStream.Write(bytes);
        process.StandardInput.Close();
        Assert.That(process.StandardOutput.ReadToEnd(), Does.StartWith(Convert.ToHexStringLower(hash)));
    }
}
