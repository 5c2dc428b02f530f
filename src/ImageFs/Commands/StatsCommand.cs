using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using ImageFs.Fuse;
using ImageFs.Help;
using ImageFs.Linux;
using ImageFs.Mounting;
using ImageFs.Output;

namespace ImageFs.Commands;

/// <summary><c>imagefs stats DIR</c>.</summary>
internal static class StatsCommand
{
    internal static Command Create()
    {
        var directory = new Argument<string>("DIR") { Description = "The mount point." };
        var asJson = new Option<bool>("--json", "-J") { Description = "Print JSON." };
        var command = new Verb("stats", "Show what a running mount has done: requests, and bytes by how they were sent.")
        {
            directory, asJson,
            new Example("imagefs stats /mnt", "what a mount has done"),
        };
        command.SetAction(parsed =>
        {
            string path = Paths.Full(parsed.GetRequiredValue(directory));
            if (MountedImage.At(Path.TrimEndingDirectorySeparator(path)) is { Engine: Engine.Kernel })
            {
                throw new FuseMountException($"{path}: Linux mounts it by itself (-o engine=kernel): there is no server that counts");
            }

            using JsonDocument status = JsonDocument.Parse(FuseStatus.Query(path));
            if (parsed.GetValue(asJson))
            {
                using Stream output = StandardOutput.Open();
                using (var json = new Utf8JsonWriter(output, new JsonWriterOptions { Indented = true }))
                {
                    status.WriteTo(json);
                }

                output.WriteByte((byte)'\n');
            }
            else
            {
                Print(status.RootElement, 0);
            }

            return ExitStatus.Success;
        });
        return command;
    }

    private static void Print(JsonElement element, int depth)
    {
        string indent = new(' ', 2 * depth);
        foreach (JsonProperty property in element.EnumerateObject())
        {
            if (property.Value.ValueKind == JsonValueKind.Object)
            {
                Console.WriteLine($"{indent}{property.Name}:");
                Print(property.Value, depth + 1);
            }
            else
            {
                string value = property.Value.ValueKind == JsonValueKind.Number && property.Name != "pid"
                    ? property.Value.GetInt64().ToString("N0", CultureInfo.InvariantCulture)
                    : property.Value.ToString();
                Console.WriteLine($"{indent}{(property.Name + ":").PadRight(20)} {value}");
            }
        }
    }
}
