using System.Text.Json;
using ImageFs.Checking;
using ImageFs.Storage.Checking;

namespace ImageFs.Output;

/// <summary>What was verified, as JSON: <c>checks</c> is an array, each with its <c>findings</c>.</summary>
internal static class VerifyJson
{
    /// <summary>Writes it.</summary>
    public static void Write(Stream output, string image, IReadOnlyList<CheckOutcome> outcomes)
    {
        using var json = JsonOutput.Open(output);
        json.WriteStartObject();
        json.WriteText("image", image);
        var verdict = new Verdict(outcomes);
        json.WriteBoolean("sound", verdict.IsSound);
        json.WriteString("verdict", verdict.Word);
        json.WriteStartArray("checks");
        foreach (CheckOutcome outcome in outcomes)
        {
            Write(json, outcome);
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        output.WriteByte((byte)'\n');
    }

    private static void Write(Utf8JsonWriter json, CheckOutcome outcome)
    {
        json.WriteStartObject();
        WriteUnlessEmpty(json, "volume", outcome.Part);
        json.WriteString("check", outcome.Name);
        json.WriteString("result", outcome.Findings.Count > 0 ? "damaged" : outcome.IsOpen ? "not checked" : "sound");
        WriteUnlessEmpty(json, "extent", outcome.Extent);
        WriteUnlessEmpty(json, "reason", outcome.Obstacle);
        json.WriteStartArray("findings");
        foreach (Finding finding in outcome.Findings)
        {
            json.WriteStartObject();
            WriteUnlessEmpty(json, "file", finding.File);
            WriteUnlessEmpty(json, "structure", finding.Structure);
            if (finding.Address is { } address)
            {
                json.WriteNumber("address", address);
            }

            json.WriteText("problem", finding.Problem);
            WriteUnlessEmpty(json, "clause", finding.Clause);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteUnlessEmpty(Utf8JsonWriter json, string name, string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            json.WriteText(name, value);
        }
    }
}
