using System.Text;

namespace ImageFs.MountTests.Support;

/// <summary>What a program said and how it ended.</summary>
internal sealed record ToolResult(string Command, int ExitCode, byte[] Output, string Error)
{
    /// <summary>Standard output as text.</summary>
    public string Text => Encoding.UTF8.GetString(Output);

    /// <summary>Itself, when the program ended well; otherwise the test fails with what it said.</summary>
    public ToolResult Succeeded()
    {
        Assert.That(ExitCode, Is.Zero, $"{Command}\n{Error}");
        return this;
    }
}
