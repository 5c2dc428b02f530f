namespace ImageFs.Storage.Checking;

/// <summary>How far a check came.</summary>
public enum CheckState
{
    /// <summary>To its end.</summary>
    Done,

    /// <summary>Nowhere: there is nothing of its kind to check, or no such check exists yet. It says nothing against the image.</summary>
    Absent,

    /// <summary>Not to its end: there is something that this program cannot read. The image is not called sound.</summary>
    Blocked,
}
