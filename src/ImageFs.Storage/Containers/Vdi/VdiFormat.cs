using System.Numerics;
using ImageFs.Storage.Formats;

namespace ImageFs.Storage.Containers.Vdi;

/// <summary>VirtualBox's format, version 1.1.</summary>
internal sealed class VdiFormat : ContainerFormat
{
    internal const string FormatName = "vdi";

    private const string Structure = "vdi header";
    private const string Clause = "VirtualBox: VDIHEADER1PLUS";
    private const uint MaxExtra = 1 << 20;

    /// <inheritdoc/>
    public override string Name => FormatName;

    /// <inheritdoc/>
    public override string Title => "VirtualBox's VDI, version 1.1";

    /// <inheritdoc/>
    public override IReadOnlyList<Mark> Marks { get; } = [new(0x40, (byte[])[0x7F, 0x10, 0xDA, 0xBE])];

    /// <inheritdoc/>
    public override IReadOnlyList<string> FileExtensions => [".vdi"];

    /// <inheritdoc/>
    public override bool Probe(ImageFile file) => file.Head.Length >= Header.Length && new Header(file.Head).HasMagic;

    /// <inheritdoc/>
    public override Container Open(ImageFile file, OpenContext context)
    {
        if (!Probe(file))
        {
            throw Invalid(0x40, "it has no magic number");
        }

        var header = new Header(file.Head);
        if (header.Version >> 16 != 1)
        {
            throw new UnsupportedFeatureException($"vdi version {header.Version >> 16}.{header.Version & 0xFFFF}", Clause);
        }

        if (header.Type is not (ImageType.Dynamic or ImageType.Static or ImageType.Differencing))
        {
            throw new UnsupportedFeatureException($"vdi of type {(uint)header.Type}", Clause);
        }

        Check(header, file.Source.Length);
        bool isChild = header.Type == ImageType.Differencing;
        return new VdiDisk(file.Source, header, isChild ? OpenParent(file, header.ParentId, context) : null, context.Memory);
    }

    private static void Check(Header header, long fileLength)
    {
        if (header.BlockSize < 512 || !BitOperations.IsPow2(header.BlockSize) || header.BlockSize > 1 << 30 || header.BlockExtra > MaxExtra)
        {
            throw Invalid(0x178, $"it has blocks of {header.BlockSize} bytes after {header.BlockExtra} others: a power of two from 512 on is allowed");
        }

        // What a map of so many blocks can have.
        if (header.DiskSize > (ulong)header.BlockCount * header.BlockSize)
        {
            throw Invalid(0x170, $"its disk of {header.DiskSize} bytes does not fit {header.BlockCount} blocks of {header.BlockSize}");
        }

        if ((long)header.BlockCount * sizeof(uint) > fileLength - header.MapOffset)
        {
            throw Invalid(0x154, $"its map of {header.BlockCount} blocks at 0x{header.MapOffset:X} runs past the end of the file at 0x{fileLength:X}");
        }
    }

    // The parent is known by its number only. VirtualBox's snapshots have it for their name; where the first disk is, a user must say.
    private static VdiDisk OpenParent(ImageFile file, Guid id, OpenContext context)
    {
        string beside = $"{id:B}.vdi";
        string FindBeside() => file.Folder.Contains(beside)
            ? beside
            : throw new UnsupportedFeatureException($"a differencing disk whose parent {beside} is not beside it (backing-file= names another)");
        var parent = (VdiDisk)TableDisk.OpenParent(file, FindBeside, "parent", FormatName, context);
        return parent.Id == id
            ? parent
            : throw new InvalidImageException(Structure, 0x1A8, $"its parent is {id}, and the file found is {parent.Id}", Clause);
    }

    private static InvalidImageException Invalid(long address, string problem) => new(Structure, address, problem, Clause);
}
