using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace ImageFs.MountTests.Support;

/// <summary>What a test cannot do without. As root with /dev/fuse nothing may be missing: there it fails, elsewhere it is skipped, and says why.</summary>
internal static class Need
{
    public const string FuseDevice = "/dev/fuse";

    /// <summary>A program, by its name in PATH, and the Debian package that has it.</summary>
    public static void Program(string name, string package)
    {
        bool found = Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(folder => File.Exists(Path.Combine(folder, name)));
        if (!found)
        {
            Without($"no {name} here: test/install-tools.sh installs {package}");
        }
    }

    /// <summary>A file of a Debian package.</summary>
    public static string Installed(string path, string package)
    {
        if (!File.Exists(path))
        {
            Without($"no {path} here: test/install-tools.sh installs {package}");
        }

        return path;
    }

    public static void Root()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            Without("needs root");
        }
    }

    public static void Fuse()
    {
        if (!File.Exists(FuseDevice))
        {
            Without($"no {FuseDevice} here");
        }
    }

    /// <summary>Loop devices, though all may be taken for now.</summary>
    public static void LoopDevices()
    {
        Root();
        if (!File.Exists("/dev/loop-control"))
        {
            Without("no loop devices here");
        }
    }

    /// <summary>A driver of this kernel, or a mount helper of that name.</summary>
    public static void FileSystem(string type)
    {
        if (!Tool.Shell("grep -qw \"$1\" /proc/filesystems || modprobe -q \"$1\" || command -v \"mount.$1\"", type).ExitCode.Equals(0))
        {
            Without($"this kernel has no {type}");
        }
    }

    /// <summary>Ends a test that cannot be made.</summary>
    [DoesNotReturn]
    public static void Without(string why)
    {
        if (Environment.IsPrivilegedProcess && File.Exists(FuseDevice))
        {
            Assert.Fail(why);
        }

        Assert.Ignore(why);
        throw new UnreachableException();
    }
}
