using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using ImageFs.Images;
using ImageFs.Output;
using ImageFs.Storage;
using ImageFs.Tests.FileSystems.Ext;
using ImageFs.Tests.Storage.Containers;

namespace ImageFs.Tests.Program;

/// <summary>What <c>info --json</c> says of every image: no object has a key twice, which JSON allows and readers lose.</summary>
public sealed class InfoJsonTests
{
    private const string Cue = "FILE \"disc.img\" BINARY\n  TRACK 01 MODE1/2048\n    INDEX 01 00:00:00\n";

    private DiskFolder _folder = null!;

    private static IEnumerable<string> Images
    {
        get
        {
            string root = FindImages();
            return Directory.GetFiles(root, "*.gz", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(root, path)).Order(StringComparer.Ordinal);
        }
    }

    [SetUp]
    public void MakeFolder() => _folder = new DiskFolder();

    [TearDown]
    public void RemoveFolder() => _folder.Dispose();

    [TestCaseSource(nameof(Images))]
    public void No_key_is_there_twice_for_an_image(string name)
    {
        string path = _folder[Path.GetFileNameWithoutExtension(name)];
        using (FileStream packed = File.OpenRead(Path.Combine(FindImages(), name)))
        using (var unpacked = new GZipStream(packed, CompressionMode.Decompress))
        using (FileStream file = File.Create(path))
        {
            unpacked.CopyTo(file);
        }

        if (TryDescribe(path) is { } json)
        {
            AssertHasNoKeyTwice(json);
        }
    }

    [TestCase("vpc", "subformat=dynamic")]
    [TestCase("vpc", "subformat=fixed")]
    [TestCase("vhdx", "")]
    [TestCase("vdi", "")]
    [TestCase("vmdk", "")]
    [TestCase("qcow2", "")]
    public void Nor_for_a_virtual_disk(string format, string options)
    {
        File.WriteAllBytes(_folder[DiskFolder.Source], ExtImages.Read("journal-v3"));
        _folder.Image(["convert", "-O", format, .. options.Length == 0 ? (string[])[] : ["-o", options], DiskFolder.Source, "disk"]);
        AssertIsTold(TryDescribe(_folder["disk"]), hasId: format is "vpc" or "vhdx" or "vdi");
    }

    [Test]
    public void Nor_for_a_disk_image_of_Apples()
    {
        File.WriteAllBytes(_folder["disk.dmg"], Dmg(ExtImages.Read("journal-v3")));
        AssertIsTold(TryDescribe(_folder["disk.dmg"]), hasId: true);
    }

    [Test]
    public void Nor_for_a_disc_and_parts()
    {
        File.WriteAllBytes(_folder["disc.img"], ExtImages.Read("journal-v3"));
        File.WriteAllText(_folder["disc.cue"], Cue);
        AssertHasNoKeyTwice(TryDescribe(_folder["disc.cue"])!);

        File.WriteAllBytes(_folder["x.001"], ExtImages.Read("journal-v3")[..65536]);
        File.WriteAllBytes(_folder["x.002"], ExtImages.Read("journal-v3")[65536..]);
        AssertIsTold(TryDescribe(_folder["x.001"]), hasId: false);
    }

    // The file system's own is the one that blkid tells; a container's has its own key.
    private static void AssertIsTold(string? json, bool hasId)
    {
        Assert.That(json, Is.Not.Null);
        AssertHasNoKeyTwice(json!);
        using JsonDocument document = JsonDocument.Parse(json!);
        JsonElement disk = document.RootElement.GetProperty("blockdevices")[0].GetProperty("children")[0];
        Assert.That(disk.GetProperty("uuid").GetString(), Is.EqualTo(disk.GetProperty("children")[0].GetProperty("uuid").GetString()));
        Assert.That(disk.TryGetProperty("disk-uuid", out JsonElement id), Is.EqualTo(hasId));
        Assert.That(id.ValueKind == JsonValueKind.Undefined || id.GetString() != disk.GetProperty("uuid").GetString());
    }

    // What an image is refused for is other tests' concern.
    private static string? TryDescribe(string path)
    {
        try
        {
            using ImageStack stack = ImageStack.Open(path, new OpenContext());
            using var output = new StringWriter();
            DescriptionJson.Write(output, ImageInfo.Describe(stack));
            return output.ToString();
        }
        catch (ImageException)
        {
            return null;
        }
    }

    private static void AssertHasNoKeyTwice(string json)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json));
        var objects = new Stack<HashSet<string>>();
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    objects.Push([]);
                    break;
                case JsonTokenType.EndObject:
                    objects.Pop();
                    break;
                case JsonTokenType.PropertyName:
                    Assert.That(objects.Peek().Add(reader.GetString()!), Is.True, $"{reader.GetString()} is there twice: {json}");
                    break;
            }
        }
    }

    // One chunk, stored as it is.
    private static byte[] Dmg(byte[] disk)
    {
        byte[] table = new byte[204 + 40 + 40];
        "mish"u8.CopyTo(table);
        BinaryPrimitives.WriteInt32BigEndian(table.AsSpan(4), 1);
        BinaryPrimitives.WriteInt64BigEndian(table.AsSpan(16), disk.Length / 512);
        BinaryPrimitives.WriteInt32BigEndian(table.AsSpan(200), 2);
        BinaryPrimitives.WriteUInt32BigEndian(table.AsSpan(204), 1);
        BinaryPrimitives.WriteInt64BigEndian(table.AsSpan(220), disk.Length / 512);
        BinaryPrimitives.WriteInt64BigEndian(table.AsSpan(236), disk.Length);
        BinaryPrimitives.WriteUInt32BigEndian(table.AsSpan(244), 0xFFFFFFFF);
        BinaryPrimitives.WriteInt64BigEndian(table.AsSpan(252), disk.Length / 512);
        byte[] list = Encoding.UTF8.GetBytes(
            $"<?xml version=\"1.0\"?><plist version=\"1.0\"><dict><key>resource-fork</key><dict><key>blkx</key><array><dict><key>Data</key><data>{Convert.ToBase64String(table)}</data></dict></array></dict></dict></plist>");
        byte[] trailer = new byte[512];
        "koly"u8.CopyTo(trailer);
        BinaryPrimitives.WriteInt32BigEndian(trailer.AsSpan(4), 4);
        BinaryPrimitives.WriteInt32BigEndian(trailer.AsSpan(8), 512);
        BinaryPrimitives.WriteInt64BigEndian(trailer.AsSpan(32), disk.Length);
        BinaryPrimitives.WriteInt32BigEndian(trailer.AsSpan(56), 1);
        BinaryPrimitives.WriteInt32BigEndian(trailer.AsSpan(60), 1);
        trailer.AsSpan(64, 16).Fill(0x5A);
        BinaryPrimitives.WriteInt64BigEndian(trailer.AsSpan(216), disk.Length);
        BinaryPrimitives.WriteInt64BigEndian(trailer.AsSpan(224), list.Length);
        BinaryPrimitives.WriteInt64BigEndian(trailer.AsSpan(492), disk.Length / 512);
        return [.. disk, .. list, .. trailer];
    }

    private static string FindImages()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "ImageFs.sln")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("the tests run outside of their sources");
        }

        return Path.Combine(folder, "images");
    }
}
