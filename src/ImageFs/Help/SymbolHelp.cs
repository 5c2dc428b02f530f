using System.CommandLine;

namespace ImageFs.Help;

/// <summary>How the parts of a command line look in a help.</summary>
internal static class SymbolHelp
{
    /// <summary>What is typed, and what it means.</summary>
    internal static (string Term, string Meaning) Row(Symbol symbol) => symbol switch
    {
        Option option => (Term(option), Meaning(option, option.HasDefaultValue ? option.GetDefaultValue() : null)),
        Argument argument => (argument.Name, Meaning(argument, argument.HasDefaultValue ? argument.GetDefaultValue() : null)),
        _ => (symbol.Name, symbol.Description ?? string.Empty),
    };

    /// <summary>An option's names, the short ones first.</summary>
    internal static IEnumerable<string> Names(Option option) =>
        new[] { option.Name }.Concat(option.Aliases).Distinct().OrderBy(name => name.StartsWith("--", StringComparison.Ordinal));

    /// <summary>What an option's value is called; null for one that takes none.</summary>
    internal static string? ValueName(Option option) =>
        option.Arity.MaximumNumberOfValues == 0 || option.ValueType == typeof(bool) ? null : option.HelpName ?? option.Name.TrimStart('-').ToUpperInvariant();

    /// <summary>An argument as a line of usage has it: <c>IMAGE</c>, <c>[PATH]</c>, <c>PATH...</c>.</summary>
    internal static string Usage(Argument argument)
    {
        string name = argument.Arity.MaximumNumberOfValues > 1 ? $"{argument.Name}..." : argument.Name;
        return argument.Arity.MinimumNumberOfValues == 0 || argument.HasDefaultValue ? $"[{name}]" : name;
    }

    private static string Term(Option option)
    {
        string names = string.Join(", ", Names(option));
        return ValueName(option) is { } value ? $"{names} {value}" : names;
    }

    private static string Meaning(Symbol symbol, object? value) =>
        value is null or false ? symbol.Description ?? string.Empty : $"{symbol.Description} (default: {value})";
}
