using ImageFs.Linux;

namespace ImageFs.Storage.Checking;

/// <summary>How far a check got.</summary>
public enum CheckState
{
    /// <summary>It ran to its end.</summary>
    Done,

    /// <summary>
    /// It did not run: there is nothing of its kind to check, or no such check exists yet. It says nothing against the image.
    /// </summary>
    Absent,

    /// <summary>It did not finish: there is something that this program cannot read. The image is not called sound.</summary>
    Blocked,
}

/// <summary>Something that is wrong with an image.</summary>
/// <param name="Structure">What has the problem, in the format's own word; empty when <paramref name="Problem"/> says all.</param>
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

/// <summary>
/// One thing about an image that can be checked. Each layer and each format has its own checks; whoever runs them knows no format.
/// </summary>
/// <param name="Name">What is checked: "GPT", "implanted MD5".</param>
/// <param name="Run">Does the check; null where no check exists. That is reported too: what is not checked is not called sound.</param>
public sealed record Check(string Name, Action<CheckRun>? Run = null)
{
    /// <summary>Bytes that it reads, roughly, for a progress bar.</summary>
    public long Length { get; init; }

    /// <summary>Whether it stands for a file system: that it can be opened.</summary>
    public bool IsFileSystem { get; init; }
}

/// <summary>A check at work: what it has found, and what it has looked at.</summary>
/// <param name="find">Called with each finding.</param>
/// <param name="progress">Called with the number of bytes read.</param>
public sealed class CheckRun(Action<Finding> find, Action<long> progress)
{
    /// <summary>How much was found.</summary>
    public int Findings { get; private set; }

    /// <summary>How much was looked at: "2 tables", "1024 files"; empty when the name says all.</summary>
    public string Extent { get; set; } = string.Empty;

    /// <summary>How far it got.</summary>
    public CheckState State { get; private set; }

    /// <summary>Why it did not finish; empty when it did.</summary>
    public string Obstacle { get; private set; } = string.Empty;

    /// <summary>Reports something that is wrong.</summary>
    public void Find(Finding finding)
    {
        Findings++;
        find(finding);
    }

    /// <summary>Reports something that is wrong.</summary>
    /// <param name="structure">What with, in the format's own word.</param>
    /// <param name="address">Where, in bytes from the start of the volume.</param>
    /// <param name="problem">What.</param>
    /// <param name="clause">The clause that it breaks.</param>
    public void Find(string structure, long address, string problem, string? clause = null) =>
        Find(new Finding(structure, address, problem, clause));

    /// <summary>There is nothing to check: reported as not checked.</summary>
    public void GiveUp(string reason) => Stop(CheckState.Absent, reason);

    /// <summary>There is something that cannot be checked, and so the image is not called sound. The first of several reasons counts.</summary>
    public void Block(string reason) => Stop(CheckState.Blocked, reason);

    /// <summary>Counts bytes that were read.</summary>
    public void Advance(long bytes) => progress(bytes);

    /// <summary>Runs a part of the check; an error that stops it is a finding, and the rest of the check continues.</summary>
    /// <param name="part">The part.</param>
    /// <returns>Whether it finished.</returns>
    public bool Try(Action part)
    {
        try
        {
            part();
            return true;
        }
        catch (Exception e) when (e is UnsupportedFeatureException or MissingDeviceException)
        {
            Block(e.Message);
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            Find(Finding.Of(e));
        }

        return false;
    }

    private void Stop(CheckState state, string reason)
    {
        if (state > State)
        {
            State = state;
            Obstacle = reason;
        }
    }
}
