using System.CommandLine;
using System.CommandLine.Invocation;

namespace ImageFs.Help;

/// <summary>What <c>--version</c> does.</summary>
internal sealed class PrintVersion : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        Console.WriteLine($"imagefs {typeof(Program).Assembly.GetName().Version?.ToString(3)}");
        return ExitStatus.Success;
    }
}
