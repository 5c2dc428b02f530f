using ImageFs.Storage;

namespace ImageFs.Tests.Storage.Containers;

/// <summary>What holds of any disk.</summary>
internal static class DiskAssert
{
    private const int Rounds = 200;

    /// <summary>Reads it whole and in parts, and holds the map to its contract.</summary>
    public static void Holds(BlockSource disk, byte[] expected)
    {
        Assert.That(disk.Length, Is.EqualTo(expected.Length));
        byte[] read = new byte[expected.Length];
        const int Step = 1 << 20;
        for (int offset = 0; offset < read.Length; offset += Step)
        {
            disk.ReadAt(offset, read.AsSpan(offset, Math.Min(Step, read.Length - offset)));
        }

        AssertSame(read, expected, 0);
        var random = new Random(7);
        for (int i = 0; i < Rounds; i++)
        {
            int offset = random.Next(expected.Length);
            int length = random.Next(1, Math.Min(expected.Length - offset, 200_000) + 1);
            disk.ReadAt(offset, read.AsSpan(0, length));
            AssertSame(read.AsSpan(0, length), expected.AsSpan(offset, length), offset);
        }

        for (long offset = 0; offset < disk.Length;)
        {
            Extent extent = disk.Map(offset, long.MaxValue, out _);
            Assert.That(extent.Offset, Is.EqualTo(offset));
            Assert.That(extent.Length, Is.InRange(1, disk.Length - offset));
            if (extent.IsZero)
            {
                Assert.That(expected.AsSpan((int)offset, (int)extent.Length).ContainsAnyExcept((byte)0), Is.False, $"hole at {offset}");
            }

            offset += extent.Length;
        }
    }

    /// <summary>Its own map, whole.</summary>
    public static IReadOnlyList<Extent> MapWhole(BlockSource disk)
    {
        var map = new ExtentMapBuilder();
        while (map.Length < disk.Length)
        {
            Extent extent = disk.Map(map.Length, long.MaxValue, out _);
            map.Append(extent.Length, extent.Kind, extent.Address);
        }

        return [.. map.Build().Extents];
    }

    private static void AssertSame(ReadOnlySpan<byte> read, ReadOnlySpan<byte> expected, long offset)
    {
        int same = read.CommonPrefixLength(expected);
        Assert.That(same, Is.EqualTo(expected.Length), $"the first byte that differs is {offset + same}");
    }
}
