using System.Text.Json;
using ImageFs.Layers;
using ImageFs.Storage;

namespace ImageFs.Tests.Program;

/// <summary>The extents of an object, one row for what continues or repeats.</summary>
public sealed class LayerExtentsTest
{
    private const int Piece = 4096;

    private static readonly MemorySource s_below = new(new byte[16 * Piece]);

    [Test]
    public void What_continues_and_what_repeats_is_one_run()
    {
        var map = new ExtentMapBuilder();
        map.AppendMapped(Piece, 0);
        map.AppendMapped(Piece, Piece);
        for (int i = 0; i < 5; i++)
        {
            map.AppendMapped(Piece, 8 * Piece);
        }

        map.AppendMapped(Piece, 3 * Piece);
        var source = new MappedSource(s_below, map.Build(8 * Piece));
        Assert.That(
            LayerExtents.At(source, 1).Select(run => (run.Extent.Offset, run.Length, run.Extent.Address, run.Count)),
            Is.EqualTo(new (long, long, long, long)[] { (0, 2 * Piece, 0, 1), (2 * Piece, 5 * Piece, 8 * Piece, 5), (7 * Piece, Piece, 3 * Piece, 1) }));
    }

    [Test]
    public void A_map_that_names_the_same_bytes_without_end_is_not_gone_through()
    {
        long seen = 0;
        Assert.Throws<InvalidImageException>(() =>
        {
            foreach (ExtentRun run in LayerExtents.At(new Repeating(), 1))
            {
                seen += run.Count;
            }
        });
        Assert.That(seen, Is.GreaterThan(1000).And.LessThan(1 << 20));
    }

    [Test]
    public void What_is_not_gone_through_leaves_whole_json_with_the_error()
    {
        using var output = new MemoryStream();
        InvalidImageException error = Assert.Throws<InvalidImageException>(() => ExtentJson.Write(output, "file", new Repeating()))!;
        using var json = JsonDocument.Parse(output.ToArray());
        Assert.That(json.RootElement.GetProperty("error").GetString(), Is.EqualTo(error.Message));
        Assert.That(json.RootElement.GetProperty("layers")[0].GetArrayLength(), Is.GreaterThan(1000));
    }

    // 1 EiB of two pieces in turn.
    private sealed class Repeating : BlockSource
    {
        public override long Length => 1L << 60;

        public override Extent Map(long offset, long maxLength, out BlockSource below)
        {
            below = s_below;
            return Extent.Mapped(offset, Math.Min(maxLength, Piece), offset / Piece % 2 * 4 * Piece);
        }
    }
}
