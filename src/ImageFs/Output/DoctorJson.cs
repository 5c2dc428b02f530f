using ImageFs.Diagnosis;

namespace ImageFs.Output;

/// <summary>The same as JSON: <c>facts</c> is an array.</summary>
internal static class DoctorJson
{
    /// <summary>Writes it.</summary>
    public static void Write(Stream output, MountFacts mounting, IEnumerable<Fact> others)
    {
        using var json = JsonOutput.Open(output);
        json.WriteStartObject();
        json.WriteBoolean("mounting", mounting.CanMount);
        json.WriteString("by", mounting.Way);
        json.WriteStartArray("facts");
        foreach (Fact fact in mounting.All.Concat(others))
        {
            json.WriteStartObject();
            json.WriteText("subject", fact.Subject);
            json.WriteString("health", DoctorText.Word(fact.Health));
            json.WriteText("text", fact.Text);
            json.WriteText("advice", fact.Advice);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        output.WriteByte((byte)'\n');
    }
}
