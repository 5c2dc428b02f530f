using System.Text;

namespace ImageFs.Output;

/// <summary>How names and targets of an image are printed: as they are, but on a terminal without control characters, as ls(1) does.</summary>
internal static class NameText
{
    /// <summary>Writes a name.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="name">Bytes, which need be no UTF-8.</param>
    internal static void Write(Stream output, ReadOnlySpan<byte> name)
    {
        if (Console.IsOutputRedirected)
        {
            output.Write(name);
            return;
        }

        string text = Encoding.UTF8.GetString(name);
        output.Write(Encoding.UTF8.GetBytes(string.Concat(text.Select(c => char.IsControl(c) ? '?' : c))));
    }
}
