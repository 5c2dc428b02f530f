namespace ImageFs.Storage.Containers;

/// <summary>The files that a user names in place of those that images name: <c>backing-file=</c>, <c>extent=</c>.</summary>
/// <param name="parents">What each image of the chain is written over, from the image itself on.</param>
/// <param name="parts">Parts, by the last name that the image has for them.</param>
public sealed class MovedFiles(IReadOnlyList<string> parents, IReadOnlyDictionary<string, string> parts)
{
    private readonly HashSet<string> _used = [];

    /// <summary>No files.</summary>
    public static MovedFiles None { get; } = new([], new Dictionary<string, string>());

    /// <summary>Takes the options that name them.</summary>
    /// <exception cref="OptionException">One of them has no value.</exception>
    public static MovedFiles Take(OptionList options)
    {
        var parts = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (string value in options.TakeValues("extent"))
        {
            // A file alone stands for the part that has its name.
            int equals = value.IndexOf('=', StringComparison.Ordinal);
            bool isRenamed = equals > 0 && !value.AsSpan(0, equals).Contains('/');
            parts[isRenamed ? value[..equals] : Path.GetFileName(value)] = isRenamed ? value[(equals + 1)..] : value;
        }

        // parent= is the older word.
        return new MovedFiles([.. options.TakeValues("backing-file"), .. options.TakeValues("parent")], parts);
    }

    /// <summary>What an image is written over, by the user's word; null where that was not said.</summary>
    /// <param name="level">0 for the image itself, 1 for what that is written over, and so on.</param>
    internal string? FindParent(int level) => level < parents.Count ? Use($"backing-file={parents[level]}", parents[level]) : null;

    /// <summary>What stands for a part, by the user's word; null where that was not said.</summary>
    /// <param name="path">The path that the image has for it.</param>
    internal string? FindPart(string path)
    {
        string name = Path.GetFileName(path);
        return parts.TryGetValue(name, out string? file) ? Use($"extent={name}", file) : null;
    }

    /// <summary>Refuses what stands for nothing, when all files are open.</summary>
    /// <exception cref="OptionException">An option does.</exception>
    internal void RefuseUnused()
    {
        foreach (string option in parents.Select(parent => $"backing-file={parent}").Concat(parts.Keys.Select(name => $"extent={name}")))
        {
            if (!_used.Contains(option.ToUpperInvariant()))
            {
                throw new OptionException(option, "is not a file that the image names");
            }
        }
    }

    private string Use(string option, string file)
    {
        _used.Add(option.ToUpperInvariant());
        return file;
    }
}
