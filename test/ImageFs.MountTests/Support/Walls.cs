using System.Globalization;

namespace ImageFs.MountTests.Support;

/// <summary>What no thread of a process in a sandbox may do, tried by <see cref="Injection"/>.</summary>
internal static class Walls
{
    public const int PermissionDenied = -13;
    public const int NotPermitted = -1;

    /// <summary>A file that root alone may read, where Landlock lets everybody read.</summary>
    public const string FileOfRoots = "/proc/pagetypeinfo";

    private const int Nobody = 65534;

    /// <summary>Attempts, each with what it is, the number of a system call, its arguments (IMAGE is the image) and its answer.</summary>
    public static IEnumerable<TestCaseData> Attempts()
    {
        string other = $"{Environment.ProcessId}";
        return
        [
            Attempt("read a file of the system", 2, PermissionDenied, "/etc/passwd", "0"),
            Attempt("list a folder of the system", 2, PermissionDenied, "/etc", "0x10000"),
            Attempt("write a file of the system", 2, PermissionDenied, "/etc/sandbox-test", "0x41", "0x1B6"),
            Attempt("write a file of its own", 2, PermissionDenied, "/tmp/sandbox-test", "0x42", "0x180"),
            Attempt("write a file without a name", 2, PermissionDenied, "/tmp", "0x410002", "0x180"),
            Attempt("write a file without a name that stays", 2, PermissionDenied, "/var/tmp", "0x410002", "0x180"),
            Attempt("make a folder", 83, NotPermitted, "/tmp/sandbox-test", "0x1C0"),
            Attempt("change the image", 2, PermissionDenied, "IMAGE", "1"),
            Attempt("remove the image", 87, NotPermitted, "IMAGE"),
            Attempt("make a socket", 41, NotPermitted, "2", "1", "0"),
            Attempt("connect", 42, NotPermitted, "0", "0", "0"),
            Attempt("start a program", 59, NotPermitted, "/bin/true", "0", "0"),
            Attempt("start a process", 57, NotPermitted),
            Attempt("start a process by clone", 56, NotPermitted, "17", "0", "0", "0", "0"),
            Attempt("trace another process", 101, NotPermitted, "16", other, "0", "0"),
            Attempt("read another process", 310, NotPermitted, other, "0", "0", "0", "0", "0"),
            Attempt("read the memory of another process", 2, PermissionDenied, $"/proc/{other}/mem", "0"),
            Attempt("end another process", 62, NotPermitted, other, "0"),
            Attempt("signal another process's thread", 234, NotPermitted, other, other, "0"),
            Attempt("mount", 165, NotPermitted, "none", "/mnt", "tmpfs", "0", "0"),
            Attempt("unmount", 166, NotPermitted, "/mnt", "0"),
            Attempt("leave a namespace", 272, NotPermitted, "0x20000"),
            Attempt("become root", 105, NotPermitted, "0"),
            Attempt("make memory into code", 10, NotPermitted, "0", "4096", "7"),
            Attempt("make memory into code that is not written", 10, NotPermitted, "0", "4096", "5"),
            Attempt("make memory into code with a key", 329, NotPermitted, "0", "4096", "5", "0"),
            Attempt("map code", 9, NotPermitted, "0", "4096", "7", "0x22", "-1", "0"),
            Attempt("map code that is not written", 9, NotPermitted, "0", "4096", "5", "0x22", "-1", "0"),
            Attempt("share memory as code", 30, NotPermitted, "0", "0", "0x8000"),
            Attempt("map another part of a file", 216, NotPermitted, "0", "4096", "0", "1", "0"),
            Attempt("have all that is read run", 135, NotPermitted, "0x400000"),
            Attempt("make a ring", 425, NotPermitted, "1", "0"),
            Attempt("type into the terminal", 16, NotPermitted, "0", "0x5412", "x"),
            Attempt("load a program into the kernel", 321, NotPermitted, "0", "0", "0"),
        ];

        static TestCaseData Attempt(string what, int call, long result, params string[] arguments) =>
            new TestCaseData(call, arguments, result).SetArgDisplayNames(what);
    }

    /// <summary>Has each thread make one of the attempts: it comes to what it should.</summary>
    /// <param name="threads">The threads.</param>
    /// <param name="call">The system call's number.</param>
    /// <param name="arguments">What it takes; IMAGE is the image.</param>
    /// <param name="image">The image's path.</param>
    /// <param name="result">What it comes to.</param>
    public static void Try(int[] threads, int call, string[] arguments, string image, long result)
    {
        Assert.That(threads, Is.Not.Empty);
        string[] words = [.. arguments.Select(argument => argument == "IMAGE" ? image : argument)];
        foreach (int thread in threads)
        {
            Assert.That(Injection.Call(thread, call, words), Is.EqualTo(result), $"thread {thread}");
        }
    }

    /// <summary>Has a thread map a file to run, as the loader would.</summary>
    /// <param name="thread">The thread.</param>
    /// <param name="descriptor">The file's descriptor there.</param>
    /// <param name="isFixed">Whether an address is given, where nothing is.</param>
    /// <returns>The address; less than 0 for an error number.</returns>
    public static long MapToRun(int thread, long descriptor, bool isFixed) =>
        Injection.Call(thread, 9, isFixed ? "0x70000000000" : "0", "4096", "5", isFixed ? "0x12" : "2", $"{descriptor}", "0");

    /// <summary>The threads of a process, the first one first.</summary>
    public static int[] ThreadsOf(int process) =>
    [
        .. Directory.GetDirectories($"/proc/{process}/task").Select(path => int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture)).Order(),
    ];

    /// <summary>Whether a thread is the user nobody's, in no group but its own, and has no capability.</summary>
    /// <param name="status">What the kernel tells of it.</param>
    public static void AssertIsNobody(Dictionary<string, string> status)
    {
        string group = Tool.Run("id", "-g", "nobody").Succeeded().Text.Trim();
        Assert.That(status["Uid"], Is.EqualTo($"{Nobody}\t{Nobody}\t{Nobody}\t{Nobody}"));
        Assert.That(status["Gid"], Is.EqualTo($"{group}\t{group}\t{group}\t{group}"));
        Assert.That(status["Groups"], Is.Empty);
        foreach (string set in (string[])["CapInh", "CapPrm", "CapEff", "CapAmb"])
        {
            Assert.That(status[set], Is.EqualTo("0000000000000000"), set);
        }

        Assert.That((status["NoNewPrivs"], status["Seccomp"]), Is.EqualTo(("1", "2")));
    }

    /// <summary>What the kernel tells of a thread (proc(5)).</summary>
    public static Dictionary<string, string> StatusOf(int process, int thread) => File.ReadAllLines($"/proc/{process}/task/{thread}/status")
        .Select(line => line.Split(':', 2)).ToDictionary(parts => parts[0], parts => parts[1].Trim());
}
