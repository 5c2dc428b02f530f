using System.Text;
using ImageFs.Storage.Volumes.BitLocker;

namespace ImageFs.Tests.Storage.Volumes.BitLocker;

/// <summary>Keys of passwords, against a loop of Python's hashlib by libbde's document; and the form of recovery passwords.</summary>
internal sealed class StretchedKeyTests
{
    private const string Digits = "000011-000022-000033-000044-000055-000066-000077-720885";

    private static readonly byte[] s_salt = [.. Enumerable.Range(0, 16).Select(i => (byte)i)];

    [Test]
    public void A_password_becomes_a_key()
    {
        byte[] key = new byte[StretchedKey.Size];
        StretchedKey.OfPassword(Encoding.Unicode.GetBytes("pässword"), s_salt, key);
        Assert.That(Convert.ToHexStringLower(key), Is.EqualTo("4305ac578807e5e6be7aab6e3a3ce0e091f771b7828a87ebe777e75bbf92552f"));
    }

    [Test]
    public void A_recovery_password_becomes_a_key()
    {
        byte[] digits = new byte[RecoveryPassword.KeySize];
        byte[] key = new byte[StretchedKey.Size];
        Assert.That(RecoveryPassword.Parse(Digits, digits), Is.Zero);
        StretchedKey.OfRecoveryPassword(digits, s_salt, key);
        Assert.That(Convert.ToHexStringLower(key), Is.EqualTo("d5a3ec4e071019bcccf23620b4feed716bdb9636d505a4d280d18f1476ac2558"));
    }

    [TestCase(Digits, ExpectedResult = true)]
    [TestCase("000011 000022 000033 000044 000055 000066 000077 720885", ExpectedResult = true)]
    [TestCase("000011000022000033000044000055000066000077720885", ExpectedResult = true)]
    [TestCase("00001-1000022-000033-000044-000055-000066-000077-72088", ExpectedResult = false)]
    [TestCase($"{Digits}1", ExpectedResult = false)]
    [TestCase($"{Digits}x", ExpectedResult = false)]
    [TestCase("", ExpectedResult = false)]
    public bool Forty_eight_digits_have_the_form_of_a_recovery_password(string text) => RecoveryPassword.HasForm(text);
}
