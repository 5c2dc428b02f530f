namespace ImageFs.Output;

/// <summary>A line of checksums, as sha256sum(1) writes and reads it: the digits, two spaces, the path.</summary>
internal static class SumLine
{
    /// <summary>Writes a line. A path with a backslash or an end of a line in it is written with backslashes, which one before the digits tells.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="sum">The checksum.</param>
    /// <param name="path">The path.</param>
    internal static void Write(Stream output, ReadOnlySpan<byte> sum, ReadOnlySpan<byte> path)
    {
        bool isEscaped = path.ContainsAny((byte)'\\', (byte)'\n', (byte)'\r');
        if (isEscaped)
        {
            output.WriteByte((byte)'\\');
        }

        foreach (char digit in Convert.ToHexStringLower(sum))
        {
            output.WriteByte((byte)digit);
        }

        output.Write("  "u8);
        if (!isEscaped)
        {
            NameText.Write(output, path);
        }

        foreach (byte unit in isEscaped ? path : [])
        {
            switch (unit)
            {
                case (byte)'\\':
                    output.Write("\\\\"u8);
                    break;
                case (byte)'\n':
                    output.Write("\\n"u8);
                    break;
                case (byte)'\r':
                    output.Write("\\r"u8);
                    break;
                default:
                    output.WriteByte(unit);
                    break;
            }
        }

        output.WriteByte((byte)'\n');
    }
}
