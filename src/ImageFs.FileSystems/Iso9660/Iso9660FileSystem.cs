using ImageFs.FileSystems.Discs;
using ImageFs.FileSystems.Iso9660.RockRidge;
using ImageFs.FileSystems.Iso9660.Zisofs;
using ImageFs.Storage;
using ImageFs.Storage.Checking;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Iso9660;

/// <summary>
/// An ISO 9660 file system, as Linux's isofs shows it. A node is the address of its directory record: of a directory the record that
/// it has of itself, of a file the first one.
/// </summary>
internal sealed class Iso9660FileSystem : FileSystem
{
    private readonly Iso9660Volume _volume;
    private readonly Iso9660Directories _directories;
    private readonly DirectoriesAhead _ahead;

    public Iso9660FileSystem(Iso9660Volume volume)
    {
        _volume = volume;
        _directories = new Iso9660Directories(volume);
        _ahead = new DirectoriesAhead(volume);
        if (GetAttributes(Root).Type != NodeType.Directory)
        {
            throw new InvalidImageException(
                "root directory", volume.Root, "its first record is not that of a directory", "ECMA-119 6.8.2.2");
        }
    }

    /// <inheritdoc/>
    public override string Format => "iso9660";

    /// <inheritdoc/>
    public override NodeId Root => new((ulong)_volume.Root);

    /// <inheritdoc/>
    public override FileSystemStatistics Statistics => new()
    {
        BlockSize = (uint)_volume.BlockSize,
        Blocks = _volume.Shown.Volume.VolumeSpaceSize,
        MaxNameLength = 255,
    };

    /// <inheritdoc/>
    public override bool HasBirthTimes => _volume.Tree == Iso9660Tree.RockRidge;

    /// <inheritdoc/>
    /// <remarks>Hard links are records of the same extent; so are files alike, by many writers.</remarks>
    public override FileSystemChecks Checks => new()
    {
        SharedBytes = SharedBytes.Extents,
        Structures = [ImplantedCheck.Of((_volume.Source as SessionSource)?.Image ?? _volume.Source), new Check("path tables"), new Check("other trees than the one shown")],
    };

    /// <inheritdoc/>
    public override ImageDescription Describe() => Iso9660Description.Make(_volume);

    /// <inheritdoc/>
    public override NodeAttributes GetAttributes(NodeId node) => Iso9660Node.Read(_volume, Iso9660Node.ToAddress(node)).Attributes;

    /// <inheritdoc/>
    public override NodeAttributes GetAttributes(in DirectoryEntry entry) => entry.Record.IsEmpty
        ? GetAttributes(entry.Node)
        : Iso9660Node.Read(_volume, new DirectoryRecord(entry.Record), Iso9660Node.ToAddress(entry.Node)).Attributes;

    /// <inheritdoc/>
    public override void PrefetchAttributes(NodeId directory) => _ahead.Note();

    /// <inheritdoc/>
    public override bool TryLookup(NodeId directory, ReadOnlySpan<byte> name, out NodeId node) => _directories.TryLookup(directory, name, out node);

    /// <inheritdoc/>
    public override void ReadDirectory(NodeId directory, long position, IDirectorySink sink) => _directories.List(directory, position, sink);

    /// <inheritdoc/>
    public override byte[] ReadLink(NodeId node)
    {
        Span<byte> record = stackalloc byte[DirectoryRecord.MaxLength];
        Span<byte> name = stackalloc byte[DirectoryRecord.MaxLength];
        byte[] target = new byte[SymbolicLinkTarget.MaxLength];
        long address = Iso9660Node.ToAddress(node);
        RockRidgeFields fields = _volume.ReadRockRidge(_volume.ReadRecord(address, record), address, name, target);
        return fields.Target.Length > 0
            ? target[..fields.Target.Length]
            : throw new InvalidImageException("directory record", address, "the symbolic link has no target", "RRIP 4.1.3");
    }

    /// <inheritdoc/>
    public override BlockSource OpenFile(NodeId node)
    {
        long address = Iso9660Node.ToAddress(node);
        var sections = new List<FileSection>();
        Iso9660Node inode = Iso9660Node.Read(_volume, address, sections);
        if (inode.Attributes.Type != NodeType.Regular)
        {
            throw new InvalidImageException("directory record", address, "it is not that of a regular file", "ECMA-119 9.1.6");
        }

        if (inode.IsSparse)
        {
            throw new UnsupportedFeatureException("Rock Ridge's sparse file format", "RRIP 4.1.7");
        }

        BlockSource recorded = OpenSections(sections, inode.RecordedSize, address);
        return inode.Compression is ZisofsParameters parameters
            ? new ZisofsFile(_volume, recorded, parameters, address, _volume.Decoded.OfFile(address))
            : recorded;
    }

    private BlockSource OpenSections(List<FileSection> sections, long length, long address)
    {
        var map = new ExtentMapBuilder();
        bool isInterleaved = false;
        foreach (FileSection section in sections)
        {
            _volume.RequireThisVolume(section.VolumeSequenceNumber);
            if (section.FileUnitSize == 0 && section.InterleaveGapSize > 0)
            {
                throw new InvalidImageException(
                    "directory record", address, "the file is interleaved in units of 0 blocks", "ECMA-119 9.1.7");
            }

            isInterleaved |= section.IsInterleaved;
            map.AppendMapped(section.Length, section.Address);
        }

        return isInterleaved
            ? new InterleavedSource(_volume.Source, sections, length)
            : new MappedSource(_volume.Source, map.Build(length));
    }
}
