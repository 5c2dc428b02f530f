namespace ImageFs.Storage;

/// <summary>A mount option is unknown, or its value is not valid.</summary>
/// <param name="option">The option as it was given.</param>
/// <param name="problem">What is wrong with it.</param>
public sealed class OptionException(string option, string problem) : Exception($"option '{option}': {problem}")
{
    /// <summary>The option as it was given.</summary>
    public string Option => option;
}
