using System.Text.Json;

namespace ImageFs.MountTests.Support;

/// <summary>What <c>imagefs info --json</c> tells.</summary>
internal static class InfoReport
{
    /// <summary>Its description of an image.</summary>
    public static JsonElement Of(string image, params IEnumerable<string> arguments)
    {
        using var json = JsonDocument.Parse(ImageFsProgram.Run(["info", "--json", .. arguments, image]).Succeeded().Text);
        return json.RootElement.GetProperty("blockdevices")[0].Clone();
    }

    public static IEnumerable<JsonElement> Children(JsonElement element) =>
        element.TryGetProperty("children", out JsonElement children) ? children.EnumerateArray() : [];

    public static IEnumerable<JsonElement> Descendants(JsonElement element) =>
        Children(element).SelectMany(child => Descendants(child).Prepend(child));

    /// <summary>The partitions of a disk.</summary>
    public static IEnumerable<JsonElement> Partitions(JsonElement disk) => Children(disk).Where(child => Text(child, "type") == "part");

    /// <summary>A fact, empty when it is not told: what an image does not have is not told.</summary>
    public static string Text(JsonElement element, string key) =>
        element.TryGetProperty(key, out JsonElement value) ? value.GetString() ?? string.Empty : string.Empty;

    public static long Number(JsonElement element, string key) => element.GetProperty(key).GetInt64();
}
