namespace ImageFs.FileSystems.Ext.Directories;

/// <summary>A name that is looked for, and when a name in a directory is the same.</summary>
internal readonly ref struct NameMatch
{
    private readonly byte[]? _folded;

    /// <param name="name">The name.</param>
    /// <param name="ignoresCase">Whether the directory does not care for case.</param>
    public NameMatch(ReadOnlySpan<byte> name, bool ignoresCase)
    {
        Name = name;
        _folded = ignoresCase ? CaseFolding.Fold(name) : null;
    }

    /// <summary>The name.</summary>
    public ReadOnlySpan<byte> Name { get; }

    /// <summary>What the hash is taken of.</summary>
    public ReadOnlySpan<byte> HashedName => _folded ?? Name;

    /// <summary>Whether a hash of it can be trusted: what case folding makes of all else may not be what Linux's makes of it.</summary>
    public bool HasHash => _folded is null || System.Text.Ascii.IsValid(Name);

    /// <summary>Whether a directory's name is the one.</summary>
    public bool Matches(ReadOnlySpan<byte> name) =>
        name.SequenceEqual(Name) || (_folded is not null && _folded.AsSpan().SequenceEqual(CaseFolding.Fold(name)));
}
