using FsCheck;
using FsCheck.Fluent;
using ImageFs.Storage;

namespace ImageFs.Tests.Storage;

/// <summary>What holds of every extent map.</summary>
public sealed class ExtentMapLaws
{
    private static readonly Gen<(long Length, ExtentKind Kind, long Address)[]> s_runs =
        (from length in Gen.Choose(0, 5000)
         from kind in Gen.Elements(ExtentKind.Hole, ExtentKind.Mapped, ExtentKind.Unwritten)
         from address in Gen.Choose(0, 200)
         select ((long)length, kind, address * 1000L)).ArrayOf();

    [FsCheck.NUnit.Property(Arbitrary = [typeof(ExtentMapLaws)])]
    public bool A_map_is_ascending_gap_free_and_coalesced(ExtentMap map)
    {
        long end = 0;
        Extent? last = null;
        foreach (Extent extent in map.Extents)
        {
            if (extent.Offset != end || extent.Length <= 0 || last is { } before && before.IsContinuedBy(in extent))
            {
                return false;
            }

            end = extent.End;
            last = extent;
        }

        return end == map.Length;
    }

    [FsCheck.NUnit.Property(Arbitrary = [typeof(ExtentMapLaws)])]
    public bool Finding_gives_what_a_scan_gives(ExtentMap map, NonNegativeInt place, PositiveInt length)
    {
        if (map.Length == 0)
        {
            return true;
        }

        long offset = place.Get % map.Length;
        Extent expected = default;
        foreach (Extent extent in map.Extents)
        {
            if (offset >= extent.Offset && offset < extent.End)
            {
                expected = extent.Clip(offset, length.Get);
            }
        }

        return map.Find(offset, length.Get) == expected;
    }

    [FsCheck.NUnit.Property(Arbitrary = [typeof(ExtentMapLaws)])]
    public bool Clipping_twice_is_clipping_once(ExtentMap map, NonNegativeInt place, PositiveInt length, NonNegativeInt inner)
    {
        if (map.Length == 0)
        {
            return true;
        }

        Extent outer = map.Find(place.Get % map.Length, length.Get);
        long offset = outer.Offset + (inner.Get % outer.Length);
        return outer.Clip(offset, long.MaxValue) == map.Find(offset, outer.End - offset);
    }

    [FsCheck.NUnit.Property(Arbitrary = [typeof(ExtentMapLaws)])]
    public bool Building_to_a_length_cuts_or_fills_with_a_hole(ExtentMap map, NonNegativeInt length)
    {
        var builder = new ExtentMapBuilder();
        foreach (Extent extent in map.Extents)
        {
            builder.Append(extent.Length, extent.Kind, extent.Address);
        }

        ExtentMap built = builder.Build(length.Get);
        if (built.Length != length.Get)
        {
            return false;
        }

        foreach (Extent extent in built.Extents)
        {
            Extent expected = extent.Offset < map.Length
                ? map.Find(extent.Offset, extent.Length)
                : Extent.Hole(extent.Offset, extent.Length);
            if (extent.Kind != expected.Kind || extent.Address != expected.Address)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Maps of runs of every kind, of length 0 too, and such that follow each other.</summary>
    public static Arbitrary<ExtentMap> Maps() => s_runs.Select(runs =>
    {
        var builder = new ExtentMapBuilder();
        foreach ((long length, ExtentKind kind, long address) in runs)
        {
            builder.Append(length, kind, address);
        }

        return builder.Build();
    }).ToArbitrary();
}
