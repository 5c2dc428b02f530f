using ImageFs.Storage.Formats;

namespace ImageFs.Storage.Containers.Vhd;

/// <summary>Virtual PC's and Hyper-V's older format (Virtual Hard Disk Image Format Specification).</summary>
internal sealed class VhdFormat : ContainerFormat
{
    internal const string FormatName = "vpc";

    private const string Clause = "VHD: Hard Disk Footer Format";

    // That of qemu.
    private const long MaxLength = 2048L << 30;

    /// <inheritdoc/>
    public override string Name => FormatName;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Aliases => ["vhd"];

    /// <inheritdoc/>
    public override string Title => "Virtual PC's VHD";

    /// <inheritdoc/>
    public override IReadOnlyList<Mark> Marks { get; } = [new(0, "conectix"), new(-512, "conectix")];

    /// <inheritdoc/>
    public override IReadOnlyList<string> FileExtensions => [".vhd"];

    /// <inheritdoc/>
    public override bool Probe(ImageFile file) =>
        file.Head.StartsWith("conectix"u8) || (file.Source.Length >= Footer.Length && new Footer(ReadLast(file.Source)).HasMagic);

    /// <inheritdoc/>
    public override Container Open(ImageFile file, OpenContext context)
    {
        var footer = new Footer(ReadFooter(file, context.Warn));
        long length = footer.CurrentSize <= MaxLength
            ? (long)footer.CurrentSize
            : throw Invalid(file.Source.Length - Footer.Length, $"its disk of {footer.CurrentSize} bytes is too large");
        switch (footer.DiskType)
        {
            case DiskType.Fixed:
                return length <= file.Source.Length
                    ? new FixedVhdDisk(file.Source, length, footer.UniqueId)
                    : throw new TruncatedImageException(length, file.Source.Length);
            case DiskType.Dynamic or DiskType.Differencing:
                return OpenDynamic(file, footer, length, context);
            default:
                throw new UnsupportedFeatureException($"vhd of type {(uint)footer.DiskType}", Clause);
        }
    }

    private static byte[] ReadLast(BlockSource source)
    {
        byte[] bytes = new byte[Footer.Length];
        source.ReadAt(source.Length - bytes.Length, bytes);
        return bytes;
    }

    private static byte[] ReadFooter(ImageFile file, Action<string> warn)
    {
        if (file.Source.Length < Footer.Length)
        {
            throw new TruncatedImageException(Footer.Length, file.Source.Length);
        }

        byte[] last = ReadLast(file.Source);
        if (new Footer(last).IsValid)
        {
            return last;
        }

        byte[] first = file.Head[..Footer.Length].ToArray();
        if (!new Footer(first).IsValid)
        {
            throw Invalid(file.Source.Length - Footer.Length, "it and its copy have a wrong magic number or checksum");
        }

        warn($"{file.Name} has a damaged footer: its copy is used");
        return first;
    }

    private static DynamicVhdDisk OpenDynamic(ImageFile file, Footer footer, long length, OpenContext context)
    {
        ulong offset = footer.DataOffset;
        if (offset > long.MaxValue - DynamicHeader.Length)
        {
            throw Invalid(file.Source.Length - Footer.Length, $"its dynamic disk header at 0x{offset:X} lies beyond any file");
        }

        byte[] bytes = new byte[DynamicHeader.Length];
        file.Source.ReadAt((long)offset, bytes);
        var header = new DynamicHeader(bytes);
        if (!header.IsValid)
        {
            throw new InvalidImageException(
                "vhd dynamic disk header", (long)offset, "it has a wrong magic number or checksum", "VHD: Dynamic Disk Header Format");
        }

        string? path = null;
        BlockSource? parent = null;
        if (footer.DiskType == DiskType.Differencing)
        {
            ImageFile named = file.OpenParent(() => path = ParentLocator.Find(file.Source, new DynamicHeader(bytes)), "parent");
            path ??= named.Name;
            CheckParent(named, header);
            parent = ContainerFormats.Open(named, FormatName, context.WithoutOptions());
        }

        return new DynamicVhdDisk(file.Source, header, length, footer.UniqueId, parent, path, context.Memory);
    }

    private static void CheckParent(ImageFile parent, DynamicHeader header)
    {
        Guid id = parent.Source.Length >= Footer.Length ? new Footer(ReadFooter(parent, _ => { })).UniqueId : Guid.Empty;
        if (id != header.ParentUniqueId)
        {
            throw new InvalidImageException(
                "vhd parent locator", 0, $"{parent.Name} is {id}, the parent was {header.ParentUniqueId}", "VHD: Dynamic Disk Header Format");
        }
    }

    private static InvalidImageException Invalid(long address, string problem) => new("vhd footer", address, problem, Clause);
}
