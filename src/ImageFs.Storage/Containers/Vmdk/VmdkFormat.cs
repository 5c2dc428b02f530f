using ImageFs.Storage.Formats;

namespace ImageFs.Storage.Containers.Vmdk;

/// <summary>VMware's format (Virtual Disk Format 5.0).</summary>
internal sealed class VmdkFormat : ContainerFormat
{
    internal const string FormatName = "vmdk";

    private const string Clause = "VMDK: The Descriptor File";
    private const int SectorSize = 512;

    // A descriptor for each.
    private const int MaxExtents = 4096;

    // The footer, and the end-of-stream marker after it.
    private const int FooterOffset = 1024;

    /// <inheritdoc/>
    public override string Name => FormatName;

    /// <inheritdoc/>
    public override string Title => "VMware's VMDK";

    /// <inheritdoc/>
    public override IReadOnlyList<Mark> Marks { get; } = [new(0, "KDMV"), new(0, "COWD"), new(0, "# Disk DescriptorFile")];

    /// <inheritdoc/>
    public override IReadOnlyList<string> FileExtensions => [".vmdk"];

    /// <inheritdoc/>
    public override bool Probe(ImageFile file) => IsSparse(file) || IsCowd(file) || IsDescriptor(file.Head);

    /// <inheritdoc/>
    public override Container Open(ImageFile file, OpenContext context)
    {
        Descriptor? descriptor = ReadDescriptor(file);
        BlockSource? parent = descriptor is { ParentContentId: { } id } ? OpenParent(file, descriptor, id, context) : null;

        // A file with grains is itself the disk, whatever its descriptor calls it.
        if (IsCowd(file) || (IsSparse(file) && new SparseHeader(file.Head).Capacity > 0))
        {
            return new VmdkDisk([OpenSparse(file, parent, context.Memory)], descriptor);
        }

        if (descriptor is null || descriptor.Extents.Count is 0 or > MaxExtents)
        {
            throw new InvalidImageException("vmdk descriptor", 0, $"it has {descriptor?.Extents.Count ?? 0} extents", Clause);
        }

        var extents = new List<BlockSource>();
        long start = 0;
        foreach (ExtentLine line in descriptor.Extents)
        {
            long length = line.Sectors * SectorSize;
            extents.Add(OpenExtent(file, line, length, parent, start, context.Memory));
            start = start <= long.MaxValue - length ? start + length : throw new InvalidImageException("vmdk descriptor", 0, "the extents are too long", Clause);
        }

        return new VmdkDisk(extents, descriptor);
    }

    private static bool IsSparse(ImageFile file) => file.Head.Length >= SparseHeader.Length && new SparseHeader(file.Head).HasMagic;

    private static bool IsCowd(ImageFile file) => file.Head.Length >= SparseHeader.Length && file.Head.StartsWith("COWD"u8);

    // Lines of other comments may be before it.
    private static bool IsDescriptor(ReadOnlySpan<byte> head)
    {
        ReadOnlySpan<byte> text = head[..Math.Min(head.Length, SectorSize)].TrimStart("\r\n\t "u8);
        return text.Length >= Descriptor.Magic.Length && System.Text.Ascii.EqualsIgnoreCase(text[..Descriptor.Magic.Length], Descriptor.Magic);
    }

    private static Descriptor? ReadDescriptor(ImageFile file)
    {
        long offset = 0;
        long length = file.Source.Length;
        if (IsCowd(file))
        {
            return null;
        }

        if (IsSparse(file))
        {
            var header = new SparseHeader(file.Head);
            if (header.DescriptorOffset == 0 || header.DescriptorSize == 0)
            {
                return null;
            }

            offset = header.DescriptorOffset <= (ulong)length / SectorSize ? (long)header.DescriptorOffset * SectorSize : length;
            length = header.DescriptorSize <= (ulong)(length - offset) / SectorSize ? (long)header.DescriptorSize * SectorSize : long.MaxValue;
        }

        if (length > Descriptor.MaxLength)
        {
            throw new InvalidImageException("vmdk descriptor", offset, "it is too long, or runs past the end of the file", Clause);
        }

        byte[] bytes = new byte[length];
        file.Source.ReadAt(offset, bytes);
        return Descriptor.Parse(bytes);
    }

