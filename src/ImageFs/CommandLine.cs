using System.CommandLine;
using System.CommandLine.Parsing;
using ImageFs.Advice;
using ImageFs.Help;
using ImageFs.Tree;

namespace ImageFs;

/// <summary>How a command line is parsed, and what is wrong with it.</summary>
internal static class CommandLine
{
    /// <summary>A word that begins with @ is a word.</summary>
    internal static ParserConfiguration Configuration => new() { ResponseFileTokenReplacer = null };

    /// <summary>
    /// The same with its verb: <c>imagefs IMAGE DIR</c> is short for <c>imagefs mount IMAGE DIR</c>, <c>imagefs -u DIR</c> for
    /// <c>imagefs umount DIR</c>, and <c>imagefs help VERB</c> for <c>imagefs VERB --help</c>. Options may stand before either, and
    /// -o and -t have a word of their own.
    /// </summary>
    internal static string[] WithVerb(Command root, string[] arguments)
    {
        switch (arguments)
        {
            case ["-u", .. var rest]:
                return ["umount", .. rest];
            case ["help", var verb] when IsVerb(root, verb):
                return [verb, "--help"];
            case ["help", ..]:
                return ["--help"];
            case ["version"]:
                return ["--version"];
        }

        int first = 0;
        while (first < arguments.Length && arguments[first] is var option && IsOption(option) && option != "--")
        {
            first += option is "-o" or "--options" or "-t" or "--types" ? 2 : 1;
        }

        return first >= arguments.Length || IsVerb(root, arguments[first]) ? arguments : ["mount", .. arguments];
    }

    /// <summary>What is wrong with a command line; null when nothing is.</summary>
    /// <param name="parsed">As the parser has it.</param>
    /// <param name="arguments">As it was typed.</param>
    internal static string? Explain(ParseResult parsed, string[] arguments)
    {
        bool isNoVerb = arguments is ["help", var asked, ..] && !IsVerb(parsed.RootCommandResult.Command, asked);
        if (isNoVerb || arguments is ["help", _, _, ..])
        {
            return isNoVerb ? $"there is no command '{arguments[1]}'{Meant(parsed, arguments[1])}" : "help takes one command";
        }

        // Help and version, whatever else is wrong.
        if (parsed.Action is { ClearsParseErrors: true })
        {
            return null;
        }

        // The parser takes an option that it does not know for whatever may stand there.
        Command command = parsed.CommandResult.Command;
        Token[] options = [.. parsed.Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash)];
        if (options.Where((token, i) => IsUnknownOption(token) && !(i > 0 && IsNumberOf(command, options[i - 1], token))).FirstOrDefault() is { } unknown)
        {
            return $"unknown option '{unknown.Value}'{Question.Of(NearWord.Find(unknown.Value.Split('=')[0], OptionsOf(command)))}";
        }

        // Any words may be images and a directory.
        if (arguments is [var word, ..] && command.Name == "mount" && word != "mount" && IsLikeVerb(word))
        {
            return $"there is no command '{word}', and no image of that name{Meant(parsed, word)}";
        }

        if (parsed.Errors.Count == 0)
        {
            return null;
        }

        Argument? missing = command.Arguments.FirstOrDefault(argument => argument.Arity.MinimumNumberOfValues > 0 && parsed.GetResult(argument) is null or { Tokens.Count: 0 });
        return missing is null ? parsed.Errors[0].Message.TrimEnd('.') : $"{missing.Name} is missing: {Usage(command)}";
    }

    private static string Meant(ParseResult parsed, string verb) => Question.Of(
        NearWord.Find(verb, parsed.RootCommandResult.Command.Subcommands.SelectMany(command => (string[])[command.Name, .. command.Aliases])));

    // Without their values: one that is unknown has its value behind it, too.
    private static IEnumerable<string> OptionsOf(Command command) =>
        command.Options.SelectMany(SymbolHelp.Names).Where(name => name.StartsWith("--", StringComparison.Ordinal));

    private static bool IsUnknownOption(Token token) => token.Type == TokenType.Argument && IsOption(token.Value);

    // "-//PATH" is inside the image on standard input.
    private static bool IsOption(string word) => word is ['-', not '/', ..];

    // "-size -1M": the value of an option that wants one.
    private static bool IsNumberOf(Command command, Token before, Token token) => before.Type == TokenType.Option && token.Value is ['-', >= '0' and <= '9', ..]
        && command.Options.Any(option => option.Arity.MinimumNumberOfValues > 0 && (option.Name == before.Value || option.Aliases.Contains(before.Value)));

    private static bool IsVerb(Command root, string word) =>
        root.Subcommands.Any(command => command.Name == word || command.Aliases.Contains(word));

    private static bool IsLikeVerb(string word) => word.All(char.IsAsciiLetter) && !Linux.Paths.Exists(word);

    private static string Usage(Command command) => string.Join(' ', command.Arguments.Select(argument => argument.Name).Prepend($"imagefs {command.Name}"));
}
