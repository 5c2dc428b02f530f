using System.Globalization;
using System.Text;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests.Oracles;

/// <summary>
/// Linux's own isofs, vfat and udf, asked in a process: a user-mode-linux kernel boots in about a second, needs no privilege, mounts the image and
/// tells what it sees. It is right wherever readers disagree.
/// </summary>
internal static class UserModeLinux
{
    private const int AnswerSize = 256 << 20;
    private const int UbdMajor = 98;
    private const int UbdMinors = 16;

    private const int MostImages = 12;

    private static readonly Lazy<string> s_initialFileSystem = new(WriteInitialFileSystem);
    private static readonly Dictionary<Question, TreeListing?> s_answers = [];
    private static readonly Lock s_oneAtATime = new();

    /// <summary>An image, by its path, the driver's mount options, and its name as mount(2) has it.</summary>
    public readonly record struct Question(string Image, string Options, string Type = "iso9660");

    /// <summary>What isofs shows of an image; null when it does not mount it with these options.</summary>
    public static TreeListing? List(string image, string options = "") => List(new Question(image, options));

    /// <summary>What a driver shows of an image; null when it does not mount it with these options.</summary>
    public static TreeListing? List(Question question)
    {
        lock (s_oneAtATime)
        {
            Ask([question]);
            return s_answers[question];
        }
    }

    /// <summary>Asks several questions at once: many answers cost hardly more than one, a boot is what takes time.</summary>
    public static void Ask(params IEnumerable<Question> questions)
    {
        lock (s_oneAtATime)
        {
            var images = questions.Where(question => !s_answers.ContainsKey(question)).Distinct().GroupBy(question => question.Image);
            foreach (IGrouping<string, Question>[] some in images.Chunk(MostImages))
            {
                Boot([.. some.Select(image => image.Key)], [.. some.SelectMany(image => image)]);
            }
        }
    }

    private static void Boot(string[] images, Question[] questions)
    {
        Need.Program("linux.uml", "user-mode-linux");
        using var folder = new TestFolder();
        string[] jobs = [.. questions.Select(question => $"{Letter(Array.IndexOf(images, question.Image))} {question.Type} {question.Options}")];
        string text = string.Concat(jobs.Select(job => $"{job}\n"));
        File.WriteAllText(folder["jobs"], text.PadRight(((text.Length / 512) + 1) * 512, '\0'));
        using (FileStream answer = File.Create(folder["answer"]))
        {
            answer.SetLength(AnswerSize);
        }

        string[] arguments =
        [
            "mem=192M", "umid=uml", $"uml_dir={folder.Path}", $"initrd={s_initialFileSystem.Value}", "rdinit=/init", "root=/dev/ram0",
            $"ubd0={folder["answer"]}", $"ubd1r={folder["jobs"]}", "con=null", "con0=null,fd:1", "ssl=null", "quiet", "panic=-1",
        ];
        ToolResult kernel = Tool.Run("linux.uml", [.. arguments, .. images.Select((image, i) => $"ubd{i + 2}r={image}")]);
        string[] lines = [.. ReadAnswer(folder["answer"], kernel)];
        int at = 0;
        for (int i = 0; i < questions.Length; i++)
        {
            Assert.That(lines[at], Does.StartWith($"mount {jobs[i]} error="));
            bool mounted = lines[at++].EndsWith(" error=0", StringComparison.Ordinal);
            string[] tree = [.. lines.Skip(at).TakeWhile(line => line.StartsWith('/'))];
            s_answers[questions[i]] = mounted ? TreeListing.Parse(tree) : null;
            at += tree.Length;
        }
    }

    private static char Letter(int image) => (char)('c' + image);

    // The rest of the device is NULs: to read on after the last line would be to read them all, as one line.
    private static IEnumerable<string> ReadAnswer(string path, ToolResult kernel)
    {
        foreach (string line in File.ReadLines(path, Encoding.ASCII))
        {
            if (line == "done")
            {
                yield break;
            }

            Assert.That(line, Does.Not.StartWith("\0"), $"the guest did not finish: {kernel.Text} {kernel.Error}");
            yield return line;
        }
    }

    private static string WriteInitialFileSystem()
    {
        string path = Path.Combine(RunFolder.Path, "initrd");
        using FileStream stream = File.Create(path);
        var cpio = new CpioWriter(stream);
        foreach (string directory in new[] { "dev", "lib", "mnt" })
        {
            cpio.AddDirectory(directory);
        }

        cpio.AddCharacterDevice("dev/console", 5, 1);
        for (int i = -2; i < MostImages; i++)
        {
            cpio.AddBlockDevice($"dev/ubd{Letter(i)}", UbdMajor, (i + 2) * UbdMinors);
        }

        IReadOnlyList<string> modules = KernelModules.InOrder(
            "nls_utf8", "nls_iso8859-1", "nls_ascii", "nls_koi8-r",
            "nls_cp437", "nls_cp850", "nls_cp932", "nls_cp936", "nls_cp949", "nls_cp950", "isofs", "vfat", "udf");
        for (int i = 0; i < modules.Count; i++)
        {
            string number = i.ToString("D2", CultureInfo.InvariantCulture);
            cpio.AddFile($"lib/{number}-{Path.GetFileName(modules[i])}", File.ReadAllBytes(modules[i]));
        }

        cpio.AddFile("init", File.ReadAllBytes(TreeWalker.Program));
        cpio.End();
        return path;
    }
}