    private static SparseExtent OpenSparse(ImageFile file, BlockSource? parent, MemoryBudget memory)
    {
        if (IsCowd(file))
        {
            var cowd = new CowdHeader(file.Head);
            return new SparseExtent(
                file.Source,
                GrainLayout.Make(cowd.Capacity, cowd.GrainSize, CowdHeader.EntriesInTable, cowd.DirectoryOffset, false, false, file.Source.Length),
                parent,
                memory,
                default);
        }

        if (!IsSparse(file))
        {
            throw new InvalidImageException("vmdk sparse extent header", 0, $"{file.Name} has no magic number", "VMDK: Hosted Sparse Extent Header");
        }

        var header = new SparseHeader(file.Head);
        if (header.Version > 3 || header.CompressAlgorithm > 1)
        {
            throw new UnsupportedFeatureException(
                $"vmdk version {header.Version} with compression {header.CompressAlgorithm}", "VMDK: Hosted Sparse Extent Header");
        }

        ulong directory = header.DirectoryOffset == SparseHeader.AtEnd ? ReadDirectoryOffset(file.Source) : header.DirectoryOffset;
        return new SparseExtent(
            file.Source,
            GrainLayout.Make(
                header.Capacity, header.GrainSize, header.EntriesInTable, directory, header.HasZeroGrains, header.IsCompressed, file.Source.Length),
            parent,
            memory,
            memory.Decoded.ForOwner());
    }

    private static ulong ReadDirectoryOffset(BlockSource source)
    {
        byte[] footer = new byte[SparseHeader.Length];
        long address = source.Length - FooterOffset;
        if (address >= 0)
        {
            source.ReadAt(address, footer);
        }

        var header = new SparseHeader(footer);
        return header.HasMagic && header.DirectoryOffset != SparseHeader.AtEnd
            ? header.DirectoryOffset
            : throw new InvalidImageException("vmdk footer", Math.Max(address, 0), "it names no grain directory", "VMDK: Stream-Optimized Compressed Sparse Extents");
    }

    private static BlockSource OpenExtent(ImageFile file, ExtentLine line, long length, BlockSource? parent, long start, MemoryBudget memory)
    {
        const string Role = "extent";
        switch (line.Type)
        {
            case "ZERO":
                return new ZeroExtent(length);
            case "FLAT" or "VMFS":
                return new BlockSlice(file.OpenBeside(line.File!, Role).Source, line.Offset * SectorSize, length);
            case "SPARSE" or "VMFSSPARSE":
                SparseExtent extent = OpenSparse(file.OpenBeside(line.File!, Role), Below(parent, start, length), memory);
                if (extent.IsCompressed)
                {
                    throw new UnsupportedFeatureException($"vmdk with compressed grains in one of several files, {line.File}", Clause);
                }

                return extent.Length >= length
                    ? new BlockSlice(extent, 0, length)
                    : throw new InvalidImageException("vmdk extent", 0, $"{line.File} has {extent.Length} bytes instead of {length}", Clause);
            default:
                throw new UnsupportedFeatureException($"vmdk with an extent of type {line.Type}", "VMDK: The Extent Description");
        }
    }

    private static BlockSlice? Below(BlockSource? parent, long start, long length) =>
        parent is null || start >= parent.Length ? null : new BlockSlice(parent, start, Math.Min(length, parent.Length - start));

    private static BlockSource OpenParent(ImageFile file, Descriptor descriptor, string contentId, OpenContext context)
    {
        string? hint = descriptor.ParentHint;
        BlockSource parent = TableDisk.OpenParent(
            file,
            () => hint is not null ? PathOf(hint) : throw new InvalidImageException("vmdk descriptor", 0, "the parent is not named", Clause),
            "parent",
            FormatName,
            context);
        string? id = ((VmdkDisk)parent).ContentId;
        return string.Equals(id, contentId, StringComparison.OrdinalIgnoreCase)
            ? parent
            : throw new InvalidImageException("vmdk descriptor", 0, $"the parent {hint} was written to since: it is {id}, and was {contentId}", Clause);
    }

    // A path of this system may have a backslash in it; one of Windows has no slash.
    private static string PathOf(string hint) => hint.Contains('/', StringComparison.Ordinal) ? hint : WindowsPath.Convert(hint);
}
