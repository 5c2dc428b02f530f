using ImageFs.MountTests.Support;

namespace ImageFs.MountTests.Oracles;

/// <summary>
/// Linux's own drivers, asked in an emulated machine, which needs no privilege and whose crash hurts nobody: it mounts the image and tells what it
/// sees. It is right wherever readers disagree. The machine boots at the first question and stays up for the others of the run.
/// </summary>
internal static class LinuxReader
{
    private static readonly Lock s_oneAtATime = new();
    private static LinuxGuest? _guest;

    /// <summary>What a driver shows of an image; null when it does not mount it with these options.</summary>
    public static TreeListing? List(string image, string options = "", string type = "iso9660") => Ask(new LinuxQuestion(image, options, type)).Tree;

    /// <summary>
    /// Asks a question. When it kills the machine, a new one is asked, once: emulated processors have crashed Linux over an image that it had read often. When
    /// it hangs the machine, the next question is asked of a new one.
    /// </summary>
    /// <exception cref="InvalidOperationException">There is no answer: what the machine said last.</exception>
    public static LinuxAnswer Ask(LinuxQuestion question)
    {
        lock (s_oneAtATime)
        {
            try
            {
                return AskOnce(question);
            }
            catch (InvalidOperationException e) when (e.InnerException is IOException && !question.WritesImages)
            {
                TestContext.Progress.WriteLine(e.Message);
                return AskOnce(question);
            }
        }
    }

    /// <summary>Ends the machine.</summary>
    public static void Stop()
    {
        lock (s_oneAtATime)
        {
            _guest?.Dispose();
            _guest = null;
        }
    }

    private static LinuxAnswer AskOnce(LinuxQuestion question)
    {
        try
        {
            _guest ??= new LinuxGuest();
            LinuxAnswer answer = _guest.Ask(question);
            if (answer.Tree is null)
            {
                TestContext.Out.WriteLine(Quote.End($"Linux does not mount {question}:\n{string.Join('\n', answer.Messages)}"));
            }

            return answer;
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or InvalidOperationException)
        {
            string said = _guest?.LastWords ?? string.Empty;
            Stop();
            throw new InvalidOperationException($"Linux did not answer about {question}: {e.Message}\n{said}", e);
        }
    }
}
