using System.CommandLine;
using ImageFs.Help;
using ImageFs.Linux;
using ImageFs.Output;

namespace ImageFs.Completion;

/// <summary>
/// Tells a shell which words may be at the cursor. It asks by <c>imagefs __complete WORD...</c>, the last word being the one at the
/// cursor. The first line of the answer is <c>words</c>, and a line for each follows: the word, a tab, what it means; or it is
/// <c>files</c> or <c>directories</c>, a tab, and the path that the shell is to complete by itself.
/// </summary>
internal static class Completer
{
    /// <summary>What a shell asks by.</summary>
    internal const string Word = "__complete";

    internal static void Write(TextWriter output, Verb root, string[] words)
    {
        string[] before = words.Length == 0 ? [] : words[..^1];
        string word = words.LastOrDefault() ?? string.Empty;
        (string kind, IEnumerable<Candidate> candidates) = Find(root, before, word);
        output.WriteLine(kind);
        foreach (Candidate candidate in candidates)
        {
            output.WriteLine($"{candidate.Text}\t{candidate.Meaning}");
        }
    }

    private static (string Kind, IEnumerable<Candidate> Candidates) Find(Verb root, string[] before, string word)
    {
        if (before.Length == 0)
        {
            Candidate[] verbs = [.. root.Subcommands.Where(verb => !verb.Hidden).Select(verb => new Candidate(verb.Name, verb.Description ?? string.Empty)).Where(Fits)];
            return verbs.Length > 0 ? Words(verbs) : word.StartsWith('-') ? Words(OptionsOf(root, root).Where(Fits)) : ("files\t" + word, []);
        }

        // Words that begin with options are for mount as well.
        string[] line = CommandLine.WithVerb(root, before);
        ParseResult parsed = root.Parse(line, CommandLine.Configuration);
        if (parsed.CommandResult.Command == root)
        {
            parsed = root.Parse(["mount", .. before], CommandLine.Configuration);
        }

        Command command = parsed.CommandResult.Command;
        if (FindOption(root, command, before[^1]) is { } option)
        {
            return Value(SymbolHelp.ValueName(option)!, isOption: true, word, string.Empty);
        }

        if (word.StartsWith('-') && !before.Contains("--"))
        {
            int equals = word.IndexOf('=', StringComparison.Ordinal);
            return equals > 0 && FindOption(root, command, word[..equals]) is { } given
                ? Value(SymbolHelp.ValueName(given)!, isOption: true, word[(equals + 1)..], word[..(equals + 1)])
                : Words(OptionsOf(root, command).Where(Fits));
        }

        return command.Arguments.FirstOrDefault(argument => (parsed.GetResult(argument)?.Tokens.Count ?? 0) < argument.Arity.MaximumNumberOfValues) is { } next
            ? Value(next.Name, isOption: false, word, string.Empty)
            : Words([]);

        bool Fits(Candidate candidate) => candidate.Text.StartsWith(word, StringComparison.Ordinal);

        // What a value is called says what it is.
        (string Kind, IEnumerable<Candidate> Candidates) Value(string name, bool isOption, string value, string prefix) => name switch
        {
            "OPTIONS" => Words(MountOptionWords.Complete(value).Select(candidate => candidate with { Text = prefix + candidate.Text })),
            "PATH" => Words(ImageWords.Complete(parsed, value)),
            "IMAGE" => ImageWords.CompleteInner(value) is { } inner ? Words(inner) : ("files\t" + value, []),
            "FILE" => ("files\t" + value, []),
            "DIR" when !isOption && command.Name != "mount" =>
                Words(Mounts.PointsOf("fuse.imagefs").Distinct().Where(PrintableText.IsPrintable).Select(point => new Candidate(point)).Where(Fits)),
            "DIR" => ("directories\t" + value, []),
            _ => Words([]),
        };
    }

    private static (string Kind, IEnumerable<Candidate> Candidates) Words(IEnumerable<Candidate> candidates) => ("words", candidates);

    // Those of the program that count for every command come last.
    private static IEnumerable<Candidate> OptionsOf(Command root, Command command) =>
        command.Options.Concat(root.Options.Where(option => option.Recursive)).Distinct().Where(option => !option.Hidden)
            .SelectMany(option => SymbolHelp.Names(option).Select(name => new Candidate(name, option.Description ?? string.Empty)));

    // An option of that name that wants a value.
    private static Option? FindOption(Command root, Command command, string name) =>
        command.Options.Concat(root.Options).FirstOrDefault(option => SymbolHelp.Names(option).Contains(name) && SymbolHelp.ValueName(option) is not null);
}

/// <summary>A word that may be at the cursor.</summary>
/// <param name="Text">The whole word; one that ends in <c>=</c> or <c>/</c> is to go on.</param>
/// <param name="Meaning">What it means.</param>
internal readonly record struct Candidate(string Text, string Meaning = "");
