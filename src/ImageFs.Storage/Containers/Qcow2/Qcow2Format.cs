using ImageFs.Linux;
using ImageFs.Storage.Decoding;
using ImageFs.Storage.Formats;

namespace ImageFs.Storage.Containers.Qcow2;

/// <summary>qemu's format, versions 2 and 3 (qemu: docs/interop/qcow2.txt).</summary>
internal sealed class Qcow2Format : ContainerFormat
{
    internal const string FormatName = "qcow2";

    private const string Structure = "qcow2 header";
    private const string Clause = "qcow2: Header";
    private const int MinClusterBits = 9;
    private const int MaxClusterBits = 21;

    // By the number in the header. What qcow2 calls zlib has no zlib header.
    private static readonly (string Name, Codec Codec)[] s_compressions = [("zlib", Codecs.Deflate), ("zstd", Codecs.Zstandard)];

    // So that a subcluster has a sector.
    private const int MinExtendedClusterBits = 14;
    private const uint MaxNameLength = 1023;

    /// <inheritdoc/>
    public override string Name => FormatName;

    /// <inheritdoc/>
    public override string Title => "QEMU's qcow2, versions 2 and 3";

    /// <inheritdoc/>
    public override IReadOnlyList<Mark> Marks { get; } = [new(0, Header.Magic.ToArray())];

    /// <inheritdoc/>
    public override IReadOnlyList<string> FileExtensions => [".qcow2"];

    /// <inheritdoc/>
    public override IReadOnlyList<FormatOption> Options => [new("snapshot=NAME", "an internal snapshot of a qcow2 image")];

    /// <inheritdoc/>
    public override Container Open(ImageFile file, OpenContext context)
    {
        if (file.Head.Length < Header.MinLength || !Probe(file))
        {
            throw Invalid(0, "it has no magic number");
        }

        var header = new Header(file.Head);
        if (header.Version is not (2 or 3))
        {
            throw new UnsupportedFeatureException($"qcow version {header.Version}", Clause);
        }

        int clusterBits = Check(header);
        ulong backingOffset = header.BackingFileOffset;
        long clusterEnd = Math.Min(1L << clusterBits, file.Source.Length);
        bool isBackingBehind = backingOffset >= header.Length && backingOffset <= (ulong)clusterEnd;
        var extensions = HeaderExtensions.Read(file.Source, header.Length, isBackingBehind ? (long)backingOffset : clusterEnd);
        IncompatibleFeatures features = header.IncompatibleFeatures;
        RefuseUnknown(features, extensions);
        RefuseEncryption(header.CryptMethod);
        if (features.HasFlag(IncompatibleFeatures.Corrupt))
        {
            context.Warn($"{file.Name} is marked corrupt: qemu-img check tells more");
        }

        bool isExtended = features.HasFlag(IncompatibleFeatures.ExtendedL2);
        if (isExtended && clusterBits < MinExtendedClusterBits)
        {
            throw Invalid(20, $"it has subclusters, and clusters of {1 << clusterBits} bytes are too small for them");
        }

        var layout = new Qcow2Layout(header.Version, clusterBits, isExtended, CompressionOf(header).Codec);
        string? backing = ReadBackingName(file, header, clusterEnd);
        var snapshots = new SnapshotTable(file.Source, header.SnapshotsOffset, header.SnapshotCount);
        Snapshot? snapshot = context.Options.TakeValue("snapshot") is { } wanted ? snapshots.Choose(wanted) : null;
        long size = header.Size <= long.MaxValue ? (long)header.Size : throw Invalid(24, $"its disk of {header.Size} bytes is too large");
        long length = snapshot?.DiskSize ?? size;
        TablePlace l1 = snapshot?.L1 ?? new TablePlace(header.L1TableOffset, header.L1Size);
        var tables = new ClusterTables(file.Source, l1, clusterBits, isExtended, length, context.Memory);
        ImageDescription Describe() => Tell(layout, features, extensions, backing, snapshots, snapshot);
        return new Qcow2Disk(
            file.Source,
            features.HasFlag(IncompatibleFeatures.ExternalDataFile) ? OpenDataFile(file, extensions) : file.Source,
            backing is null ? null : OpenBacking(file, backing, FormatOf(extensions), context),
            layout,
            tables,
            length,
            Describe,
            context.Memory.Decoded.ForOwner());
    }

