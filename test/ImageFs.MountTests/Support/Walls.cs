using System.Globalization;

namespace ImageFs.MountTests.Support;

/// <summary>What no thread of a process in a sandbox may do, tried by <see cref="Injection"/>.</summary>
internal static class Walls
{
    public const int PermissionDenied = -13;
    public const int NotPermitted = -1;

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
            Attempt("map code", 9, NotPermitted, "0", "4096", "7", "0x22", "-1", "0"),
            Attempt("make a ring", 425, NotPermitted, "1", "0"),
            Attempt("type into the terminal", 16, NotPermitted, "0", "0x5412", "x"),
            Attempt("load a program into the kernel", 321, NotPermitted, "0", "0", "0"),
        ];

        static TestCaseData Attempt(string what, int call, long result, params string[] arguments) =>
            new TestCaseData(call, arguments, result).SetArgDisplayNames(what);
    }

    /// <summary>The threads of a process, the first one first.</summary>
    public static int[] ThreadsOf(int process) =>
    [
        .. Directory.GetDirectories($"/proc/{process}/task").Select(path => int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture)).Order(),
    ];

    /// <summary>What the kernel tells of a thread (proc(5)).</summary>
    public static Dictionary<string, string> StatusOf(int process, int thread) => File.ReadAllLines($"/proc/{process}/task/{thread}/status")
        .Select(line => line.Split(':', 2)).ToDictionary(parts => parts[0], parts => parts[1].Trim());
}
