using ImageFs.Storage.Encryption;

namespace ImageFs.Tests.Storage.Encryption;

/// <summary>AES-CCM, against what OpenSSL's own CCM encrypts: the key is 00 01 02..., the nonce 10 11 12..., the text 20 21 22...</summary>
internal sealed class AesCcmTests
{
    [TestCase("", "2738c81af38114b511562ccefe382d8a")]
    [TestCase("51", "131f2759feb3b94e1c99201ab6d81fdd")]
    [TestCase("5191d320426e464744dab74510729e1e", "50055e97e42789ad446545e4cd1a0e09")]
    [TestCase("5191d320426e464744dab74510729e1e06c5951ed131033e416c0c431cf75133e554638dd9fa40b5cd762ea7", "2ad790b6758256500914815611b8322a")]
    public void A_text_is_decrypted_when_its_tag_is_right_and_cleared_when_it_is_not(string encrypted, string tag)
    {
        byte[] text = Convert.FromHexString(encrypted);
        byte[] tagBytes = Convert.FromHexString(tag);
        Assert.That(AesCcm.TryDecrypt(Count(0, 32), Count(0x10, 12), tagBytes, text), Is.True);
        Assert.That(text, Is.EqualTo(Count(0x20, text.Length)));

        for (int i = 0; i < tagBytes.Length; i++)
        {
            text = Convert.FromHexString(encrypted);
            tagBytes[i] ^= 1;
            Assert.That(AesCcm.TryDecrypt(Count(0, 32), Count(0x10, 12), tagBytes, text), Is.False);
            Assert.That(text, Is.All.Zero);
            tagBytes[i] ^= 1;
        }

        Assert.That(AesCcm.TryDecrypt(Count(1, 32), Count(0x10, 12), tagBytes, Convert.FromHexString(encrypted)), Is.False, "another key");
    }

    private static byte[] Count(int first, int length) => [.. Enumerable.Range(first, length).Select(i => (byte)i)];
}
