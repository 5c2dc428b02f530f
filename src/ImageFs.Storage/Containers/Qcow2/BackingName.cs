using System.Text.Json;

namespace ImageFs.Storage.Containers.Qcow2;

/// <summary>A name of a file as qemu writes it into an image: a path, a path after a protocol, or a block device's description in JSON.</summary>
/// <param name="Path">The path.</param>
/// <param name="Format">The format of the disk in it, by qemu's name; null where the name does not tell.</param>
internal readonly record struct BackingName(string Path, string? Format)
{
    private const string FileProtocol = "file:";
    private const string JsonProtocol = "json:";
    private const string Clause = "qemu: block devices, BlockdevOptions";

    // Options of a file, and of how qemu would read it: they change no byte.
    private static readonly HashSet<string> s_harmless =
    [
        "aio", "auto-read-only", "cache.direct", "cache.no-flush", "detect-zeroes", "discard", "drop-cache", "force-share", "locking", "node-name",
        "read-only",
    ];

    /// <summary>Reads a name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="role">What the file is to the image, for messages.</param>
    /// <exception cref="InvalidImageException">It is empty, or no JSON.</exception>
    /// <exception cref="UnsupportedFeatureException">It is of a protocol that is not read, or has an option that is not.</exception>
    public static BackingName Parse(string name, string role)
    {
        if (name.StartsWith(JsonProtocol, StringComparison.Ordinal))
        {
            return ParseJson(name[JsonProtocol.Length..], role);
        }

        string path = name.StartsWith(FileProtocol, StringComparison.Ordinal) ? name[FileProtocol.Length..] : name;
        int colon = path.IndexOf(':', StringComparison.Ordinal);
        if (colon > 0 && !path.AsSpan(0, colon).Contains('/'))
        {
            throw Protocol(role, path[..colon]);
        }

        return new BackingName(Check(path, role), null);
    }

    // {"driver":"qcow2","file":{"driver":"file","filename":"x"}} or, the same, {"driver":"qcow2","file.driver":"file","file.filename":"x"}.
    private static BackingName ParseJson(string text, string role)
    {
        var options = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            using var json = JsonDocument.Parse(text);
            Flatten(json.RootElement, string.Empty, options, role);
        }
        catch (JsonException)
        {
            throw Invalid(role, "is not JSON");
        }

        string? format = null;
        string prefix = string.Empty;
        while (!options.ContainsKey($"{prefix}filename"))
        {
            string? driver = Take(options, $"{prefix}driver");
            string below = $"{prefix}file.";
            if (!options.Keys.Any(key => key.StartsWith(below, StringComparison.Ordinal)))
            {
                throw driver is null or "file" or "host_device" ? Invalid(role, "names no file") : Protocol(role, driver);
            }

            // The raw driver passes its file on; only one format can be above it.
            if (format is not (null or "raw") && driver is not (null or "raw"))
            {
                throw new UnsupportedFeatureException($"{role} of the format {format} over {driver}", Clause);
            }

            format = format is null or "raw" ? driver ?? format : format;
            prefix = below;
        }

        string? protocol = Take(options, $"{prefix}driver");
        string path = Take(options, $"{prefix}filename")!;
        if (protocol is not (null or "file" or "host_device"))
        {
            throw Protocol(role, protocol);
        }

        string? unknown = options.Keys.FirstOrDefault(key => !s_harmless.Contains(LastOf(key)));
        return unknown is null
            ? new BackingName(Check(path, role), format)
            : throw new UnsupportedFeatureException($"{role} with the option {unknown}", Clause);
    }

    private static void Flatten(JsonElement element, string key, Dictionary<string, string> options, string role)
    {
        if (element.ValueKind == JsonValueKind.Object)
        {
            foreach (JsonProperty property in element.EnumerateObject())
            {
                Flatten(property.Value, key.Length == 0 ? property.Name : $"{key}.{property.Name}", options, role);
            }
        }
        else if (key.Length == 0 || !options.TryAdd(key, element.ToString()))
        {
            throw Invalid(role, key.Length == 0 ? "is not a JSON object" : $"has {key} twice");
        }
    }

    private static string LastOf(string key) =>
        key.EndsWith("cache.direct", StringComparison.Ordinal) || key.EndsWith("cache.no-flush", StringComparison.Ordinal)
            ? key[key.LastIndexOf("cache.", StringComparison.Ordinal)..]
            : key[(key.LastIndexOf('.') + 1)..];

    private static string? Take(Dictionary<string, string> options, string key) => options.Remove(key, out string? value) ? value : null;

    private static string Check(string path, string role) =>
        path.Length == 0 || path.Contains('\0', StringComparison.Ordinal) ? throw Invalid(role, "has no name") : path;

    private static UnsupportedFeatureException Protocol(string role, string protocol) =>
        new($"{role} by the protocol {protocol} (backing-file= names a file in its place)");

    private static InvalidImageException Invalid(string role, string problem) => new("qcow2 header", 8, $"the {role} {problem}", "qcow2: Header");
}
