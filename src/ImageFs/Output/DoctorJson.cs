using System.Text.Encodings.Web;
using System.Text.Json;
using ImageFs.Diagnosis;

namespace ImageFs.Output;

/// <summary>The same as JSON: <c>facts</c> is an array.</summary>
internal static class DoctorJson
{
    /// <summary>Writes it.</summary>
    public static void Write(Stream output, MountFacts mounting, IEnumerable<Fact> others)
    {
        using var json = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        json.WriteBoolean("mounting", mounting.CanMount);
        json.WriteString("by", mounting.Way);
        json.WriteStartArray("facts");
        foreach (Fact fact in mounting.All.Concat(others))
        {
            json.WriteStartObject();
            json.WriteString("subject", fact.Subject);
            json.WriteString("health", DoctorText.Word(fact.Health));
            json.WriteString("text", fact.Text);
            json.WriteString("advice", fact.Advice);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        output.WriteByte((byte)'\n');
    }
}
