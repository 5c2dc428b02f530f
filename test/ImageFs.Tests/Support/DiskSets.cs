using System.Diagnostics;

namespace ImageFs.Tests.Support;

/// <summary>The sets of disks of images/volumes, which Linux's own tools and drivers made: unpacked once for all tests of a run.</summary>
internal static class DiskSets
{
    private static readonly string s_packed = Path.Combine(SourceTree.Folder, "images", "volumes");
    private static readonly Lazy<DirectoryInfo> s_unpacked = new(MakeFolder);

    /// <summary>The volumes that the sets have, and what Linux read of them.</summary>
    public static IEnumerable<DiskSetVolume> Volumes =>
        from line in File.ReadLines(Path.Combine(s_packed, "manifest"))
        where !line.StartsWith('#')
        let fields = line.Split('\t')
        select new DiskSetVolume(fields[0], fields[1].Split(','), fields[2], fields[3] is "-" ? null : long.Parse(fields[3]), fields[4], fields.Length > 5 ? fields[5] : string.Empty);

    /// <summary>The path of a disk; who changes it copies it before.</summary>
    public static string PathOf(string set, string disk)
    {
        string folder = Path.Combine(s_unpacked.Value.FullName, set);
        lock (s_unpacked)
        {
            if (!Directory.Exists(folder))
            {
                Directory.CreateDirectory(folder);
                using Process tar = Process.Start("tar", ["-xSf", Path.Combine(s_packed, $"{set}.tar.xz"), "-C", folder]);
                tar.WaitForExit();
                Assert.That(tar.ExitCode, Is.Zero, $"tar unpacks {set}");
            }
        }

        return Path.Combine(folder, $"{disk}.img");
    }

    private static DirectoryInfo MakeFolder()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("imagefs-sets-");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => folder.Delete(recursive: true);
        return folder;
    }
}

/// <summary>A volume of a set of disks.</summary>
/// <param name="Set">The set.</param>
/// <param name="Disks">Those of its disks that are there; the others are missing.</param>
/// <param name="Name">The volume's name; with "luks:" in front of it what is encrypted on it.</param>
/// <param name="Length">Its length in bytes; null when it could not be opened.</param>
/// <param name="Hash">The SHA-256 of its bytes; "refused" and "unreadable" when Linux did not open it, "error" when it could not read it.</param>
/// <param name="Notes">What is special about it.</param>
internal sealed record DiskSetVolume(string Set, IReadOnlyList<string> Disks, string Name, long? Length, string Hash, string Notes)
{
    /// <summary>The value of a note that has one: "passphrase"; null when there is none.</summary>
    public string? Note(string key) => Notes.Split(',').FirstOrDefault(note => note.StartsWith($"{key}=", StringComparison.Ordinal))?[(key.Length + 1)..];

    /// <inheritdoc/>
    public override string ToString() => $"{Name} of {Set} ({string.Concat(Disks)}{(Notes.Length > 0 ? $"; {Notes}" : string.Empty)})";
}