    private static int Check(Header header)
    {
        if (header.ClusterBits is < MinClusterBits or > MaxClusterBits)
        {
            throw Invalid(20, $"it has clusters of 2^{header.ClusterBits} bytes: 2^{MinClusterBits} to 2^{MaxClusterBits} are allowed");
        }

        if (!header.IsWhole || header.Length > 1u << (int)header.ClusterBits)
        {
            throw Invalid(100, $"it has {header.Length} bytes, which are too few, or more than a cluster");
        }

        return (int)header.ClusterBits;
    }

    private static void RefuseUnknown(IncompatibleFeatures features, HeaderExtensions extensions)
    {
        ulong unknown = (ulong)(features & ~IncompatibleFeatures.Known);
        if (unknown != 0)
        {
            string[] names = [.. Enumerable.Range(0, 64).Where(bit => (unknown & (1UL << bit)) != 0).Select(extensions.NameOf)];
            throw new UnsupportedFeatureException($"qcow2 with {string.Join(", ", names)}", Clause);
        }
    }

    private static void RefuseEncryption(uint method)
    {
        if (method != 0)
        {
            string name = method switch { 1 => "AES encryption", 2 => "LUKS encryption", _ => $"encryption method {method}" };
            throw new UnsupportedFeatureException($"qcow2 with {name}", Clause);
        }
    }

    private static (string Name, Codec Codec) CompressionOf(Header header) => header.CompressionType < s_compressions.Length
        ? s_compressions[header.CompressionType]
        : throw new UnsupportedFeatureException($"qcow2 with compression type {header.CompressionType}", Clause);

    private static string? ReadBackingName(ImageFile file, Header header, long end)
    {
        ulong offset = header.BackingFileOffset;
        uint length = header.BackingFileSize;
        if (offset == 0 || length == 0)
        {
            return null;
        }

        if (length > MaxNameLength || offset > (ulong)end || length > end - (long)offset)
        {
            throw Invalid(8, $"its backing file name of {length} bytes at 0x{offset:X} is too long, or runs past 0x{end:X}");
        }

        byte[] name = new byte[length];
        file.Source.ReadAt((long)offset, name);
        return ByteText.FromBytes(name);
    }

    // Formats that say only how the bytes are read.
    private static string? FormatOf(HeaderExtensions extensions) => extensions.BackingFormat switch
    {
        null or "" => null,
        "file" or "host_device" => "raw",
        string format => format,
    };

    // What the name says of the format is newer than what stands beside it.
    private static BlockSource OpenBacking(ImageFile file, string name, string? format, OpenContext context)
    {
        const string Role = "backing file";
        string? told = null;
        ImageFile backing = file.OpenParent(
            () =>
            {
                var parsed = BackingName.Parse(name, Role);
                told = parsed.Format;
                return parsed.Path;
            },
            Role);
        return ContainerFormats.Open(backing, told ?? format, context.WithoutOptions());
    }

    private static BlockSource OpenDataFile(ImageFile file, HeaderExtensions extensions)
    {
        const string Role = "data file";
        string name = extensions.DataFile ?? throw Invalid(72, "its data file is not named");
        return file.OpenBeside(BackingName.Parse(name, Role).Path, Role).Source;
    }

    private static ImageDescription Tell(
        Qcow2Layout layout, IncompatibleFeatures features, HeaderExtensions extensions, string? backing, SnapshotTable snapshots, Snapshot? chosen)
    {
        ImageDescription description = new ImageDescription(FormatName)
            .With("version", (long)layout.Version)
            .With("cluster-size", (long)layout.ClusterSize)
            .With("extended-l2", layout.HasSubclusters ? true : null)
            .With("compression", Array.Find(s_compressions, compression => compression.Codec == layout.Codec).Name)
            .With("dirty", features.HasFlag(IncompatibleFeatures.Dirty) ? true : null)
            .With("corrupt", features.HasFlag(IncompatibleFeatures.Corrupt) ? true : null)
            .With("data-file", extensions.DataFile)
            .With("backing-file", backing)
            .With("backing-format", extensions.BackingFormat)
            .With("snapshot", chosen?.Id);
        description.Children.AddRange(snapshots.Read().Select(snapshot => new ImageDescription("snapshot")
            .With("size", snapshot.DiskSize)
            .With("id", snapshot.Id)
            .With("name", snapshot.Name)
            .With("date", snapshot.Date)));
        return description;
    }

    private static InvalidImageException Invalid(long address, string problem) => new(Structure, address, problem, Clause);
}
