using ImageFs.Storage.Parity;

namespace ImageFs.Tests.Storage.Parity;

/// <summary>What RAID 5 and 6 put together, against parity that is computed here bit by bit.</summary>
internal sealed class ParityRowTests
{
    private const int Length = 100;

    [TestCase(0, 0x01)]
    [TestCase(1, 0x02)]
    [TestCase(7, 0x80)]
    [TestCase(8, 0x1D)]
    [TestCase(9, 0x3A)]
    [TestCase(255, 0x01)]
    [TestCase(-1, 0x8E)]
    public void Powers_of_the_generator_are_those_of_the_paper(int exponent, int power) => Assert.That(GaloisField.Power(exponent), Is.EqualTo(power));

    [Test]
    public void Bytes_are_multiplied_one_by_one_whatever_their_number_is()
    {
        for (int factor = 0; factor < 256; factor++)
        {
            byte[] bytes = [.. Enumerable.Range(0, 256 + (factor % 33)).Select(i => unchecked((byte)(i + factor)))];
            byte[] expected = [.. bytes.Select(element => (byte)Product(element, (byte)factor))];
            GaloisField.Scale(bytes, (byte)factor);
            Assert.That(bytes, Is.EqualTo(expected), $"times {factor}");
        }
    }

    [Test]
    public void Products_are_those_of_polynomials_and_have_inverses()
    {
        for (int left = 0; left < 256; left++)
        {
            byte[] expected = [.. Enumerable.Range(0, 256).Select(right => (byte)Product(left, right))];
            Assert.That(Enumerable.Range(0, 256).Select(right => GaloisField.Multiply((byte)left, (byte)right)).ToArray(), Is.EqualTo(expected));
            Assert.That(left == 0 || Product(left, GaloisField.Invert((byte)left)) == 1);
        }
    }

    [Test]
    public void One_lost_member_comes_from_P([Values(1, 2, 3, 9)] int dataCount)
    {
        var row = new Row(dataCount);
        for (int wanted = 0; wanted < dataCount; wanted++)
        {
            Assert.That(row.Rebuild(wanted, -1), Is.EqualTo(row.Members[wanted]));
        }
    }

    [Test]
    public void Two_lost_members_come_from_P_and_Q([Values(1, 2, 3, 9, 30)] int dataCount)
    {
        var row = new Row(dataCount);
        for (int wanted = 0; wanted < dataCount; wanted++)
        {
            for (int other = 0; other < dataCount + 2; other++)
            {
                if (other != wanted)
                {
                    Assert.That(row.Rebuild(wanted, other), Is.EqualTo(row.Members[wanted]), $"{wanted} without {other}");
                }
            }
        }
    }

    // By the definition of the field: polynomials of bits, modulo x^8 + x^4 + x^3 + x^2 + 1.
    private static int Product(int left, int right)
    {
        int product = 0;
        for (int bit = 0; bit < 8; bit++)
        {
            product ^= (right & (1 << bit)) != 0 ? left << bit : 0;
        }

        for (int bit = 15; bit >= 8; bit--)
        {
            product ^= (product & (1 << bit)) != 0 ? 0x11D << (bit - 8) : 0;
        }

        return product;
    }

    private sealed class Row : IParityRow
    {
        private readonly int _dataCount;
        private readonly HashSet<int> _lost = [];

        public Row(int dataCount)
        {
            _dataCount = dataCount;
            var random = new Random(dataCount);
            Members = [.. Enumerable.Range(0, dataCount + 2).Select(_ => new byte[Length])];
            int power = 1;
            for (int member = 0; member < dataCount; member++)
            {
                random.NextBytes(Members[member]);
                for (int i = 0; i < Length; i++)
                {
                    Members[dataCount][i] ^= Members[member][i];
                    Members[dataCount + 1][i] ^= (byte)Product(Members[member][i], power);
                }

                power = Product(power, 2);
            }
        }

        public byte[][] Members { get; }

        public byte[] Rebuild(int wanted, int other)
        {
            _lost.Clear();
            _lost.UnionWith([wanted, other]);
            byte[] bytes = new byte[Length];
            Row row = this;
            ParityRow.Rebuild(in row, _dataCount, wanted, other, bytes);
            return bytes;
        }

        public void Read(int member, Span<byte> bytes)
        {
            Assert.That(_lost, Does.Not.Contain(member), "what is lost is read");
            Members[member].CopyTo(bytes);
        }
    }
}
