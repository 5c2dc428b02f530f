using System.CommandLine;
using ImageFs.Output;

namespace ImageFs.Help;

/// <summary>Writes the help of a command: usage, purpose, examples, arguments, options by their groups, and where to read more.</summary>
internal sealed class HelpText(TextWriter output, int width, Style style)
{
    private const int Indent = 2;
    private const int Gap = 2;
    private const int WidestTerm = 44;
    private const int NarrowestMeaning = 24;

    internal void Write(Command command)
    {
        var verb = command as Verb;
        WriteUsage(command);
        output.WriteLine();
        WriteWrapped(command.Description ?? string.Empty, 0);
        WriteRows("Examples", [.. (verb?.Examples ?? []).Select(example => (example.Line, example.Meaning))]);
        WriteRows("Arguments", [.. command.Arguments.Where(argument => !argument.Hidden).Select(SymbolHelp.Row)]);
        WriteRows("Options", [.. (verb?.OtherOptions ?? command.Options).Where(option => !option.Hidden).Select(SymbolHelp.Row)]);
        foreach (HelpGroup group in verb?.Groups ?? [])
        {
            WriteRows(group.Title, [.. group.Rows]);
        }

        output.WriteLine();
        output.WriteLine(command.Subcommands.Count > 0
            ? "More: 'imagefs COMMAND --help', and the manual: 'man imagefs'."
            : "More: the manual, 'man imagefs'.");
    }

    private void WriteUsage(Command command)
    {
        if (command.Subcommands.Count > 0)
        {
            output.WriteLine($"{style.Bold("Usage:")} imagefs [-o OPTIONS] IMAGE [DIR]");
            output.WriteLine("       imagefs COMMAND [OPTION]... ARGUMENT...");
        }
        else
        {
            output.WriteLine($"{style.Bold("Usage:")} imagefs {string.Join(' ', [command.Name, "[OPTION]...", .. command.Arguments.Select(SymbolHelp.Usage)])}");
        }
    }

    private void WriteRows(string title, IReadOnlyList<(string Term, string Meaning)> rows)
    {
        if (rows.Count == 0)
        {
            return;
        }

        output.WriteLine();
        output.WriteLine(style.Bold($"{title}:"));
        int column = Indent + Gap + rows.Select(row => row.Term.Length).Where(length => length <= WidestTerm).DefaultIfEmpty(Indent).Max();
        column = width - column < NarrowestMeaning ? 2 * Indent : column;
        foreach ((string term, string meaning) in rows)
        {
            output.Write(new string(' ', Indent));
            output.Write(term);
            int written = Indent + term.Length;
            if (written + Gap > column)
            {
                output.WriteLine();
                written = 0;
            }

            output.Write(new string(' ', column - written));
            WriteWrapped(meaning, column);
        }
    }

    private void WriteWrapped(string text, int column)
    {
        int at = column;
        foreach (string word in text.Split(' '))
        {
            if (at > column && at + 1 + word.Length > width)
            {
                output.WriteLine();
                output.Write(new string(' ', column));
                at = column;
            }

            if (at > column)
            {
                output.Write(' ');
                at++;
            }

            output.Write(word);
            at += word.Length;
        }

        output.WriteLine();
    }
}
