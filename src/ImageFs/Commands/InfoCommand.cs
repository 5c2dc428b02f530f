using System.CommandLine;
using ImageFs.Help;
using ImageFs.Linux;
using ImageFs.Mounting;
using ImageFs.Output;
using ImageFs.Storage;

namespace ImageFs.Commands;

/// <summary><c>imagefs info IMAGE...</c>.</summary>
internal static class InfoCommand
{
    internal static Command Create()
    {
        var asJson = new Option<bool>("--json", "-J") { Description = "Print JSON in the shape of lsblk -J, sizes in bytes." };
        var isShort = new Option<bool>("--short", "-s") { Description = "Print the table only: disks, partitions, file systems." };
        var command = new ImageCommand("info", "Show what is in an image: partitions, file system, identifiers, boot entries.", asksForKeys: false, takesSeveral: true)
        {
            isShort, asJson,
            new Example("imagefs info debian.iso", "what is in an image"),
            new Example("imagefs info --json disk.img", "for a program"),
            new Example("imagefs info sda.img sdb.img", "volumes that lie on several disks"),
            new Example("imagefs info /mnt", "the image that is mounted there"),
        };
        command.FindImage = FindMounted;
        command.SetAction((stack, parsed) =>
        {
            ImageDescription description = ImageInfo.Describe(stack);
            if (parsed.GetValue(asJson))
            {
                using var output = new StreamWriter(StandardOutput.Open());
                DescriptionJson.Write(output, description);
            }
            else
            {
                new DescriptionTable(Terminal.StyledOut, Terminal.Style).Write(description);
                if (!parsed.GetValue(isShort))
                {
                    Console.WriteLine();
                    new DescriptionText(Terminal.StyledOut, Terminal.Style).Write(description);
                }
            }

            return ImageInfo.IsUnknown(description) ? ExitStatus.Unknown : ExitStatus.Success;
        });
        return command;
    }

    private static string FindMounted(string word)
    {
        if (!Paths.IsFolder(word) || MountedImage.At(Path.TrimEndingDirectorySeparator(Paths.Resolve(word) ?? word)) is not { } mount)
        {
            return word;
        }

        Log.WriteToStandardError($"{word}: {mount.Image}, mounted by {(mount.Engine == Engine.Kernel ? "Linux itself" : "a server")}");
        return mount.Image;
    }
}
