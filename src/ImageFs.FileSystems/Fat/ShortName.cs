using ImageFs.FileSystems.Names;

namespace ImageFs.FileSystems.Fat;

/// <summary>In which case short names are shown (<c>shortname=</c> of vfat).</summary>
internal enum ShortNameDisplay
{
    /// <summary>As the entry's flags say: <c>winnt</c> and <c>mixed</c>.</summary>
    ByFlags,

    /// <summary>In lower case: <c>lower</c>.</summary>
    LowerCase,

    /// <summary>As they are recorded, in upper case: <c>win95</c>.</summary>
    AsRecorded,
}

/// <summary>Short names as Linux shows them.</summary>
/// <param name="codePage">The character set that they are in.</param>
/// <param name="display">In which case they are shown.</param>
/// <param name="charset">The character set that they are shown in.</param>
internal sealed class ShortName(CodePage codePage, ShortNameDisplay display, NameCharset charset)
{
    /// <summary>The most characters that a name has: with the dot.</summary>
    public const int MaxLength = ShortNameEntry.NameLength + 1;

    private const int BaseLength = 8;

    // The first byte that stands for E5, which would mark a free entry (fatgen103 6.1).
    private const byte EscapedMark = 0x05;

    /// <summary>The character set that names are shown in.</summary>
    public NameCharset Charset => charset;

    /// <summary>The name of an entry as it is shown.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="name">Takes it; <see cref="MaxLength"/> characters.</param>
    /// <returns>Its length in bytes; 0 when there is none.</returns>
    public int Show(ShortNameEntry entry, Span<byte> name)
    {
        Span<char> text = stackalloc char[MaxLength];
        Span<byte> recorded = stackalloc byte[ShortNameEntry.NameLength];
        entry.Name.CopyTo(recorded);
        recorded[0] = recorded[0] == EscapedMark ? ShortNameEntry.FreeMark : recorded[0];

        int length = Append(recorded[..BaseLength], entry.IsBaseLowerCase, text);
        text[length] = '.';
        int extension = Append(recorded[BaseLength..], entry.IsExtensionLowerCase, text[(length + 1)..]);
        length += extension == 0 ? 0 : 1 + extension;
        return Utf16Name.Encode(text[..length], charset, (byte)'?', name);
    }

    // The padding is part of what is read: a byte that needs a second one does not find it there.
    private int Append(ReadOnlySpan<byte> part, bool isLowerCase, Span<char> text)
    {
        isLowerCase = display == ShortNameDisplay.LowerCase || (isLowerCase && display == ShortNameDisplay.ByFlags);
        int length = 0;
        int end = 0;
        while (!part.IsEmpty && part[0] != 0)
        {
            bool isPadding = part[0] == ' ';
            part = part[codePage.Read(part, isLowerCase, out text[length])..];
            length++;
            end = isPadding ? end : length;
        }

        return end;
    }
}
