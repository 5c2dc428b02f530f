namespace ImageFs.Storage.Containers.Ewf;

/// <summary>
/// The name of a segment file, and how those that follow are named: <c>.E01</c> to <c>.E99</c>, <c>.EAA</c> to <c>.EZZ</c>, <c>.FAA</c> and so on to
/// <c>.ZZZ</c>; in small letters, or from <c>.s01</c> on, the same.
/// </summary>
/// <param name="Prefix">What comes before the last three characters.</param>
/// <param name="First">The letter that the first segment's extension begins with.</param>
internal readonly record struct SegmentName(string Prefix, char First)
{
    private const int ExtensionLength = 3;
    private const int Numbered = 99;
    private const int Letters = 26;

    /// <summary>The names of the segments of a file that may be one; null where the name does not tell which follow.</summary>
    /// <param name="path">The name, or a path that ends in it.</param>
    public static SegmentName? Of(string path)
    {
        string name = Path.GetFileName(path);
        return name.Length > ExtensionLength + 1 && name[^4] == '.' && name[^2..] == "01" && char.IsAsciiLetter(name[^3])
            ? new SegmentName(name[..^ExtensionLength], name[^3])
            : null;
    }

    /// <summary>The name of a segment.</summary>
    /// <param name="number">Its number, from 1 on.</param>
    /// <returns>Null when there are no more names.</returns>
    public string? Find(int number)
    {
        if (number <= Numbered)
        {
            return $"{Prefix}{First}{number:D2}";
        }

        int place = number - Numbered - 1;
        char a = char.IsAsciiLetterLower(First) ? 'a' : 'A';
        int letter = First - a + (place / (Letters * Letters));
        return letter >= Letters
            ? null
            : $"{Prefix}{(char)(a + letter)}{(char)(a + (place / Letters % Letters))}{(char)(a + (place % Letters))}";
    }
}
