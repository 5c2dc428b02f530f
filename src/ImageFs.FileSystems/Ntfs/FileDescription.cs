using ImageFs.FileSystems.Ntfs.Attributes;
using ImageFs.FileSystems.Ntfs.Contents;
using ImageFs.FileSystems.Ntfs.Reparse;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Ntfs;

/// <summary>What stat(2) says of a file, by all its attributes.</summary>
internal ref struct FileDescription
{
    private const string IndexName = "$I30";
    private const uint AllPermissions = 0x1FF;

    private readonly NtfsVolume _volume;
    private readonly NtfsOptions _options;
    private readonly FileRecord _record;
    private readonly NodeType _type;
    private NodeAttributes? _described;
    private bool _isReadOnly;
    private uint _links;
    private long _size;
    private long _stored;
    private ReparsePoint? _point;
    private LinuxMetadata _linux;

    private FileDescription(NtfsVolume volume, NtfsOptions options, FileRecord record)
    {
        _volume = volume;
        _options = options;
        _record = record;
        _type = record.IsDirectory ? NodeType.Directory : NodeType.Regular;
    }

    /// <summary>Describes a file.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="options">What it does not record.</param>
    /// <param name="record">The file's first record.</param>
    /// <exception cref="ImageException">It is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static NodeAttributes Describe(NtfsVolume volume, NtfsOptions options, FileRecord record)
    {
        var description = new FileDescription(volume, options, record);
        var scan = new AttributeScan(volume, record);
        try
        {
            while (scan.MoveNext())
            {
                description.Take(ref scan);
            }
        }
        finally
        {
            scan.Dispose();
        }

        return description.Finish();
    }

    /// <summary>Describes a stream of a file: as the file, but for its size.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="options">What it does not record.</param>
    /// <param name="record">The file's first record.</param>
    /// <param name="node">Which stream.</param>
    /// <param name="stream">The stream.</param>
    /// <exception cref="ImageException">It is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static NodeAttributes Describe(NtfsVolume volume, NtfsOptions options, FileRecord record, NtfsNode node, NtfsStream stream) =>
        Describe(volume, options, record) with
        {
            Type = NodeType.Regular,
            Permissions = options.Permissions(NodeType.Regular, StandardInformation.AttributesOf(record).HasFlag(FileAttributes.ReadOnly)),
            Inode = (ulong)node.Number,
            LinkCount = 1,
            Device = default,
            Size = stream.Size,
            Blocks = stream.StoredSize / NtfsVolume.SectorSize,
        };

    private void Take(ref AttributeScan scan)
    {
        AttributeRecord attribute = scan.Current;
        switch (attribute.Type)
        {
            case AttributeType.StandardInformation when !attribute.IsNonResident && attribute.Value.Length >= StandardInformation.MinLength && _described is null:
                Take(new StandardInformation(attribute.Value));
                break;
            case AttributeType.FileName when !attribute.IsNonResident && new FileName(attribute.Value) is { IsWhole: true } name:
                _links += name.NameSpace == NameSpace.Dos ? 0u : 1;
                break;
            case AttributeType.Data when _type == NodeType.Regular && attribute.Is(AttributeType.Data, SystemFiles.ContentsOf(_record.Number)) && attribute.LowestVcn == 0:
            case AttributeType.IndexAllocation when _type == NodeType.Directory && attribute.Is(AttributeType.IndexAllocation, IndexName) && attribute.LowestVcn == 0:
                _size = attribute.DataSize;
                _stored += attribute.IsNonResident ? attribute.StoredSize : _size;
                break;
            case AttributeType.Data when attribute.Is(AttributeType.Data, OverlayFormat.StreamName) && attribute.LowestVcn == 0:
                _stored += attribute.IsNonResident ? attribute.StoredSize : attribute.DataSize;
                break;
            case AttributeType.ReparsePoint when attribute.Is(AttributeType.ReparsePoint) && attribute.LowestVcn == 0:
                _point = ReparsePoint.Read(_volume, _record, NtfsStream.Open(_volume, ref scan));
                break;
            case AttributeType.ExtendedAttributes when attribute.Is(AttributeType.ExtendedAttributes) && attribute.LowestVcn == 0:
                _linux = LinuxMetadata.Read(new EaList(_record.Number, EaList.ReadBytes(_volume, _record, NtfsStream.Open(_volume, ref scan))));
                break;
        }
    }

    private void Take(StandardInformation information)
    {
        _isReadOnly = information.Attributes.HasFlag(FileAttributes.ReadOnly);
        _described = new NodeAttributes
        {
            Type = _type,
            Permissions = 0,
            Inode = (ulong)_record.Number,
            AccessTime = information.AccessTime,
            ModifyTime = information.ModifyTime,
            ChangeTime = information.ChangeTime,
            BirthTime = information.BirthTime,
        };
    }

    private readonly NodeAttributes Finish()
    {
        NodeAttributes described = _described ?? throw _record.Damaged("it has no times: there is no $STANDARD_INFORMATION");
        NodeType type = FileType.Of(_type, _point, _linux);
        return described with
        {
            Type = type,
            Permissions = Permissions(type),
            Uid = _linux.HasOwner ? _linux.Uid : _options.UserId,
            Gid = _linux.HasOwner ? _linux.Gid : _options.GroupId,
            Device = type is NodeType.CharacterDevice or NodeType.BlockDevice ? _linux.Device : default,
            LinkCount = _links > 0 ? _links : throw _record.Damaged("it has no name"),
            Size = type == NodeType.SymbolicLink ? LinkTarget.Read(_volume, _options.Names, _record, _point!).Length : _size,
            Blocks = Math.Max(_stored, 0) / NtfsVolume.SectorSize,
            BlockSize = (uint)_volume.Geometry.ClusterSize,
        };
    }

    private readonly uint Permissions(NodeType type) => NtfsOptions.WithoutWrites(
        _linux.HasOwner ? _linux.Permissions : type == NodeType.SymbolicLink ? AllPermissions : _options.Permissions(type, isReadOnly: false),
        _isReadOnly);
}
