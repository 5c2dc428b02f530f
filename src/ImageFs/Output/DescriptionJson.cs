using System.Globalization;
using System.Text;
using System.Text.Json;
using ImageFs.Storage;

namespace ImageFs.Output;

/// <summary>A description as JSON, in the shape of <c>lsblk -J -b</c>: sizes are numbers, what is inside is under "children".</summary>
internal static class DescriptionJson
{
    internal static void Write(TextWriter output, ImageDescription description)
    {
        using var buffer = new MemoryStream();
        using (var json = JsonOutput.Open(buffer))
        {
            json.WriteStartObject();
            json.WriteStartArray("blockdevices");
            Write(json, description);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        output.WriteLine(Encoding.UTF8.GetString(buffer.ToArray()));
    }

    private static void Write(Utf8JsonWriter json, ImageDescription description)
    {
        json.WriteStartObject();
        json.WriteText("type", description.Kind);
        foreach ((string key, object value) in description.Facts)
        {
            switch (value)
            {
                case long number:
                    json.WriteNumber(key, number);
                    break;
                case bool flag:
                    json.WriteBoolean(key, flag);
                    break;
                case DateTimeOffset time:
                    json.WriteString(key, time);
                    break;
                default:
                    json.WriteText(key, Convert.ToString(value, CultureInfo.InvariantCulture) ?? string.Empty);
                    break;
            }
        }

        if (description.Children.Count > 0)
        {
            json.WriteStartArray("children");
            foreach (ImageDescription child in description.Children)
            {
                Write(json, child);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }
}
