namespace ImageFs.MountTests.Support;

/// <summary>What a message quotes of a program's output: its end, so much of it that nobody's memory or log is filled.</summary>
internal static class Quote
{
    /// <summary>Characters of the longest quotation.</summary>
    public const int Most = 64 << 10;

    /// <summary>The end of a text.</summary>
    public static string End(string text) => text.Length <= Most ? text : $"[{text.Length - Most} characters before]{text[^Most..]}";
}
