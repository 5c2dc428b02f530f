using System.Text.Json;
using ImageFs.Linux;
using ImageFs.Output;
using ImageFs.Storage;

namespace ImageFs.Layers;

/// <summary>Extents as JSON: <c>layers</c> is an array with an array of extents for each; all numbers are bytes.</summary>
internal static class ExtentJson
{
    private const int FlushAt = 1 << 16;

    /// <summary>Writes them; where that fails the text ends as JSON all the same, with an <c>error</c>.</summary>
    internal static void Write(Stream output, string name, BlockSource source)
    {
        using var json = JsonOutput.Open(output);
        try
        {
            WriteStart(json, name, source);
            End(json, output, null);
        }
        catch (Exception e) when (e is ImageException or LinuxException { Errno: not Errno.EPIPE })
        {
            End(json, output, e.Message);
            throw;
        }
    }

    private static void WriteStart(Utf8JsonWriter json, string name, BlockSource source)
    {
        json.WriteStartObject();
        json.WriteText("path", name);
        json.WriteNumber("size", source.Length);
        json.WriteStartArray("layers");
        bool isBottom = false;
        for (int layer = 1; !isBottom; layer++)
        {
            isBottom = true;
            json.WriteStartArray();
            foreach (ExtentRun run in LayerExtents.At(source, layer, bottom => isBottom &= bottom))
            {
                Write(json, run);
                if (json.BytesPending > FlushAt)
                {
                    json.Flush();
                }
            }

            json.WriteEndArray();
        }
    }

    private static void End(Utf8JsonWriter json, Stream output, string? error)
    {
        while (json.CurrentDepth > 1)
        {
            json.WriteEndArray();
        }

        if (error is not null)
        {
            json.WriteText("error", error);
        }

        json.WriteEndObject();
        json.Flush();
        output.WriteByte((byte)'\n');
    }

    private static void Write(Utf8JsonWriter json, ExtentRun run)
    {
        LocatedExtent extent = run.Extent;
        json.WriteStartObject();
        json.WriteNumber("offset", extent.Offset);
        json.WriteNumber("length", run.Length);
        json.WriteString("kind", ExtentText.KindName(extent));
        if (LayerExtents.HasAddress(extent))
        {
            json.WriteNumber("address", extent.Address);
        }

        if (run.Count > 1)
        {
            json.WriteNumber("repeated", run.Count);
        }

        WriteName(json, extent);
        if (run.Codec is { } codec)
        {
            json.WriteNumber("stored", run.StoredLength);
            json.WriteText("codec", codec.Name);
            WritePieces(json, run.Stored);
        }

        json.WriteEndObject();
    }

    private static void WriteName(Utf8JsonWriter json, LocatedExtent extent)
    {
        if (LayerExtents.NameOf(extent) is { Length: > 0 } name)
        {
            json.WriteText("in", name);
        }
    }

    private static void WritePieces(Utf8JsonWriter json, IReadOnlyList<LocatedExtent> pieces)
    {
        if (pieces.Count == 1)
        {
            return;
        }

        json.WriteStartArray("pieces");
        foreach (LocatedExtent piece in pieces)
        {
            json.WriteStartObject();
            json.WriteNumber("length", piece.Length);
            json.WriteString("kind", ExtentText.KindName(piece));
            if (LayerExtents.HasAddress(piece))
            {
                json.WriteNumber("address", piece.Address);
            }

            WriteName(json, piece);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }
}
