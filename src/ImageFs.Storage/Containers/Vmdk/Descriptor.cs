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
