using ImageFs.Mounting;

namespace ImageFs.Output;

/// <summary>Mounts as JSON: <c>mounts</c> is an array.</summary>
internal static class MountsJson
{
    /// <summary>Writes it.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="mounts">The mounts.</param>
    public static void Write(Stream output, IEnumerable<MountedImage> mounts)
    {
        using var json = JsonOutput.Open(output);
        json.WriteStartObject();
        json.WriteStartArray("mounts");
        foreach (MountedImage mount in mounts)
        {
            json.WriteStartObject();
            json.WriteText("directory", mount.Directory);
            json.WriteText("image", mount.Image);
            json.WriteString("engine", mount.EngineName);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        output.WriteByte((byte)'\n');
    }
}
