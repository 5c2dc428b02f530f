using System.CommandLine;

namespace ImageFs.Help;

/// <summary>
/// A command whose help has examples, and groups with headings. Both are added as arguments and options are:
/// <c>new Verb("mount", "...") { image, new Example("imagefs ...", "..."), { "Serving", foreground, debug } }</c>.
/// </summary>
internal class Verb(string name, string description) : Command(name, description)
{
    private readonly List<Example> _examples = [];
    private readonly List<HelpGroup> _groups = [];
    private readonly HashSet<Symbol> _grouped = [];

    /// <summary>Lines to type.</summary>
    internal IReadOnlyList<Example> Examples => _examples;

    /// <summary>What has a heading of its own.</summary>
    internal IReadOnlyList<HelpGroup> Groups => _groups;

    /// <summary>The options that are in no group.</summary>
    internal IEnumerable<Option> OtherOptions => Options.Where(option => !_grouped.Contains(option));

    /// <summary>Adds an example.</summary>
    internal void Add(Example example) => _examples.Add(example);

    /// <summary>Adds groups whose rows are no options of the command's own.</summary>
    internal void Add(IEnumerable<HelpGroup> groups) => _groups.AddRange(groups);

    /// <summary>Adds options under a heading.</summary>
    internal void Add(string title, params Option[] options)
    {
        Array.ForEach(options, Add);
        Group(title, options);
    }

    /// <summary>Adds commands under a heading.</summary>
    internal void Add(string title, params Command[] commands)
    {
        Array.ForEach(commands, Add);
        Group(title, commands);
    }

    private void Group(string title, Symbol[] symbols)
    {
        _grouped.UnionWith(symbols);
        _groups.Add(new HelpGroup(title, symbols.Select(SymbolHelp.Row)));
    }
}

/// <summary>A line to type, in a command's help.</summary>
/// <param name="Line">The line.</param>
/// <param name="Meaning">What it does.</param>
internal sealed record Example(string Line, string Meaning);

/// <summary>Some of a command's options, or of the program's commands, under a heading.</summary>
/// <param name="Title">The heading.</param>
/// <param name="Rows">What is typed, and what it means; found when they are printed, which is seldom.</param>
internal sealed record HelpGroup(string Title, IEnumerable<(string Term, string Meaning)> Rows);
