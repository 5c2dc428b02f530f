using System.Runtime.ExceptionServices;
using ImageFs.FileSystems.Foreign;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Formats;

namespace ImageFs.FileSystems;

/// <summary>Says what a volume may be, and which of it is the likeliest.</summary>
/// <remarks>
/// The marks decide what it may be. Only where there are several are they weighed, each by what it leads to (<see cref="Weight"/>), and
/// ranked (<see cref="Standing"/>); the order of <see cref="FileSystemFormats.All"/> decides what is left. ISO 9660 beside UDF is no
/// choice: bridge discs have both, and UDF is what they show.
/// </remarks>
public static class Recogniser
{
    /// <summary>All that a source may be, the likeliest first; empty when nothing is recognised.</summary>
    /// <param name="source">The volume.</param>
    /// <param name="formats">The formats that are read; null for all of the program.</param>
    /// <exception cref="ImageException">Nothing is, and where a format wanted to look there is nothing to be read.</exception>
    /// <exception cref="LinuxException">The device failed.</exception>
    public static IReadOnlyList<Recognition> Recognise(BlockSource source, IReadOnlyList<FileSystemFormat>? formats = null)
    {
        var window = ProbeWindow.Over(source);
        List<Recognition> found = FindFormats(window.View, formats ?? FileSystemFormats.All, out ExceptionDispatchInfo? problem);
        if (found.Count == 0)
        {
            AddForeign(found, window, _ => true);
            if (found.Count == 0)
            {
                problem?.Throw();
            }

            return found;
        }

        try
        {
            AddForeign(found, window, IsBeside);
        }
        catch (LinuxException)
        {
            // What is shown does not need to be read there.
        }

        return found.Count == 1 ? found : Rank(found);
    }

    /// <summary>The formats whose damaged remains a source holds, of which nothing is recognised.</summary>
    /// <exception cref="ImageException">The image ends where a format wants to look.</exception>
    /// <exception cref="LinuxException">The device failed.</exception>
    public static IReadOnlyList<Recognition> RecogniseDamaged(BlockSource source) =>
        [.. FileSystemFormats.All.Where(format => format.Resembles(source)).Take(1).Select(format => new Recognition(format, source))];

    /// <summary>Whether a source is a volume, of a format that is read or not, and more than a mark that leads nowhere.</summary>
    /// <exception cref="LinuxException">The device failed.</exception>
    public static bool IsVolume(BlockSource source)
    {
        var window = ProbeWindow.Over(source);
        return FindFormats(window.View, FileSystemFormats.All, out _).Exists(recognition => recognition.IsReadable) || ForeignFormats.Recognise(window).Any(foreign => foreign.IsVolume);
    }

    /// <summary>Whether two are the two of a bridge disc.</summary>
    public static bool IsBridge(Recognition one, Recognition other) =>
        one.Format is { IsOfDiscs: true } && other.Format is { IsOfDiscs: true };

    // A file that is compressed, or a text, is no volume; what is beside a file system is.
    private static bool IsBeside(ForeignFormat foreign) => foreign.IsVolume;

    private static void AddForeign(List<Recognition> found, ProbeWindow window, Predicate<ForeignFormat> counts)
    {
        foreach (ForeignFormat foreign in ForeignFormats.Recognise(window))
        {
            if (counts(foreign))
            {
                found.Add(new Recognition(foreign, window.View));
            }
        }
    }

    private static List<Recognition> FindFormats(BlockSource source, IReadOnlyList<FileSystemFormat> formats, out ExceptionDispatchInfo? problem)
    {
        problem = null;
        var found = new List<Recognition>();
        foreach (FileSystemFormat format in formats)
        {
            // What one stumbles over the next may not look at: a disc begins with sound, and has its data after it.
            try
            {
                if (format.Probe(source))
                {
                    found.Add(new Recognition(format, source));
                }
            }
            catch (ImageException e)
            {
                problem ??= ExceptionDispatchInfo.Capture(e);
            }
        }

        return found;
    }

    private static List<Recognition> Rank(List<Recognition> found)
    {
        Recognition[] ofDiscs = [.. found.Where(recognition => recognition.Format is { IsOfDiscs: true })];
        return ofDiscs.Length == found.Count ? found : [.. found.OrderBy(StandingOf)];

        // The better of a bridge's two stands for both.
        Standing StandingOf(Recognition recognition) => ofDiscs.Contains(recognition) ? ofDiscs.Min(other => other.Standing) : recognition.Standing;
    }
}
