namespace ImageFs.MountTests.Support;

/// <summary>Looks at processes that are no children of the tests.</summary>
internal static class Processes
{
    /// <summary>The process that has a mount point on its command line and is the program under test.</summary>
    public static int ServerOf(string directory)
    {
        int[] servers = ProcessTable.Find("imagefs", words => words.Contains(directory) && !words.Contains("--keeper"));
        Assert.That(servers, Has.Length.EqualTo(1), $"servers of {directory}");
        return servers[0];
    }

    /// <summary>Whether a process runs; a zombie does not.</summary>
    public static bool IsRunning(int process) => ProcessTable.IsRunning(process);
}
