using ImageFs.FileSystems.Checksums;
using ImageFs.Storage;

namespace ImageFs.Tests.FileSystems.Ext;

/// <summary>The check values of the catalogue of CRCs (reveng), which are over "123456789".</summary>
public sealed class ChecksumsTests
{
    private static ReadOnlySpan<byte> Digits => "123456789"u8;

    [Test]
    public void Crc32c_is_CRC_32_ISCSI_without_the_last_inversion() =>
        Assert.That(Crc32C.Append(Crc32C.Initial, Digits), Is.EqualTo(~0xE3069283));

    [Test]
    public void Crc16_is_CRC_16_MODBUS() => Assert.That(Crc16Modbus.Append(Crc16Modbus.Initial, Digits), Is.EqualTo(0x4B37));

    [Test]
    public void The_checksum_of_transactions_is_CRC_32_MPEG_2() =>
        Assert.That(Crc32Mpeg2.Append(Crc32Mpeg2.Initial, Digits), Is.EqualTo(0x0376E6E7));

    [Test]
    public void A_checksum_goes_on_where_it_ended_at_any_place()
    {
        for (int split = 0; split <= Digits.Length; split++)
        {
            uint crc = Crc32C.Append(Crc32C.Append(Crc32C.Initial, Digits[..split]), Digits[split..]);
            Assert.That(crc, Is.EqualTo(Crc32C.Append(Crc32C.Initial, Digits)));
        }
    }

    [TestCase(2)]
    [TestCase(4)]
    public void A_field_left_out_counts_as_zeros(int length)
    {
        byte[] bytes = [.. Digits];
        uint without = Crc32C.AppendWithout(7, bytes, 3, length);
        bytes.AsSpan(3, length).Clear();
        Assert.That(without, Is.EqualTo(Crc32C.Append(7, bytes)));
    }
}
