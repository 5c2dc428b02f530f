using System.Globalization;
using System.Text;
using ImageFs.Linux;

namespace ImageFs.Storage.Containers.Vmdk;

/// <summary>The descriptor: a text of lines, in a file of its own or inside a sparse extent (VMDK: The Descriptor File).</summary>
internal sealed class Descriptor
{
    /// <summary>What a descriptor has at the most, in bytes: that of qemu is 20 KiB, a disk has few extents.</summary>
    public const int MaxLength = 1 << 20;

    /// <summary>What a descriptor begins with.</summary>
    public static ReadOnlySpan<byte> Magic => "# Disk DescriptorFile"u8;

    private const string NoParent = "ffffffff";
    private readonly Dictionary<string, string> _values = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>What a child knows the contents by.</summary>
    public string? ContentId => _values.GetValueOrDefault("CID");

    /// <summary>The content id that the parent had; null without a parent.</summary>
    public string? ParentContentId => _values.GetValueOrDefault("parentCID") is { } id && !id.Equals(NoParent, StringComparison.OrdinalIgnoreCase) ? id : null;

    /// <summary>The parent's path.</summary>
    public string? ParentHint => _values.GetValueOrDefault("parentFileNameHint");

    /// <summary>"monolithicSparse" and the like.</summary>
    public string? CreateType => _values.GetValueOrDefault("createType");

    /// <summary>The extents, in order.</summary>
    public List<ExtentLine> Extents { get; } = [];

    /// <summary>Reads a descriptor.</summary>
    /// <param name="bytes">The text; zeros may follow.</param>
    /// <exception cref="InvalidImageException">An extent's line is none.</exception>
    public static Descriptor Parse(ReadOnlySpan<byte> bytes)
    {
        var descriptor = new Descriptor();
        int end = bytes.IndexOf((byte)0);
        foreach (string line in DescriptorText.Decode(end < 0 ? bytes : bytes[..end]).Split('\n', StringSplitOptions.TrimEntries))
        {
            int equals = line.IndexOf('=', StringComparison.Ordinal);
            if (line.StartsWith('#') || line.Length == 0)
            {
                continue;
            }

            if (ExtentLine.IsOne(line))
            {
                descriptor.Extents.Add(ExtentLine.Parse(line));
            }
            else if (equals > 0)
            {
                descriptor._values[line[..equals].Trim()] = line[(equals + 1)..].Trim().Trim('"');
            }
        }

        return descriptor;
    }
}

/// <summary>
/// A line of the descriptor (VMDK: The Extent Description): <c>RW 4192256 SPARSE "disk-s001.vmdk"</c>. After the file are an offset, and
/// for extents on a device its partition's UUID and its name, which say nothing more of where the bytes are.
/// </summary>
/// <param name="Sectors">Sectors of the extent.</param>
/// <param name="Type">"SPARSE", "FLAT", "ZERO", "VMFS", "VMFSSPARSE" and others.</param>
/// <param name="File">The file; null when there is none.</param>
/// <param name="Offset">Where the extent begins in the file, in sectors; of flat ones.</param>
internal sealed record ExtentLine(long Sectors, string Type, string? File, long Offset)
{
    // So that all extents together are no longer than a file can be.
    private const long MaxSectors = 1L << 43;

    /// <summary>Whether a line is one of an extent.</summary>
    public static bool IsOne(string line) => line.IndexOfAny([' ', '\t']) is > 0 and var end && line[..end] is "RW" or "RDONLY" or "NOACCESS";

    /// <exception cref="InvalidImageException">It is none.</exception>
    public static ExtentLine Parse(string line)
    {
        List<string> words = SplitWords(line);
        string? file = words.Count > 3 && words[3].Length > 0 ? words[3] : null;
        long offset = 0;
        return words.Count is >= 3 and <= 7
            && TryParse(words[1], out long sectors)
            && (file is not null || words[2] == "ZERO")
            && file?.Contains('\0', StringComparison.Ordinal) != true
            && (words.Count < 5 || TryParse(words[4], out offset))
            ? new ExtentLine(sectors, words[2], file, offset)
            : throw Invalid(line);
    }

    // Between quotes, a word may have spaces.
    private static List<string> SplitWords(string line)
    {
        var words = new List<string>();
        for (int at = 0; at < line.Length;)
        {
            if (line[at] is ' ' or '\t')
            {
                at++;
                continue;
            }

            bool isQuoted = line[at] == '"';
            int start = isQuoted ? at + 1 : at;
            int end = isQuoted ? line.IndexOf('"', start) : line.AsSpan(start).IndexOfAny(' ', '\t') is >= 0 and var length ? start + length : line.Length;
            if (end < 0)
            {
                throw Invalid(line);
            }

            words.Add(line[start..end]);
            at = isQuoted ? end + 1 : end;
        }

        return words;
    }

    private static bool TryParse(string text, out long sectors) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out sectors) && sectors <= MaxSectors;

    private static InvalidImageException Invalid(string line) =>
        new("vmdk descriptor", 0, $"\"{(line.Length > 100 ? line[..100] : line)}\" is not an extent", "VMDK: The Extent Description");
}

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
