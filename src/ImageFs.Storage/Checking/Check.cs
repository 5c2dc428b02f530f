namespace ImageFs.Storage.Checking;

/// <summary>One thing that can be checked of an image. Each layer and each format has its own; who runs them knows nothing of formats.</summary>
/// <param name="Name">What is checked: "GPT", "implanted MD5".</param>
/// <param name="Run">Checks it; null for what no check exists of. That is told too: what is not checked is not sound.</param>
public sealed record Check(string Name, Action<CheckRun>? Run = null)
{
    /// <summary>Bytes that it reads, roughly, for a bar of progress.</summary>
    public long Length { get; init; }

    /// <summary>Whether it stands for a file system: that it can be opened.</summary>
    public bool IsFileSystem { get; init; }
}
