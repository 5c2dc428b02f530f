using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ImageFs.Benchmarks.Images;

/// <summary>The folders that images are made of.</summary>
/// <param name="folder">Where they are kept.</param>
internal sealed class SourceTree(string folder)
{
    /// <summary>Bytes of the big file.</summary>
    public const long BigFileSize = 192 << 20;

    /// <summary>Names of the two directories for lookups.</summary>
    public static readonly int[] NameCounts = [100, 100_000];

    private const long MostOfSdk = 1 << 30;
    private const int Files = 20_000;
    private const int FilesPerFolder = 100;
    private const int TextWords = 4096;

    private readonly Dictionary<TreeKind, int> _nameCounts = [];

    /// <summary>The folder of a tree; it is made when it is not there.</summary>
    public string Of(TreeKind kind)
    {
        string path = Path.Combine(folder, $"{kind}.tree".ToLowerInvariant());
        if (!Directory.Exists(path))
        {
            string unfinished = path + ".new";
            Command.Run("rm", "-rf", unfinished);
            Directory.CreateDirectory(unfinished);
            Fill(kind, unfinished);
            Directory.Move(unfinished, path);
        }

        return path;
    }

    /// <summary>Names in a tree, its root among them.</summary>
    public int CountNames(TreeKind kind)
    {
        if (!_nameCounts.TryGetValue(kind, out int count))
        {
            count = Command.Run("find", Of(kind), "-printf", ".").Length;
            _nameCounts.Add(kind, count);
        }

        return count;
    }

    /// <summary>SHA-256 of the big file as it was written.</summary>
    public string BigFileHash()
    {
        using FileStream stream = File.OpenRead(Path.Combine(Of(TreeKind.Main), ImageCatalog.BigFile));
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    /// <summary>A name of the directories for lookups; the probe makes the same.</summary>
    public static string NameOf(int number) => $"a name of some length {number.ToString("D6", CultureInfo.InvariantCulture)}.txt";

    private static void Fill(TreeKind kind, string path)
    {
        switch (kind)
        {
            case TreeKind.Main:
                FillMain(path);
                break;
            case TreeKind.Files:
                FillFiles(path);
                break;
            case TreeKind.Text:
                FillText(path);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(kind), kind, "images of it are made without a folder");
        }
    }

    private static void FillMain(string path)
    {
        string dotnet = Path.GetFullPath(Path.Combine(System.Runtime.InteropServices.RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        bool isWhole = long.Parse(Command.Run("du", "-sb", dotnet).Split('\t')[0], CultureInfo.InvariantCulture) < MostOfSdk;
        Command.RunLong("cp", "-a", isWhole ? dotnet : Path.Combine(dotnet, "shared"), Path.Combine(path, "dotnet"));
        Command.RunLong("cp", "-a", "/usr/share/doc", path);

        using FileStream big = File.Create(Path.Combine(path, ImageCatalog.BigFile));
        byte[] block = new byte[1 << 20];
        for (long at = 0; at < BigFileSize; at += block.Length)
        {
            RandomNumberGenerator.Fill(block);
            big.Write(block);
        }
    }

    // Words in no order, each of them many times: zstd makes about a third of it.
    private static void FillText(string path)
    {
        var random = new Random(1);
        byte[][] words = [.. Enumerable.Range(0, TextWords).Select(_ => Encoding.ASCII.GetBytes(random.GetString("etaoinshrdlu", random.Next(2, 9)) + " "))];
        using FileStream big = File.Create(Path.Combine(path, ImageCatalog.BigFile));
        using var buffered = new BufferedStream(big, 1 << 20);
        for (long at = 0; at < BigFileSize;)
        {
            byte[] word = words[random.Next(TextWords)];
            int length = (int)Math.Min(word.Length, BigFileSize - at);
            buffered.Write(word, 0, length);
            at += length;
        }
    }

    private static void FillFiles(string path)
    {
        for (int i = 0; i < Files; i++)
        {
            string parent = Path.Combine(path, $"folder {i / FilesPerFolder}");
            Directory.CreateDirectory(parent);
            File.WriteAllText(Path.Combine(parent, $"file {i}"), $"contents of file {i}\n");
        }
    }
}
