using ImageFs.Linux;

namespace ImageFs.Storage.Checking;

/// <summary>A check at work: what it has found, and what it has looked at.</summary>
/// <param name="find">Hears of each finding.</param>
/// <param name="progress">Hears of bytes read.</param>
public sealed class CheckRun(Action<Finding> find, Action<long> progress)
{
    /// <summary>How much was found.</summary>
    public int Findings { get; private set; }

    /// <summary>How much there was to look at: "2 tables", "1024 files"; empty when its name says all.</summary>
    public string Extent { get; set; } = string.Empty;

    /// <summary>How far it came.</summary>
    public CheckState State { get; private set; }

    /// <summary>Why it did not come to its end; empty when it did.</summary>
    public string Obstacle { get; private set; } = string.Empty;

    /// <summary>Something is wrong.</summary>
    public void Find(Finding finding)
    {
        Findings++;
        find(finding);
    }

    /// <summary>Something is wrong.</summary>
    /// <param name="structure">What with, in the format's own word.</param>
    /// <param name="address">Where, in bytes from the start of the volume.</param>
    /// <param name="problem">What.</param>
    /// <param name="clause">The clause that it breaks.</param>
    public void Find(string structure, long address, string problem, string? clause = null) =>
        Find(new Finding(structure, address, problem, clause));

    /// <summary>There is nothing to check: told as not checked.</summary>
    public void GiveUp(string reason) => Stop(CheckState.Absent, reason);

    /// <summary>There is something that cannot be checked, and so the image is not called sound. Of several reasons the first is told.</summary>
    public void Block(string reason) => Stop(CheckState.Blocked, reason);

    /// <summary>Bytes were read.</summary>
    public void Advance(long bytes) => progress(bytes);

    /// <summary>Does a part of the check; what stops it is a finding, and the rest of the check goes on.</summary>
    /// <param name="part">The part.</param>
    /// <returns>Whether it came to its end.</returns>
    public bool Try(Action part)
    {
        try
        {
            part();
            return true;
        }
        catch (UnsupportedFeatureException e)
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
