using System.Globalization;
using System.Text.Json;

namespace ImageFs.Storage.Volumes.Luks;

/// <summary>The metadata of LUKS2: JSON with objects that are called by numbers (LUKS2 3).</summary>
internal sealed class Luks2Metadata
{
    private const string Structure = "LUKS2 metadata";
    private const string Clause = "LUKS2 3";
    private const string Advice = "cryptsetup open opens it";
    private const int MaxObjects = 1024;

    private readonly long _address;
    private string? _unsupported;

    private Luks2Metadata(long address) => _address = address;

    /// <summary>Reads the metadata.</summary>
    /// <param name="json">The text.</param>
    /// <param name="address">Where it is, for messages.</param>
    /// <exception cref="InvalidImageException">It is no JSON, or lacks what it has to have.</exception>
    public static LuksHeader Parse(ReadOnlyMemory<byte> json, long address)
    {
        var metadata = new Luks2Metadata(address);
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            return metadata.Parse(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or KeyNotFoundException or OverflowException)
        {
            throw metadata.Damaged(e is JsonException ? $"it is no JSON: {e.Message}" : $"something in it is missing, or of the wrong kind: {e.Message}");
        }
    }

    private LuksHeader Parse(JsonElement root)
    {
        CheckRequirements(root.GetProperty("config"));
        return new LuksHeader(2, string.Empty)
        {
            Slots = [.. Numbered(root, "keyslots").Select(slot => ParseSlot(slot.Number, slot.Value)).OfType<KeySlot>()],
            Digests = [.. Numbered(root, "digests").Select(digest => ParseDigest(digest.Value)).OfType<KeyDigest>()],
            Segments = [.. Numbered(root, "segments").Where(segment => !IsBackup(segment.Value)).Select(segment => ParseSegment(segment.Number, segment.Value)).OfType<LuksSegment>()],
            Unsupported = _unsupported,
        };
    }

    // What cryptsetup must not pass over (LUKS2 3.7): a volume is being encrypted anew, or a device does part of it.
    private void CheckRequirements(JsonElement config)
    {
        if (config.TryGetProperty("requirements", out JsonElement requirements) && requirements.TryGetProperty("mandatory", out JsonElement mandatory))
        {
            foreach (JsonElement requirement in mandatory.EnumerateArray())
            {
                string name = requirement.GetString() ?? string.Empty;
                Refuse(name.Contains("reencrypt", StringComparison.Ordinal)
                    ? $"LUKS2 in the middle of a reencryption, \"{name}\" (cryptsetup repair, then cryptsetup reencrypt --resume-only, end it)"
                    : $"LUKS2 with the requirement \"{name}\" ({Advice})");
            }
        }
    }

    // A slot of another type has no key of the volume: that of a reencryption.
    private KeySlot? ParseSlot(int number, JsonElement slot)
    {
        if (Text(slot, "type") != "luks2")
        {
            return null;
        }

        JsonElement area = slot.GetProperty("area");
        JsonElement split = slot.GetProperty("af");
        if (Text(area, "type") != "raw" || Text(split, "type") != "luks1" || ParseFunction(slot.GetProperty("kdf")) is not { } function)
        {
            return null;
        }

        int keyLength = KeyLimits.CheckKeyLength(slot.GetProperty("key_size").GetInt64(), _address, Clause);
        int stripes = KeyLimits.CheckStripes(split.GetProperty("stripes").GetInt64(), _address, Clause);
        long size = Size(area, "size");
        return (long)keyLength * stripes <= size
            ? new KeySlot(
                number, keyLength, function, Text(area, "encryption"), KeyLimits.CheckKeyLength(area.GetProperty("key_size").GetInt64(), _address, Clause),
                Size(area, "offset"), stripes, Text(split, "hash"))
            {
                Priority = slot.TryGetProperty("priority", out JsonElement priority) ? priority.GetInt32() : 1,
            }
            : throw Damaged($"key slot {number} has {size} bytes, where {stripes} stripes of {keyLength} bytes are to be");
    }

    private static KeyFunction? ParseFunction(JsonElement function) => Text(function, "type") switch
    {
        "pbkdf2" => new Pbkdf2(Text(function, "hash"), function.GetProperty("iterations").GetInt64(), function.GetProperty("salt").GetBytesFromBase64()),
        "argon2i" or "argon2id" => new Argon2Function(
            Text(function, "type"), function.GetProperty("time").GetInt64(), function.GetProperty("memory").GetInt64(), function.GetProperty("cpus").GetInt64(),
            function.GetProperty("salt").GetBytesFromBase64()),
        _ => null,
    };

    private static KeyDigest? ParseDigest(JsonElement digest) => Text(digest, "type") != "pbkdf2"
        ? null
        : new KeyDigest(
            new Pbkdf2(Text(digest, "hash"), digest.GetProperty("iterations").GetInt64(), digest.GetProperty("salt").GetBytesFromBase64()),
            digest.GetProperty("digest").GetBytesFromBase64(),
            Numbers(digest.GetProperty("keyslots")),
            Numbers(digest.GetProperty("segments")));

    private LuksSegment? ParseSegment(int number, JsonElement segment)
    {
        string type = Text(segment, "type");
        if (type != "crypt")
        {
            Refuse($"LUKS2 with a segment of type \"{type}\" ({Advice})");
            return null;
        }

        if (segment.TryGetProperty("integrity", out JsonElement integrity))
        {
            Refuse($"LUKS2 with authenticated encryption, \"{(integrity.TryGetProperty("type", out JsonElement kind) ? kind.GetString() : string.Empty)}\" ({Advice})");
            return null;
        }

        int sectorSize = segment.GetProperty("sector_size").GetInt32();
        if (sectorSize is not (512 or 1024 or 2048 or 4096))
        {
            throw Damaged($"segment {number} has sectors of {sectorSize} bytes");
        }

        long offset = Size(segment, "offset");
        long? length = Text(segment, "size") == "dynamic" ? null : Size(segment, "size");
        return offset % 512 == 0 && (length ?? 0) % sectorSize == 0
            ? new LuksSegment(number, offset, length, Text(segment, "encryption"), sectorSize, ulong.Parse(Text(segment, "iv_tweak"), NumberStyles.None, CultureInfo.InvariantCulture))
            : throw Damaged($"segment {number} is not of whole sectors");
    }

    // A copy of how it was, kept for the time of a reencryption (LUKS2 3.3).
    private static bool IsBackup(JsonElement segment) =>
        segment.TryGetProperty("flags", out JsonElement flags) && flags.EnumerateArray().Any(flag => flag.GetString()!.StartsWith("backup-", StringComparison.Ordinal));

    private (int Number, JsonElement Value)[] Numbered(JsonElement root, string name)
    {
        (int Number, JsonElement Value)[] objects =
            [.. root.GetProperty(name).EnumerateObject().Take(MaxObjects + 1).Select(member => (Number(member.Name), member.Value)).OrderBy(member => member.Item1)];
        return objects.Length <= MaxObjects ? objects : throw Damaged($"it has more than {MaxObjects} {name}");
    }

    private static int[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(number => Number(number.GetString()!))];

    private static int Number(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    private static string Text(JsonElement value, string name) => value.GetProperty(name).GetString() ?? string.Empty;

    // Numbers of 64 bits are text (LUKS2 3.1).
    private static long Size(JsonElement value, string name) => long.Parse(Text(value, name), NumberStyles.None, CultureInfo.InvariantCulture);

    private void Refuse(string what) => _unsupported ??= what;

    private InvalidImageException Damaged(string problem) => new(Structure, _address, problem, Clause);
}
