namespace ImageFs.Storage;

/// <summary>Threads that only make something faster: without them it goes on as it is.</summary>
public static class HelperThread
{
    /// <summary>Starts one, in the background.</summary>
    /// <param name="run">What it does.</param>
    /// <param name="name">Its name.</param>
    /// <param name="stack">Bytes of its stack; 0 for the usual.</param>
    /// <returns>Null where no more threads can be started: a limit of this process, or of its user.</returns>
    public static Thread? TryStart(ThreadStart run, string name, int stack = 0)
    {
        var thread = new Thread(run, stack) { IsBackground = true, Name = name };
        try
        {
            thread.Start();
            return thread;
        }
        catch (Exception e) when (e is ThreadStartException or OutOfMemoryException)
        {
            return null;
        }
    }
}
