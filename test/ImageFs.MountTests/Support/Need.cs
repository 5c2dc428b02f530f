namespace ImageFs.MountTests.Support;

/// <summary>What a test cannot do without: it is skipped, and says why, where the machine does not have it.</summary>
internal static class Need
{
    public const string FuseDevice = "/dev/fuse";

    /// <summary>A program, by its name in PATH, and the Debian package that has it.</summary>
    public static void Program(string name, string package)
    {
        bool found = Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(folder => File.Exists(Path.Combine(folder, name)));
        if (!found)
        {
            Assert.Ignore($"no {name} here: test/install-tools.sh installs {package}");
        }
    }

    /// <summary>A file of a Debian package.</summary>
    public static string Installed(string path, string package)
    {
        if (!File.Exists(path))
        {
            Assert.Ignore($"no {path} here: test/install-tools.sh installs {package}");
        }

        return path;
    }

    public static void Root()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            Assert.Ignore("needs root");
        }
    }

    public static void Fuse()
    {
        if (!File.Exists(FuseDevice))
        {
            Assert.Ignore($"no {FuseDevice} here");
        }
    }

    /// <summary>A free loop device.</summary>
    public static void Loop()
    {
        Root();
        if (!File.Exists("/dev/loop-control") || Tool.Run("losetup", "-f").ExitCode != 0)
        {
            Assert.Ignore("no free loop device here");
        }
    }

    /// <summary>A driver of this kernel, or a mount helper of that name.</summary>
    public static void FileSystem(string type)
    {
        if (!Tool.Shell("grep -qw \"$1\" /proc/filesystems || modprobe -q \"$1\" || command -v \"mount.$1\"", type).ExitCode.Equals(0))
        {
            Assert.Ignore($"this kernel has no {type}");
        }
    }
}
