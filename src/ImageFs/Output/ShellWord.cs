namespace ImageFs.Output;

/// <summary>Words of a command that somebody may type.</summary>
internal static class ShellWord
{
    private const string PlainMarks = "/._-+:=@%,";

    /// <summary>A word as a shell takes it for itself.</summary>
    internal static string Quote(string word) => word.Length > 0 && word.All(letter => char.IsLetterOrDigit(letter) || PlainMarks.Contains(letter, StringComparison.Ordinal))
        ? word
        : $"'{word.Replace("'", @"'\''", StringComparison.Ordinal)}'";
}
