namespace ImageFs.Storage.Containers.Dmg;

/// <summary>The block tables in a property list: the data of the dictionaries in its array <c>blkx</c> (UDIF: resource-fork).</summary>
internal static class PropertyList
{
    private const string Structure = "dmg property list";
    private const string Clause = "UDIF: resource-fork";

    /// <summary>Takes the block tables out.</summary>
    /// <param name="text">The list, as XML.</param>
    /// <param name="address">Where it is in the file, for messages.</param>
    /// <exception cref="InvalidImageException">There are none.</exception>
    public static List<byte[]> ReadBlockTables(string text, long address)
    {
        int at = Behind(text, "<key>blkx</key>", 0);
        int start = at < 0 ? -1 : Behind(text, "<array>", at);
        int end = start < 0 ? -1 : text.IndexOf("</array>", start, StringComparison.Ordinal);
        if (end < 0)
        {
            throw new InvalidImageException(Structure, address, "it has no array blkx", Clause);
        }

        var tables = new List<byte[]>();
        for (at = Behind(text, "<key>Data</key>", start); at >= 0 && at < end; at = Behind(text, "<key>Data</key>", at))
        {
            int data = Behind(text, "<data>", at);
            int dataEnd = data < 0 ? -1 : text.IndexOf("</data>", data, StringComparison.Ordinal);
            if (dataEnd < 0 || dataEnd > end)
            {
                throw new InvalidImageException(Structure, address, "a block table has no data", Clause);
            }

            tables.Add(Decode(text.AsSpan(data, dataEnd - data), address));
        }

        return tables;
    }

    // White space is in it.
    private static byte[] Decode(ReadOnlySpan<char> text, long address)
    {
        byte[] bytes = new byte[text.Length];
        return Convert.TryFromBase64Chars(text, bytes, out int length)
            ? bytes[..length]
            : throw new InvalidImageException(Structure, address, "a block table is not base64", Clause);
    }

    private static int Behind(string text, string tag, int start)
    {
        int found = text.IndexOf(tag, start, StringComparison.Ordinal);
        return found < 0 ? -1 : found + tag.Length;
    }
}
