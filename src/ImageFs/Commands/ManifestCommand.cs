using System.CommandLine;
using ImageFs.Help;
using ImageFs.Manifest;
using ImageFs.Mounting;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Commands;

/// <summary><c>imagefs manifest IMAGE -O FILE</c>.</summary>
internal static class ManifestCommand
{
    internal static Command Create()
    {
        var file = new Option<string>("-O", "--output") { Description = "The file that is written; one that is there is replaced.", HelpName = "FILE", Required = true };
        var limit = new Option<string?>("--copy") { Description = "Bytes of files that may be copied (default: 64M).", HelpName = "SIZE" };
        var command = new ImageCommand("manifest", "Write what Linux needs to mount an image by itself, as an EROFS image without data.")
        {
            file, limit,
            new Example("imagefs manifest disk.img -O disk.erofs", "then: mount -t erofs -o device=disk.img disk.erofs /mnt"),
        };
        command.SetAction((stack, fileSystem, parsed) =>
        {
            long copyLimit = parsed.GetValue(limit) is { } text ? OptionList.ParseSize("copy", text) : ManifestOptions.UsualCopyLimit;
            ManifestSummary summary = Write(fileSystem, parsed.GetRequiredValue(file), new ManifestOptions { CopyLimit = copyLimit });
            if (command.IsVerbose(parsed))
            {
                Log.WriteToStandardError($"{ByteSize.Text(summary.Length)}, {summary.Nodes} inodes, blocks of {summary.BlockSize} bytes, {ByteSize.Text(summary.Copied)} of files copied");
            }

            if (summary.LostAttributes > 0)
            {
                Log.WriteToStandardError($"{stack.Name}: {summary.LostAttributes} extended attributes have no place in EROFS and are left out");
            }

            return ExitStatus.Success;
        });
        return command;
    }

    private static ManifestSummary Write(FileSystem fileSystem, string path, ManifestOptions options)
    {
        string unfinished = $"{path}.{Environment.ProcessId}";
        try
        {
            using var output = new FileStream(unfinished, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);
            ManifestSummary summary = ManifestWriter.Write(fileSystem, output, options);
            output.Dispose();
            File.Move(unfinished, path, overwrite: true);
            return summary;
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }
    }
}
