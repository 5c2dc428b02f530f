using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Ntfs;

/// <summary>What stat(2) says of a file, by all its attributes.</summary>
internal static class FileDescription
{
    private const string IndexName = "$I30";

    /// <summary>Describes a file.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="options">What it does not record.</param>
    /// <param name="record">The file's first record.</param>
    /// <exception cref="ImageException">It is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static NodeAttributes Describe(NtfsVolume volume, NtfsOptions options, FileRecord record)
    {
        NodeType type = record.IsDirectory ? NodeType.Directory : NodeType.Regular;
        NodeAttributes? described = null;
        uint links = 0;
        long size = 0;
        long stored = 0;
        using var scan = new AttributeScan(volume, record);
        while (scan.MoveNext())
        {
            AttributeRecord attribute = scan.Current;
            switch (attribute.Type)
            {
                case AttributeType.StandardInformation when !attribute.IsNonResident && attribute.Value.Length >= StandardInformation.MinLength:
                    described ??= Describe(options, type, new StandardInformation(attribute.Value));
                    break;
                case AttributeType.FileName when !attribute.IsNonResident && new FileName(attribute.Value) is { IsWhole: true } name:
                    links += name.NameSpace == NameSpace.Dos ? 0u : 1;
                    break;
                case AttributeType.Data when type == NodeType.Regular && attribute.Is(AttributeType.Data, SystemFiles.ContentsOf(record.Number)) && attribute.LowestVcn == 0:
                case AttributeType.IndexAllocation when type == NodeType.Directory && attribute.Is(AttributeType.IndexAllocation, IndexName) && attribute.LowestVcn == 0:
                    size = attribute.DataSize;
                    stored = attribute.IsNonResident ? attribute.StoredSize : size;
                    break;
            }
        }

        return (described ?? throw record.Damaged("it has no times: there is no $STANDARD_INFORMATION")) with
        {
            Inode = (ulong)record.Number,
            LinkCount = links > 0 ? links : throw record.Damaged("it has no name"),
            Size = size,
            Blocks = Math.Max(stored, 0) / NtfsVolume.SectorSize,
            BlockSize = (uint)volume.Geometry.ClusterSize,
        };
    }

    private static NodeAttributes Describe(NtfsOptions options, NodeType type, StandardInformation information) => new()
    {
        Type = type,
        Permissions = options.Permissions(type, information.Attributes.HasFlag(FileAttributes.ReadOnly)),
        Inode = 0,
        Uid = options.UserId,
        Gid = options.GroupId,
        AccessTime = information.AccessTime,
        ModifyTime = information.ModifyTime,
        ChangeTime = information.ChangeTime,
        BirthTime = information.BirthTime,
    };
}
