namespace ImageFs.Storage.Containers.Ova;

/// <summary>The disks that a description of a virtual machine names (OVF 2.0, 7.1 and 9.1): what its XML says of files and disks, and nothing more.</summary>
internal static class OvfDescriptor
{
    private const string CommentStart = "!--";
    private const string CommentEnd = "-->";

    /// <summary>A file with a disk.</summary>
    /// <param name="Name">Its name in the archive.</param>
    /// <param name="IsInParts">Whether it is in parts, each a file of its own.</param>
    internal readonly record struct Disk(string Name, bool IsInParts);

    /// <summary>Reads it.</summary>
    /// <returns>The files of the disks, in their order; those without a file are empty disks, and left out.</returns>
    public static IReadOnlyList<Disk> ReadDisks(string xml)
    {
        var files = new Dictionary<string, Disk>(StringComparer.Ordinal);
        var disks = new List<string>();
        foreach (ReadOnlyMemory<char> element in Elements(xml))
        {
            ReadOnlySpan<char> tag = element.Span;
            switch (LocalName(tag))
            {
                case "File" when Find(tag, "id") is { } id && Find(tag, "href") is { } name:
                    files.TryAdd(id, new Disk(name, Find(tag, "chunkSize") is not null));
                    break;
                case "Disk" when Find(tag, "fileRef") is { } file:
                    disks.Add(file);
                    break;
            }
        }

        return [.. disks.Where(files.ContainsKey).Distinct().Select(file => files[file])];
    }

    // What stands between "<" and ">".
    private static IEnumerable<ReadOnlyMemory<char>> Elements(string xml)
    {
        for (int at = xml.IndexOf('<', StringComparison.Ordinal); at >= 0; at = at < xml.Length ? xml.IndexOf('<', at) : -1)
        {
            at++;
            bool isComment = xml.AsSpan(at).StartsWith(CommentStart);
            int end = isComment ? xml.IndexOf(CommentEnd, at, StringComparison.Ordinal) : xml.IndexOf('>', at);
            if (end < 0)
            {
                yield break;
            }

            if (!isComment)
            {
                yield return xml.AsMemory(at, end - at);
            }

            at = end;
        }
    }

    // Without the prefix of its name space.
    private static string LocalName(ReadOnlySpan<char> tag)
    {
        int end = tag.IndexOfAny(" \t\r\n/");
        ReadOnlySpan<char> name = end < 0 ? tag : tag[..end];
        return name[(name.IndexOf(':') + 1)..].ToString();
    }

    private static string? Find(ReadOnlySpan<char> tag, ReadOnlySpan<char> attribute)
    {
        ReadOnlySpan<char> rest = tag;
        while (rest.IndexOf('=') is >= 0 and var equals)
        {
            ReadOnlySpan<char> name = rest[..equals].TrimEnd();
            name = name[(name.LastIndexOfAny(" \t\r\n") + 1)..];
            rest = rest[(equals + 1)..].TrimStart();
            if (rest.Length == 0 || rest[0] is not ('"' or '\''))
            {
                return null;
            }

            int end = rest[1..].IndexOf(rest[0]);
            if (end < 0)
            {
                return null;
            }

            if (name[(name.IndexOf(':') + 1)..].SequenceEqual(attribute))
            {
                return System.Net.WebUtility.HtmlDecode(rest.Slice(1, end).ToString());
            }

            rest = rest[(end + 2)..];
        }

        return null;
    }
}
