namespace ImageFs.FileSystems.Ext.Directories;

/// <summary>A name that is looked for, and when a name in a directory is the same.</summary>
internal readonly ref struct NameMatch
{
    private readonly byte[]? _folded;

    /// <param name="name">The name.</param>
    /// <param name="flags">The flags of the directory: whether names in it have case, and can be read.</param>
    public NameMatch(ReadOnlySpan<byte> name, InodeFlags flags)
    {
        bool isEncrypted = flags.HasFlag(InodeFlags.Encrypted);
        Name = name;
        _folded = flags.HasFlag(InodeFlags.CaseFold) && !isEncrypted ? CaseFolding.Fold(name) : null;
        HasHash = !isEncrypted;
    }

    /// <summary>The name.</summary>
    public ReadOnlySpan<byte> Name { get; }

    /// <summary>What the hash is taken of.</summary>
    public ReadOnlySpan<byte> HashedName => _folded ?? Name;

    /// <summary>Whether the hash of <see cref="HashedName"/> is that of the name on disk: not of an encrypted one.</summary>
    public bool HasHash { get; }

    /// <summary>Whether a directory's name is the one.</summary>
    public bool Matches(ReadOnlySpan<byte> name) =>
        name.SequenceEqual(Name) || (_folded is not null && _folded.AsSpan().SequenceEqual(CaseFolding.Fold(name)));
}
