namespace ImageFs.Benchmarks.Images;

/// <summary>The images, made when they are first asked for and kept for the next run.</summary>
/// <param name="folder">Where they are kept: on the machine's disk.</param>
internal sealed class ImageCatalog(string folder)
{
    /// <summary>The path of the big file in the main tree.</summary>
    public const string BigFile = "big.bin";

    private const string LoopMount = "mount -o loop,noatime";

    // FILE_ATTRIBUTE_COMPRESSED of the root: what is made below it has it too.
    private const string CompressNtfs = "setfattr -h -n system.ntfs_attrib -v 0x00080000";

    private readonly SourceTree _trees = new(folder);

    /// <summary>Where the source trees are.</summary>
    public SourceTree Trees => _trees;

    /// <summary>The key of the encrypted images.</summary>
    public string KeyFile => Path.Combine(folder, "key");

    /// <summary>The formats that a tree is there in.</summary>
    public static IReadOnlyList<ImageFormat> FormatsOf(TreeKind kind) => kind switch
    {
        TreeKind.Main =>
        [
            ImageFormat.Iso, ImageFormat.Ext4, ImageFormat.Squashfs, ImageFormat.Erofs, ImageFormat.Udf, ImageFormat.Qcow2, ImageFormat.Xfs, ImageFormat.Btrfs,
            ImageFormat.Ntfs, ImageFormat.SquashfsGzip, ImageFormat.SquashfsZstd, ImageFormat.SquashfsXz, ImageFormat.ErofsLz4hc, ImageFormat.ErofsZstd,
        ],
        TreeKind.Files => [ImageFormat.Ext4, ImageFormat.Xfs, ImageFormat.Btrfs, ImageFormat.Ntfs],
        TreeKind.Text =>
        [
            ImageFormat.BtrfsZstd, ImageFormat.NtfsLznt1, ImageFormat.ErofsLz4hc, ImageFormat.ErofsZstd, ImageFormat.SquashfsGzip, ImageFormat.SquashfsZstd,
            ImageFormat.SquashfsXz,
        ],
        _ => [ImageFormat.Ext4, ImageFormat.Fat32, ImageFormat.Xfs, ImageFormat.Btrfs, ImageFormat.Ntfs],
    };

    /// <summary>An image's file.</summary>
    /// <exception cref="InvalidOperationException">The program that makes it is missing, or failed.</exception>
    public string Get(TreeKind kind, ImageFormat format)
    {
        string path = Path.Combine(folder, $"{kind}.{format}".ToLowerInvariant());
        if (!File.Exists(path))
        {
            Console.Error.WriteLine($"making {path}");
            string unfinished = path + ".new";
            File.Delete(unfinished);
            Make(kind, format, unfinished);
            File.Move(unfinished, path);
        }

        return path;
    }

    private void Make(TreeKind kind, ImageFormat format, string image)
    {
        switch (format)
        {
            case ImageFormat.Fat32:
                FatNames.Make(image);
                break;
            case ImageFormat.Ext4 when kind == TreeKind.Names:
                MakeMounted(kind, "mke2fs -q -F -t ext4 -m 0 -N 110000", LoopMount, image);
                break;
            case ImageFormat.Xfs:
                MakeMounted(kind, "mkfs.xfs -q -f", LoopMount, image);
                break;
            case ImageFormat.Btrfs:
                MakeMounted(kind, "mkfs.btrfs -q -f", LoopMount, image);
                break;
            case ImageFormat.BtrfsZstd:
                MakeMounted(kind, "mkfs.btrfs -q -f", $"{LoopMount},compress-force=zstd", image);
                break;
            case ImageFormat.Ntfs:
                MakeMounted(kind, "mkntfs -q -Q -F", "ntfs-3g -o noatime", image);
                break;
            case ImageFormat.NtfsLznt1:
                MakeMounted(kind, "mkntfs -q -Q -F", "ntfs-3g -o noatime,compression", image, CompressNtfs);
                break;
            case ImageFormat.Ext4:
                MakeExt4(_trees.Of(kind), image);
                break;
            case ImageFormat.Iso:
                Command.RunLong("xorriso", "-as", "mkisofs", "-quiet", "-R", "-o", image, _trees.Of(kind));
                break;
            case ImageFormat.Udf:
                Command.RunLong("genisoimage", "-quiet", "-udf", "-R", "-o", image, _trees.Of(kind));
                break;
            case ImageFormat.Luks:
                Encrypt(Get(kind, ImageFormat.Ext4), image);
                break;
            case ImageFormat.Qcow2:
                MakeQcow2(Get(kind, ImageFormat.Ext4), image);
                break;
            case ImageFormat.Squashfs:
                Command.RunLong("mksquashfs", _trees.Of(kind), image, "-quiet", "-no-progress", "-noI", "-noD", "-noF", "-noX");
                break;
            case ImageFormat.SquashfsGzip or ImageFormat.SquashfsZstd or ImageFormat.SquashfsXz:
                Command.RunLong("mksquashfs", _trees.Of(kind), image, "-quiet", "-no-progress", "-comp", CompressorOf(format));
                break;
            case ImageFormat.ErofsLz4hc:
                Command.RunLong("mkfs.erofs", "-zlz4hc", "-C65536", image, _trees.Of(kind));
                break;
            case ImageFormat.ErofsZstd:
                Command.RunLong("mkfs.erofs", "-zzstd", "-C65536", image, _trees.Of(kind));
                break;
            default:
                Command.RunLong("mkfs.erofs", image, _trees.Of(kind));
                break;
        }
    }

