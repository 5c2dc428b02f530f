using System.CommandLine;
using System.Text.Json;
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
                WriteJson();
            }
            else
            {
                WriteTable([.. MountedImage.All()]);
            }

            return ExitStatus.Success;
        });
        return command;
    }

    private static string NameOf(MountedImage mount) => mount.Engine == Engine.Kernel ? "kernel" : "fuse";

    private static void WriteTable(IReadOnlyList<MountedImage> mounts)
    {
        int width = mounts.Select(mount => PrintableText.Of(mount.Directory).Length).Append("DIR".Length).Max() + 1;
        if (mounts.Count > 0)
        {
            Console.Out.WriteLine(Terminal.Style.Bold($"{"DIR".PadRight(width)} {"ENGINE",-EngineWidth} IMAGE"));
        }

        foreach (MountedImage mount in mounts)
        {
            Console.Out.WriteLine($"{PrintableText.Of(mount.Directory).PadRight(width)} {NameOf(mount),-EngineWidth} {PrintableText.Of(mount.Image)}");
        }
    }

    private static void WriteJson()
    {
        using Stream output = StandardOutput.Open();
        using (var json = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteStartArray("mounts");
            foreach (MountedImage mount in MountedImage.All())
            {
                json.WriteStartObject();
                json.WriteString("directory", mount.Directory);
                json.WriteString("image", mount.Image);
                json.WriteString("engine", NameOf(mount));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        output.WriteByte((byte)'\n');
    }
}
