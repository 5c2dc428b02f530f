using System.CommandLine;
using ImageFs.Mounting;
using ImageFs.Output;
using ImageFs.Storage;

namespace ImageFs.Commands;

/// <summary><c>imagefs info IMAGE</c>.</summary>
internal static class InfoCommand
{
    internal static Command Create()
    {
        var image = new Argument<string>("IMAGE") { Description = "An image file, a block device, or /dev/fd/N." };
        var options = new Option<string[]>("-o", "--options") { Description = "Options of the format, as for mount.", HelpName = "OPTIONS" };
        var asJson = new Option<bool>("--json", "-J") { Description = "Print JSON in the shape of lsblk -J, sizes in bytes." };
        var command = new Command("info", "Show what is in an image: partitions, file system, identifiers, boot entries.") { image, options, asJson };
        command.SetAction(parsed =>
        {
            var mountOptions = MountOptions.Parse(string.Join(',', parsed.GetValue(options) ?? []));
            using ImageStack stack = ImageStack.Open(parsed.GetRequiredValue(image), mountOptions, Log.WriteToStandardError);
            ImageDescription description = ImageInfo.Describe(stack, mountOptions);
            if (parsed.GetValue(asJson))
            {
                DescriptionJson.Write(Console.Out, description);
            }
            else
            {
                DescriptionText.Write(Console.Out, description);
            }

            return ExitStatus.Success;
        });
        return command;
    }
}
