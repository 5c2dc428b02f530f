using System.Text.Encodings.Web;
using System.Text.Json;
using ImageFs.Linux;

namespace ImageFs.Output;

/// <summary>How JSON is written: indented, in UTF-8, and with numbers for what is not <see cref="PrintableText"/>: a person may read it.</summary>
internal static class JsonOutput
{
    /// <summary>Opens a writer; disposing it flushes it.</summary>
    public static Utf8JsonWriter Open(Stream output) =>
        new(output, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>Writes a member that may hold anything.</summary>
    public static void WriteText(this Utf8JsonWriter json, string name, string value)
    {
        string text = ByteText.Escape(value);
        if (PrintableText.IsPrintable(text))
        {
            json.WriteString(name, text);
        }
        else
        {
            json.WriteString(name, JsonEncodedText.Encode(text, JavaScriptEncoder.Default));
        }
    }
}
