using ImageFs.FileSystems;
using ImageFs.Storage;

namespace ImageFs.Images;

/// <summary>The volumes of a disk that a command works on: decided in one place, for every command (<see cref="Disk.Select"/>).</summary>
/// <param name="Volumes">The volumes: the whole disk, the one chosen, or the partitions with a file system that is read.</param>
public sealed record Selection(IReadOnlyList<Volume> Volumes)
{
    /// <summary>The format that the user wants; null for the one recognised.</summary>
    public FileSystemFormat? Format { get; init; }

    /// <summary>The disk's other volumes that may have files.</summary>
    public IReadOnlyList<LeftOut> LeftOut { get; init; } = [];

    /// <summary>
    /// Warnings for whoever opens the volumes: what is wrong with the table, which partition is cut short, what else the disk may be and
    /// which option shows that.
    /// </summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Whether it is the disk as a whole.</summary>
    public bool IsWhole => Volumes is [{ Entry: null }];

    /// <summary>The format in which one of the volumes is opened; null when none is known.</summary>
    public FileSystemFormat? FormatOf(Volume volume) => Format ?? volume.Format;

    /// <summary>Warns of what is left out or in doubt.</summary>
    /// <param name="warn">Called with the warning.</param>
    /// <param name="isStrict">Whether to leave out what may have files is an error.</param>
    /// <exception cref="UnsupportedFeatureException">Something is left out, and that is an error.</exception>
    public void Tell(Action<string> warn, bool isStrict)
    {
        foreach (string warning in Warnings)
        {
            warn(warning);
        }

        foreach (LeftOut leftOut in LeftOut)
        {
            warn(leftOut.ToString());
        }

        if (isStrict)
        {
            Refuse(LeftOut.Count(leftOut => leftOut.MayHaveFiles));
        }
    }

    /// <summary>The error that volumes are left out.</summary>
    /// <exception cref="UnsupportedFeatureException">There are any.</exception>
    public static void Refuse(int leftOut)
    {
        if (leftOut > 0)
        {
            throw new UnsupportedFeatureException($"a disk with {leftOut} {(leftOut == 1 ? "volume" : "volumes")} that cannot be shown (without left-out=error the others are shown)");
        }
    }
}
