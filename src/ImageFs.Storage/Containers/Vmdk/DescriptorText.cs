using System.Text;
using ImageFs.Linux;

namespace ImageFs.Storage.Containers.Vmdk;

/// <summary>The text of a descriptor, which says itself how it is encoded: <c>encoding="windows-1252"</c>.</summary>
internal static class DescriptorText
{
    private const string Key = "encoding";

    /// <summary>Decodes it. What is UTF-8 is taken for that, since tools write it whatever they say; what is in no known encoding, for bytes.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        string text = ByteText.FromBytes(bytes);
        return System.Text.Unicode.Utf8.IsValid(bytes) || FindEncoding(text) is not { } encoding ? text : encoding.GetString(bytes);
    }

    private static Encoding? FindEncoding(string text)
    {
        foreach (string line in text.Split('\n', StringSplitOptions.TrimEntries))
        {
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && line[..equals].Trim().Equals(Key, StringComparison.OrdinalIgnoreCase))
            {
                return TextEncoding.Find(line[(equals + 1)..].Trim().Trim('"'));
            }
        }

        return null;
    }
}
