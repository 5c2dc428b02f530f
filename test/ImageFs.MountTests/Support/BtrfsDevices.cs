using System.Text.Json;

namespace ImageFs.MountTests.Support;

/// <summary>Images of one Btrfs file system on several devices, made by mkfs.btrfs and filled by this kernel; they are files of a folder.</summary>
internal sealed class BtrfsDevices
{
    private const string Size = "256M";

    // Chance that comes out the same each time; larger than a stripe, smaller than a sector, compressed, with holes, without checksums.
    private const string Script =
        """
        set -e
        cd "$1"
        seq 1000000 | head -c 5000000 >large
        mkdir small compressed
        for i in $(seq 0 120); do seq $((i * 50)) >small/$i; done
        chattr +c compressed && for i in 1 2 3; do seq $i$i$i$i 90000 >compressed/$i; done
        truncate -s 1M holes && seq 20000 | dd of=holes bs=64K seek=3 conv=notrunc status=none
        touch unchecked && chattr +C unchecked && seq 70000 >unchecked
        btrfs -q subvolume create nested && seq 3000 >nested/file
        sync
        """;

    private BtrfsDevices(string[] paths) => Paths = paths;

    /// <summary>The images, in the order of their numbers.</summary>
    public string[] Paths { get; }

    /// <summary>Makes and fills them.</summary>
    /// <param name="folder">Where they are made.</param>
    /// <param name="count">How many.</param>
    /// <param name="options">Options of mkfs.btrfs.</param>
    /// <param name="then">What further is done while they are mounted: it gets the mount and the loop devices.</param>
    public static BtrfsDevices Make(TestFolder folder, int count, string options, Action<KernelMount, LoopDevice[]>? then = null)
    {
        Need.Program("mkfs.btrfs", "btrfs-progs");
        var devices = new BtrfsDevices([.. Enumerable.Range(1, count).Select(i => folder[$"{i}.img"])]);
        foreach (string path in devices.Paths)
        {
            Tool.Run("truncate", "-s", Size, path).Succeeded();
        }

        using (var loops = new LoopDevices(devices.Paths))
        {
            Tool.Run("mkfs.btrfs", ["-q", "-f", .. options.Split(' '), .. loops.All.Select(loop => loop.Path)]).Succeeded();
        }

        devices.Change((mount, loops) =>
        {
            Tool.Shell(Script, mount.Directory).Succeeded();
            then?.Invoke(mount, loops);
        });
        return devices;
    }

    /// <summary>Has this kernel mount them, to change what is on them.</summary>
    public void Change(Action<KernelMount, LoopDevice[]> change, string options = "rw")
    {
        using var loops = new LoopDevices(Paths);
        using var mount = new KernelMount(loops.All[0].Path, BtrfsImage.Type, loops.OptionsOfFirst(options));
        change(mount, loops.All);
    }

    /// <summary>Those of them that have these numbers, from 1 on.</summary>
    public BtrfsDevices Only(params int[] numbers) => new([.. numbers.Select(number => Paths[number - 1])]);

    /// <summary>Copies of them.</summary>
    public BtrfsDevices Copy(TestFolder folder, string name)
    {
        string[] copies = [.. Paths.Select((_, i) => folder[$"{name}{i + 1}.img"])];
        for (int i = 0; i < copies.Length; i++)
        {
            Tool.Run("cp", "--sparse=always", Paths[i], copies[i]).Succeeded();
        }

        return new BtrfsDevices(copies);
    }

    /// <summary>The options with which ImageFs opens the first of them.</summary>
    public string Options(params IEnumerable<string> more) => string.Join(',', [.. more.Where(word => word.Length > 0), .. Paths.Skip(1).Select(path => $"device={path}")]);

    /// <summary>Where a file's extents lie in the end.</summary>
    public (string Path, long Address, long Length)[] PlacesOf(string file)
    {
        string told = ImageFsProgram.Run("extents", "--json", Paths[0], file, "-o", Options("ro")).Succeeded().Text;
        using var json = JsonDocument.Parse(told);
        return
        [
            .. from extent in json.RootElement.GetProperty("layers").EnumerateArray().Last().EnumerateArray()
               let name = extent.GetProperty("in").GetString()
               select (Paths.Single(path => Path.GetFileName(path) == Path.GetFileName(name)), extent.GetProperty("address").GetInt64(), extent.GetProperty("length").GetInt64()),
        ];
    }
}
