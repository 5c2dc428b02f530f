namespace ImageFs.Help;

/// <summary>A line to type, in a command's help.</summary>
/// <param name="Line">The line.</param>
/// <param name="Meaning">What it does.</param>
internal sealed record Example(string Line, string Meaning);
