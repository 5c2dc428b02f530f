using ImageFs.Storage.Checking;
using ImageFs.Storage.Formats;

namespace ImageFs.Storage.Containers.Vhdx;

/// <summary>Hyper-V's format (MS-VHDX).</summary>
internal sealed class VhdxFormat : ContainerFormat
{
    internal const string FormatName = "vhdx";

    /// <summary>The parent's path from the child's folder.</summary>
    internal const string RelativePath = "relative_path";

    private const string AbsolutePath = "absolute_win32_path";
    private const string Linkage = "parent_linkage";
    private const string SecondLinkage = "parent_linkage2";

    private static readonly long[] s_headers = [64 * 1024, 128 * 1024];

    /// <inheritdoc/>
    public override string Name => FormatName;

    /// <inheritdoc/>
    public override string Title => "Hyper-V's VHDX";

    /// <inheritdoc/>
    public override IReadOnlyList<Mark> Marks { get; } = [new(0, "vhdxfile")];

    /// <inheritdoc/>
    public override IReadOnlyList<string> FileExtensions => [".vhdx"];

    /// <inheritdoc/>
    public override Container Open(ImageFile file, OpenContext context)
    {
        byte[] bytes = new byte[FileHeader.Length];
        ReadHeader(file.Source, bytes);
        var header = new FileHeader(bytes);
        if (header.Version != 1)
        {
            throw new UnsupportedFeatureException($"vhdx version {header.Version}", "MS-VHDX 2.2.2");
        }

        BlockSource source = LogReplay.Replay(file.Source, header);
        (Region tableRegion, Region metadataRegion) = RegionTable.Read(source);
        var metadata = Metadata.Read(source, metadataRegion);
        var table = new AllocationTable(source, tableRegion, metadata, context.Memory);
        return new VhdxDisk(source, metadata, table, metadata.HasParent ? OpenParent(file, metadata, context) : null, header.DataWriteGuid);
    }

    /// <summary>Checks both headers.</summary>
    internal static void CheckHeaders(BlockSource source, CheckRun run)
    {
        byte[] bytes = new byte[FileHeader.Length];
        foreach (long address in s_headers)
        {
            run.Try(() =>
            {
                source.ReadAt(address, bytes);
                if (!new FileHeader(bytes).IsValid)
                {
                    run.Find("vhdx header", address, "its signature or checksum is wrong", "MS-VHDX 2.2.2");
                }
            });
        }
    }

    private static void ReadHeader(BlockSource source, byte[] newest)
    {
        byte[] bytes = new byte[FileHeader.Length];
        bool isFound = false;
        foreach (long address in s_headers)
        {
            if (address + bytes.Length > source.Length)
            {
                throw new TruncatedImageException(address, source.Length);
            }

            source.ReadAt(address, bytes);
            var header = new FileHeader(bytes);
            if (header.IsValid && (!isFound || header.SequenceNumber > new FileHeader(newest).SequenceNumber))
            {
                isFound = true;
                bytes.CopyTo(newest, 0);
            }
        }

        if (!isFound)
        {
            throw new InvalidImageException("vhdx header", s_headers[0], "it and the second one have a wrong signature or checksum", "MS-VHDX 2.2.2");
        }
    }

    private static BlockSource OpenParent(ImageFile file, Metadata metadata, OpenContext context)
    {
        string PathOf() => WindowsPath.Convert(
            metadata.ParentLocator.GetValueOrDefault(RelativePath)
            ?? metadata.ParentLocator.GetValueOrDefault(AbsolutePath)
            ?? throw new InvalidImageException("vhdx parent locator", 0, "it has no path", "MS-VHDX 2.6.2.6.3"));
        BlockSource parent = TableDisk.OpenParent(file, PathOf, "parent", FormatName, context);
        Guid id = ((VhdxDisk)parent).DataWriteGuid;
        return IsLinkedTo(metadata, Linkage, id) || IsLinkedTo(metadata, SecondLinkage, id)
            ? parent
            : throw new InvalidImageException("vhdx parent locator", 0, $"the parent was written to since: it is {id:B}", "MS-VHDX 2.6.2.6.3");
    }

    private static bool IsLinkedTo(Metadata metadata, string key, Guid id) =>
        metadata.ParentLocator.TryGetValue(key, out string? text) && Guid.TryParse(text, out Guid wanted) && wanted == id;
}
