using System.Text.Json;
using ImageFs.Layers;
using ImageFs.Storage;
using ImageFs.Storage.Decoding;
using ImageFs.Tests.Storage;

namespace ImageFs.Tests.Program;

/// <summary>The extents of an object, one row for what continues or repeats.</summary>
public sealed class LayerExtentsTests
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
    public void Stored_bytes_are_followed_to_the_bottom_where_they_are_in_pieces_and_encoded_again()
    {
        // The outer block of 100 bytes is stored in 40: the last 10 of an inner block that is stored in 7 bytes at 500, and 30 at 300.
        using var device = new TestDevice(new byte[1000]);
        var inner = new OneBlock(50, device, 500, 7);
        var stored = new ConcatenatedSource([new BlockSlice(inner, 40, 10), new BlockSlice(device, 300, 30)]);
        var outer = new OneBlock(100, stored, 0, 40);
        ExtentRun[] bottom = [.. LayerExtents.At(outer, 100)];
        Assert.That(bottom, Has.Length.EqualTo(1));
        Assert.That(bottom[0].Stored.Select(piece => (piece.Address, piece.Length, piece.Source)), Is.EqualTo(new (long, long, BlockSource)[] { (500, 7, device), (300, 30, device) }));
        Assert.That((bottom[0].Extent.Offset, bottom[0].Length, bottom[0].Extent.Address, bottom[0].StoredLength), Is.EqualTo((0, 100, 500, 37)));

        ExtentRun first = LayerExtents.At(outer, 1).Single();
        Assert.That((first.Extent.Address, first.Extent.Source, first.StoredLength), Is.EqualTo((0, stored, 40)));

        using var output = new MemoryStream();
        ExtentJson.Write(output, "file", outer);
        using var json = JsonDocument.Parse(output.ToArray());
        JsonElement[] layers = [.. json.RootElement.GetProperty("layers").EnumerateArray()];
        Assert.That(layers, Has.Length.EqualTo(4));
        Assert.That(layers[0][0].TryGetProperty("pieces", out _), Is.False);
        Assert.That(
            layers[^1].GetRawText().ReplaceLineEndings("").Replace(" ", "", StringComparison.Ordinal),
            Is.EqualTo("""[{"offset":0,"length":100,"kind":"encoded","address":500,"in":"test://memory","stored":37,"codec":"zlib","pieces":[{"length":7,"kind":"mapped","address":500,"in":"test://memory"},{"length":30,"kind":"mapped","address":300,"in":"test://memory"}]}]"""));
    }

    [Test]
    public void A_block_that_a_layer_above_cuts_is_one_row()
    {
        using var device = new TestDevice(new byte[1000]);
        var block = new OneBlock(100, device, 10, 20);
        var source = new ConcatenatedSource([new BlockSlice(block, 0, 60), new BlockSlice(block, 60, 40), new BlockSlice(block, 0, 5)]);
        ExtentRun run = LayerExtents.At(source, 100).Single();
        Assert.That((run.Length, run.Extent.Address, run.StoredLength, run.Codec), Is.EqualTo((105, 10, 20, Codecs.Zlib)));
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

    private sealed class OneBlock(int length, BlockSource stored, long address, int storedLength) : PiecedSource
    {
        public override long Length => length;

        protected override ImageFs.Storage.Piece Find(long offset) => ImageFs.Storage.Piece.Encoded(stored, address, storedLength, Codecs.Zlib, offset, length);
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
