namespace ImageFs.Help;

/// <summary>Some of a command's options, or of the program's commands, under a heading.</summary>
/// <param name="Title">The heading.</param>
/// <param name="Rows">What is typed, and what it means.</param>
internal sealed record HelpGroup(string Title, IReadOnlyList<(string Term, string Meaning)> Rows);
