using System.Buffers.Binary;
using ImageFs.Manifest;
using ImageFs.Manifest.Engine;
using ImageFs.Storage;

namespace ImageFs.Tests.Manifest;

/// <summary>Where the bytes of a file lie, told by who need not be believed.</summary>
public sealed class BackingPlanTests
{
    private const long DeviceLength = 1 << 20;
    private const int Rounds = 20_000;

    private string _path = null!;
    private FileDevice _device = null!;

    [OneTimeSetUp]
    public void SetUp()
    {
        _path = Path.GetTempFileName();
        using (FileStream file = File.OpenWrite(_path))
        {
            file.SetLength(DeviceLength);
        }

        _device = FileDevice.Open(_path);
    }

    [OneTimeTearDown]
    public void TearDown()
    {
        _device.Dispose();
        File.Delete(_path);
    }

    [Test]
    public void Extents_in_a_row_that_lie_inside_of_the_device_are_read()
    {
        (long Size, DataExtent[] Extents)? read = BackingPlan.Read(Plan(12288, 4096, 0, 4096, -1, 4096, DeviceLength - 4096), _device);
        Assert.That(read?.Size, Is.EqualTo(12288));
        Assert.That(read?.Extents, Is.EqualTo(new DataExtent[] { new(0, 4096, _device, 0), new(4096, 4096, null, 0), new(8192, 4096, _device, DeviceLength - 4096) }));
    }

    [TestCase(4096, TestName = "None at all")]
    [TestCase(8192, 4096, 0, TestName = "Too few")]
    [TestCase(4096, 4096, 0, 4096, 4096, TestName = "Too many")]
    [TestCase(4096, 4096, DeviceLength - 4095, TestName = "Behind the end of the device")]
    [TestCase(4096, 4096, DeviceLength, TestName = "At the end of the device")]
    [TestCase(4096, 4096, -2, TestName = "Before the device")]
    [TestCase(4096, 4096, long.MaxValue, TestName = "Far behind")]
    [TestCase(4096, 4096, long.MinValue, TestName = "Far before")]
    [TestCase(4096, 0, 0, 4096, 0, TestName = "Empty")]
    [TestCase(4096, -4096, 0, 8192, 0, TestName = "Backwards")]
    [TestCase(-4096, -4096, 0, TestName = "Of negative length")]
    [TestCase(0, 4096, 0, TestName = "Of an empty file")]
    [TestCase(long.MaxValue, long.MaxValue, 0, TestName = "Longer than the device")]
    [TestCase(4096, 1, -1, long.MaxValue, -1, TestName = "Longer than the file")]
    public void Anything_else_is_no_plan(params long[] numbers) => Assert.That(BackingPlan.Read(Plan(numbers), _device), Is.Null);

    [Test]
    public void Bytes_that_are_no_numbers_are_no_plan([Values(0, 1, 7, 8, 23, 25, 31)] int length) =>
        Assert.That(BackingPlan.Read(new byte[length], _device), Is.Null);

    [Test]
    public void Whatever_is_read_is_all_of_a_file_and_lies_inside_of_the_device()
    {
        var random = new Random(1);
        long[] near = [-1, 0, 1, 4095, 4096, 8192, DeviceLength - 1, DeviceLength, DeviceLength + 1, long.MaxValue, long.MinValue];
        int plans = 0;
        for (int i = 0; i < Rounds; i++)
        {
            long[] numbers = [.. Enumerable.Range(0, 1 + (2 * random.Next(1, 4))).Select(_ => near[random.Next(near.Length)])];
            if (BackingPlan.Read(Plan(numbers), _device) is not var (size, extents))
            {
                continue;
            }

            plans++;
            Assert.That(extents.Sum(extent => extent.Length), Is.EqualTo(size));
            Assert.That(extents.All(extent => extent.Length > 0 && (extent.IsHole || (extent.Address >= 0 && extent.Address + extent.Length <= DeviceLength))));
        }

        Assert.That(plans, Is.Positive);
    }

    // The size of the file; of each extent its length and its address, -1 for a hole.
    private static byte[] Plan(params long[] numbers)
    {
        byte[] plan = new byte[numbers.Length * sizeof(long)];
        for (int i = 0; i < numbers.Length; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(plan.AsSpan(i * sizeof(long)), numbers[i]);
        }

        return plan;
    }
}