    private static string CompressorOf(ImageFormat format) => format switch
    {
        ImageFormat.SquashfsZstd => "zstd",
        ImageFormat.SquashfsXz => "xz",
        _ => "gzip",
    };

    private static void MakeExt4(string tree, string image)
    {
        // Half as much again, and room for the journal: mke2fs -d does not say what a tree takes.
        const string Script = "kib=$(du -sk \"$1\" | cut -f1) && truncate -s $((kib * 3 / 2 + 65536))K \"$2\" && mke2fs -q -F -t ext4 -m 0 -d \"$1\" \"$2\"";
        Command.RunLong("sh", "-c", Script, "sh", tree, image);
    }

    // The header takes room at the end, and cryptsetup moves what is there.
    private void Encrypt(string ext4, string image)
    {
        const string Script =
            """
            set -e
            printf %s 'a passphrase' >"$3"
            cp --sparse=always "$1" "$2"
            truncate -s +32M "$2"
            cryptsetup reencrypt --encrypt --type luks2 -c aes-xts-plain64 -s 512 --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --reduce-device-size 32M \
              --batch-mode --key-file "$3" "$2"
            """;
        Command.RunLong("sh", "-c", Script, "sh", ext4, image, KeyFile);
    }

    // The partition begins at 1 MiB; after it is room for the second table.
    private static void MakeQcow2(string ext4, string image)
    {
        const string Script =
            """
            set -e
            disk=$2.disk
            trap 'rm -f "$disk"' EXIT
            sectors=$(($(stat -c %s "$1") / 512))
            truncate -s $(((sectors + 4096) * 512)) "$disk"
            printf 'label: gpt\nstart=2048, size=%s\n' $sectors | sfdisk -q "$disk"
            dd if="$1" of="$disk" bs=1M seek=1 conv=notrunc,sparse status=none
            qemu-img convert -f raw -O qcow2 "$disk" "$2"
            """;
        Command.RunLong("sh", "-c", Script, "sh", ext4, image);
    }

    // Filled through a mount: only the kernel makes hashed directories of this size in good time, and most of what is in XFS, Btrfs and NTFS.
    private void MakeMounted(TreeKind kind, string mkfs, string mount, string image, string prepare = ":")
    {
        const string Script =
            """
            set -e
            image=$1 mkfs=$2 mount=$3 prepare=$4 tree=$5; shift 5
            kib=128000
            [[ -z $tree ]] || kib=$(du -sk "$tree" | cut -f1)
            truncate -s $((kib * 3 / 2 + 400000))K "$image"
            $mkfs "$image"
            mnt=$(mktemp -d)
            $mount "$image" "$mnt"
            trap 'umount "$mnt"; rmdir "$mnt"' EXIT
            $prepare "$mnt"
            [[ -z $tree ]] || cp -a "$tree/." "$mnt"
            for count in "$@"; do
              mkdir "$mnt/$count"
              (cd "$mnt/$count" && seq -f 'a name of some length %06.0f.txt' 0 $((count - 1)) | tr '\n' '\0' | xargs -0 touch)
            done
            """;
        bool isNames = kind == TreeKind.Names;
        string tree = isNames ? string.Empty : _trees.Of(kind);
        IEnumerable<string> counts = isNames ? SourceTree.NameCounts.Select(count => $"{count}") : [];
        Command.RunLong("bash", ["-c", Script, "bash", image, mkfs, mount, prepare, tree, .. counts]);
    }
}
