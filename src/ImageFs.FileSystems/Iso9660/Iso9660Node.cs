using ImageFs.FileSystems.Iso9660.RockRidge;
using ImageFs.FileSystems.Iso9660.Zisofs;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Iso9660;

/// <summary>What the directory records of a node say of it, as Linux's isofs reads them.</summary>
internal readonly struct Iso9660Node
{
    private const uint DefaultPermissions = 0x16D; // r-xr-xr-x: the image may be shared with systems that know no permissions.
    private const uint PermissionBits = 0xFFF;
    private const int TypeShift = 12;

    // Record addresses divided by 32 are below 2^38: 2^32 blocks of 2^11 bytes.
    private const ulong SerialNumberSpace = 1UL << 40;

    private Iso9660Node(NodeAttributes attributes, long recordedSize, ZisofsParameters? compression, bool isSparse)
    {
        Attributes = attributes;
        RecordedSize = recordedSize;
        Compression = compression;
        IsSparse = isSparse;
    }

    /// <summary>What stat(2) says.</summary>
    public NodeAttributes Attributes { get; }

    /// <summary>Bytes of all sections.</summary>
    public long RecordedSize { get; }

    /// <summary>How the file is compressed; null when it is not.</summary>
    public ZisofsParameters? Compression { get; }

    /// <summary>Whether the data are a table of regions (RRIP 4.1.7).</summary>
    public bool IsSparse { get; }

    /// <summary>Reads the node whose first directory record is at an address.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="address">Where the record is.</param>
    /// <param name="sections">Takes where the data are; a directory has one section. Null when that is not wanted.</param>
    /// <exception cref="ImageException">A record is damaged.</exception>
    public static Iso9660Node Read(Iso9660Volume volume, long address, List<FileSection>? sections = null)
    {
        Span<byte> buffer = stackalloc byte[DirectoryRecord.MaxLength];
        return Read(volume, volume.ReadRecord(address, buffer), address, sections);
    }

    /// <summary>Reads the node whose first directory record is at hand.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="record">The record.</param>
    /// <param name="address">Where it is.</param>
    /// <param name="sections">Takes where the data are; a directory has one section. Null when that is not wanted.</param>
    /// <exception cref="ImageException">A record is damaged.</exception>
    public static Iso9660Node Read(Iso9660Volume volume, DirectoryRecord record, long address, List<FileSection>? sections = null)
    {
        Span<byte> name = stackalloc byte[DirectoryRecord.MaxLength];
        RockRidgeFields fields = volume.ReadRockRidge(record, address, name, []);
        if (fields.ChildLocation is not null)
        {
            throw new InvalidImageException(
                "CL entry", address, "the directory that it is in is relocated again", "RRIP 4.1.5.1");
        }

        Iso9660Options options = volume.Options;
        bool isOneSection = sections is null && !record.Flags.HasFlag(FileFlags.MultiExtent);
        long recorded = isOneSection ? record.DataLength : FileSectionReader.Read(volume, address, sections);
        recorded = options.Cruft ? recorded & 0xFF_FFFF : recorded;
        NodeType type = FindType(record, fields.Mode, address);
        ZisofsParameters? compression = type == NodeType.Regular && !options.NoCompression ? fields.Compression : null;
        Timestamp time = RecordingTime.Read(record.RecordingTime);

        var attributes = new NodeAttributes
        {
            Type = type,
            Permissions = FindPermissions(type, fields.Mode, options),
            Inode = FindNumber(type, fields, address),
            LinkCount = fields.Mode is null ? 1 : fields.Links,
            Uid = options.UserId ?? fields.UserId,
            Gid = options.GroupId ?? fields.GroupId,
            Device = fields.Device,
            Size = FindSize(type, recorded, fields, compression, address),
            Blocks = (recorded + 511) / 512,
            BlockSize = (uint)volume.BlockSize,
            AccessTime = fields.AccessTime ?? time,
            ModifyTime = fields.ModifyTime ?? time,

            // There are writers that put the time of the last change in the place of the creation: so Linux takes it for both.
            ChangeTime = fields.AttributesTime ?? fields.CreationTime ?? time,
            BirthTime = fields.CreationTime,
        };
        return new Iso9660Node(attributes, recorded, compression, type == NodeType.Regular && fields.SparseSize is not null);
    }

    /// <summary>The type of the node that a directory record describes.</summary>
    /// <param name="record">The record.</param>
    /// <param name="mode">Its mode by Rock Ridge (PX).</param>
    /// <param name="address">Where it is.</param>
    /// <exception cref="InvalidImageException">The mode has no type, or contradicts the record.</exception>
    public static NodeType FindType(DirectoryRecord record, uint? mode, long address)
    {
        if (record.Flags.HasFlag(FileFlags.Directory))
        {
            return NodeType.Directory;
        }

        return mode is null ? NodeType.Regular : (mode.Value >> TypeShift) switch
        {
            (uint)NodeType.Fifo => NodeType.Fifo,
            (uint)NodeType.CharacterDevice => NodeType.CharacterDevice,
            (uint)NodeType.BlockDevice => NodeType.BlockDevice,
            (uint)NodeType.Regular => NodeType.Regular,
            (uint)NodeType.SymbolicLink => NodeType.SymbolicLink,
            (uint)NodeType.Socket => NodeType.Socket,
            _ => throw new InvalidImageException(
                "PX entry", address, $"the file mode {Convert.ToString(mode.Value, 8)} is not that of a file", "RRIP 4.1.1"),
        };
    }

    /// <summary>
    /// The inode number of the node whose record is at an address: Linux's, but for hard links, which share theirs by the serial number
    /// of RRIP 1.12.
    /// </summary>
    public static ulong FindNumber(NodeType type, RockRidgeFields fields, long address) =>
        fields.SerialNumber is uint serial and not 0 && fields.Links > 1 && type != NodeType.Directory
            ? SerialNumberSpace | serial
            : (ulong)address >> 5;

    /// <summary>The address of a node's directory record.</summary>
    public static long ToAddress(NodeId node) => node.Value <= long.MaxValue
        ? (long)node.Value
        : throw new InvalidImageException("directory record", long.MaxValue, "no image is that long", "ECMA-119 9.1.3");

    private static uint FindPermissions(NodeType type, uint? mode, Iso9660Options options)
    {
        uint? option = type switch
        {
            NodeType.Directory => options.DirectoryMode,
            NodeType.Regular => options.FileMode,
            _ => null,
        };
        return option is not null && (mode is null || options.OverrideRockRidgePermissions)
            ? option.Value
            : mode & PermissionBits ?? DefaultPermissions;
    }

    private static long FindSize(NodeType type, long recorded, RockRidgeFields fields, ZisofsParameters? compression, long address)
    {
        switch (type)
        {
            case NodeType.SymbolicLink when fields.Target.Length > 0:
                return fields.Target.Length;
            case NodeType.Regular:
                ulong size = compression?.Size ?? fields.SparseSize ?? (ulong)recorded;
                return size <= long.MaxValue
                    ? (long)size
                    : throw new InvalidImageException("directory record", address, $"a file of {size} bytes", "RRIP 4.1.7");
            default:
                return recorded;
        }
    }
}
