using ImageFs.Storage;

namespace ImageFs.FileSystems.Directories;

/// <summary>What is known of a directory after going through it once.</summary>
internal sealed class DirectoryFacts
{
    /// <summary>Entries that are directories.</summary>
    public required uint Subdirectories { get; init; }

    /// <summary>Whether there is an index of its names: not of too many.</summary>
    public required bool HasIndex { get; init; }

    /// <summary>The names whose hashes several entries have: they may be the same. Of what has more names than an index, none.</summary>
    public required DirectoryIndex Repeated { get; init; }

    /// <summary>The first thing that could not be read; null when all could.</summary>
    public Exception? Damage { get; init; }

    /// <summary>What no path can lead to; null when every name can be looked up.</summary>
    public Exception? Unreachable { get; init; }

    /// <summary>What ended reading it: null when it was gone through to the end.</summary>
    public ImageException? Failure { get; init; }

    /// <summary>Where reading ended with the <see cref="Failure"/>: a listing that continues another goes no further.</summary>
    public long End { get; init; } = long.MaxValue;

    /// <summary>Ends a listing where reading the directory from its start has ended.</summary>
    /// <param name="position">Where the next entry would be looked for.</param>
    /// <param name="hasAdded">Whether there are entries to hand over: the next call begins here, then, and fails.</param>
    /// <returns>True when the listing goes on.</returns>
    public bool GoesOn(long position, bool hasAdded)
    {
        if (Failure is null || position < End)
        {
            return true;
        }

        return hasAdded ? false : throw Failure;
    }
}
