using System.CommandLine;
using ImageFs.Help;
using ImageFs.Mounting;
using ImageFs.Output;

namespace ImageFs.Commands;

/// <summary><c>imagefs mounts</c>.</summary>
internal static class MountsCommand
{
    private const int EngineWidth = 8;

    internal static Command Create()
    {
        var asJson = new Option<bool>("--json", "-J") { Description = "Print JSON." };
        var command = new Verb("mounts", "List what is mounted from which image, by a server or by Linux itself.")
        {
            asJson,
            new Example("imagefs mounts", "all mounts of images"),
        };
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(asJson))
            {
                using Stream output = StandardOutput.Open();
                MountsJson.Write(output, MountedImage.All());
            }
            else
            {
                WriteTable([.. MountedImage.All()]);
            }

            return ExitStatus.Success;
        });
        return command;
    }

    private static void WriteTable(IReadOnlyList<MountedImage> mounts)
    {
        int width = mounts.Select(mount => PrintableText.Of(mount.Directory).Length).Append("DIR".Length).Max() + 1;
        if (mounts.Count > 0)
        {
            Console.Out.WriteLine(Terminal.Style.Bold($"{"DIR".PadRight(width)} {"ENGINE",-EngineWidth} IMAGE"));
        }

        foreach (MountedImage mount in mounts)
        {
            Console.Out.WriteLine($"{PrintableText.Of(mount.Directory).PadRight(width)} {mount.EngineName,-EngineWidth} {PrintableText.Of(mount.Image)}");
        }
    }
}
