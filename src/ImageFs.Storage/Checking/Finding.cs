namespace ImageFs.Storage.Checking;

/// <summary>Something that is wrong with an image.</summary>
/// <param name="Structure">What it is wrong with, in the format's own word; empty when <paramref name="Problem"/> says all.</param>
/// <param name="Address">Where that is, in bytes from the start of the volume; null when it is nowhere.</param>
/// <param name="Problem">What is wrong with it.</param>
/// <param name="Clause">The clause of the specification that it breaks; null when there is none.</param>
public sealed record Finding(string Structure, long? Address, string Problem, string? Clause = null)
{
    /// <summary>The file that it concerns, by its path; empty when it is no file's.</summary>
    public string File { get; init; } = string.Empty;

    /// <summary>What an error says.</summary>
    public static Finding Of(Exception error) => error is InvalidImageException invalid
        ? new Finding(invalid.Structure, invalid.Address, invalid.Problem, invalid.Clause)
        : new Finding(string.Empty, null, error.Message);

    /// <summary>One line: the file, the structure, its address, the problem, the clause.</summary>
    public override string ToString()
    {
        string file = File.Length == 0 ? string.Empty : $"{File}: ";
        string place = Address is { } address ? $" at 0x{address:X}" : string.Empty;
        string structure = Structure.Length == 0 ? string.Empty : $"{Structure}{place}: ";
        return $"{file}{structure}{Problem}{(Clause is null ? string.Empty : $" ({Clause})")}";
    }
}
