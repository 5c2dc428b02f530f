using System.CommandLine;
using System.CommandLine.Invocation;
using ImageFs.Output;

namespace ImageFs.Help;

/// <summary>What <c>--help</c> does: it prints the help of the command that was given, on standard output.</summary>
internal sealed class PrintHelp : SynchronousCommandLineAction
{
    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        new HelpText(Terminal.StyledOut, Terminal.TextWidth, Terminal.Style).Write(parseResult.CommandResult.Command);
        return ExitStatus.Success;
    }
}

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
