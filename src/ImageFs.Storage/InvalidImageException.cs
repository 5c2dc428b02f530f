using ImageFs.Linux;

namespace ImageFs.Storage;

/// <summary>A structure of the image contradicts its specification (EUCLEAN).</summary>
/// <param name="structure">The structure, in the format's own word: "path table", "directory record".</param>
/// <param name="address">Where it is, in bytes from the start of the volume.</param>
/// <param name="problem">What is wrong with it.</param>
/// <param name="clause">The clause that it breaks: "ECMA-119 9.1.3".</param>
public sealed class InvalidImageException(string structure, long address, string problem, string? clause = null)
    : ImageException($"{structure} at 0x{address:X}: {problem}{(clause is null ? string.Empty : $" ({clause})")}")
{
    /// <summary>The structure, in the format's own word.</summary>
    public string Structure => structure;

    /// <summary>Where it is, in bytes from the start of the volume.</summary>
    public long Address => address;

    /// <summary>What is wrong with it.</summary>
    public string Problem => problem;

    /// <summary>The clause of the specification.</summary>
    public string? Clause => clause;

    /// <inheritdoc/>
    public override Errno Errno => Errno.EUCLEAN;
}
