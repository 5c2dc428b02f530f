namespace ImageFs.MountTests.Support;

/// <summary>Virtual disks, made and read by qemu.</summary>
internal static class VirtualDisk
{
    /// <summary>Makes one of a raw image; in the folder of the new one.</summary>
    public static void Make(string raw, string path, string format, string options = "", params IEnumerable<string> flags)
    {
        Need.Program("qemu-img", "qemu-utils");
        string[] given = options.Length == 0 ? [] : ["-o", options];
        const string Script = "cd \"$1\" && shift && exec qemu-img convert \"$@\"";
        Tool.Shell(Script, [Path.GetDirectoryName(path)!, .. flags, "-f", "raw", "-O", format, .. given, raw, Path.GetFileName(path)]).Succeeded();
    }

    /// <summary>Runs qemu-img in a folder.</summary>
    public static void Image(string folder, params IEnumerable<string> arguments)
    {
        Need.Program("qemu-img", "qemu-utils");
        Tool.Shell("cd \"$1\" && shift && exec qemu-img \"$@\"", [folder, .. arguments]).Succeeded();
    }

    /// <summary>Runs a command of qemu-io on a disk.</summary>
    public static void Io(string path, string format, params IEnumerable<string> commands)
    {
        Need.Program("qemu-io", "qemu-utils");
        Tool.Run("qemu-io", ["-f", format, .. commands.SelectMany(command => new[] { "-c", command }), path]).Succeeded();
    }
}
