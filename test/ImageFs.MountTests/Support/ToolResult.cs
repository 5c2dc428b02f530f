using System.Text;

namespace ImageFs.MountTests.Support;

/// <summary>What a program said and how it ended.</summary>
internal sealed record ToolResult(string Command, int ExitCode, byte[] Output, string Error)
{
    /// <summary>Standard output as text.</summary>
    public string Text => Encoding.UTF8.GetString(Output);

    /// <summary>Itself, when the program ended well.</summary>
    /// <exception cref="InvalidOperationException">It did not: what it said.</exception>
    public ToolResult Succeeded() =>
        ExitCode == 0 ? this : throw new InvalidOperationException($"{Command}\nexit status {ExitCode}\n{Quote.End(Text + Error)}");
}
