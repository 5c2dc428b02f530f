using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ImageFs.MountTests.Support;

namespace ImageFs.MountTests.Oracles;

/// <summary>
/// Linux's own isofs, asked in a process: a user-mode-linux kernel boots in about a second, needs no privilege, mounts the image and
/// tells what it sees. It is right wherever readers disagree.
/// </summary>
internal static class UserModeLinux
{
    private const int AnswerSize = 256 << 20;
    private const int UbdMajor = 98;
    private const int UbdMinors = 16;

    private static readonly Lazy<string> s_initialFileSystem = new(WriteInitialFileSystem);
    private static readonly ConcurrentDictionary<(string Image, string Options), TreeListing?> s_listings = new();
    private static readonly Lock s_oneAtATime = new();

    /// <summary>What isofs shows of an image; null when it does not mount it with these options.</summary>
    public static TreeListing? List(string image, string options = "") => ListAll(image, options)[options];

    /// <summary>What isofs shows of an image under each of some options, by one boot.</summary>
    public static IReadOnlyDictionary<string, TreeListing?> ListAll(string image, params IReadOnlyCollection<string> options)
    {
        string sum = Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(image)));
        lock (s_oneAtATime)
        {
            string[] missing = [.. options.Where(option => !s_listings.ContainsKey((sum, option)))];
            if (missing.Length > 0)
            {
                foreach ((string option, TreeListing? listing) in Boot(image, missing))
                {
                    s_listings[(sum, option)] = listing;
                }
            }
        }

        return options.ToDictionary(option => option, option => s_listings[(sum, option)]);
    }

    private static Dictionary<string, TreeListing?> Boot(string image, string[] options)
    {
        using var folder = new TestFolder();
        string jobs = string.Concat(options.Select(option => $"c {option}\n"));
        File.WriteAllText(folder["jobs"], jobs.PadRight(((jobs.Length / 512) + 1) * 512, '\0'));
        using (FileStream answer = File.Create(folder["answer"]))
        {
            answer.SetLength(AnswerSize);
        }

        ToolResult kernel = Tool.Run(
            "linux.uml",
            "mem=192M",
            "umid=uml",
            $"uml_dir={folder.Path}",
            $"initrd={s_initialFileSystem.Value}",
            "rdinit=/init",
            "root=/dev/ram0",
            $"ubd0={folder["answer"]}",
            $"ubd1r={folder["jobs"]}",
            $"ubd2r={image}",
            "con=null",
            "con0=null,fd:1",
            "ssl=null",
            "quiet",
            "panic=-1");
        return Parse(options, [.. ReadAnswer(folder["answer"], kernel)]);
    }

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

    private static Dictionary<string, TreeListing?> Parse(string[] options, string[] lines)
    {
        var listings = new Dictionary<string, TreeListing?>();
        int at = 0;
        foreach (string option in options)
        {
            Assert.That(lines[at], Does.StartWith($"mount c {option} error="));
            bool mounted = lines[at++].EndsWith(" error=0", StringComparison.Ordinal);
            string[] tree = [.. lines.Skip(at).TakeWhile(line => line.StartsWith('/'))];
            listings[option] = mounted ? TreeListing.Parse(tree) : null;
            at += tree.Length;
        }

        return listings;
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
        for (int i = 0; i < 3; i++)
        {
            cpio.AddBlockDevice($"dev/ubd{(char)('a' + i)}", UbdMajor, i * UbdMinors);
        }

        IReadOnlyList<string> modules = KernelModules.InOrder("nls_utf8", "nls_iso8859-1", "nls_cp437", "nls_ascii", "nls_koi8-r", "isofs");
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
