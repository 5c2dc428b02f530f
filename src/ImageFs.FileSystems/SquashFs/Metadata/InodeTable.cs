using System.Buffers.Binary;
using ImageFs.FileSystems.SquashFs.Layout;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.SquashFs.Metadata;

/// <summary>The inodes. A node is where its inode is: the metadata block from the start of the table, and the place in it.</summary>
/// <param name="metadata">The metadata.</param>
/// <param name="super">The super block.</param>
internal sealed class InodeTable(MetadataReader metadata, SuperBlock super)
{
    public const string Clause = "squashfs_inode";

    // PATH_MAX with the NUL that Linux puts behind it.
    public const long MaxTarget = 4095;

    private const int OffsetBits = 16;
    private const ulong OffsetMask = (1 << OffsetBits) - 1;
    private const int MaxInodeSize = 56;
    private const uint PermissionBits = 0xFFF;

    private readonly VersionLayout _layout = super.Layout;

    /// <summary>The node of an inode.</summary>
    /// <param name="block">Where its metadata block begins, from the start of the table.</param>
    /// <param name="offset">Where it is in that, decoded.</param>
    public static NodeId NodeOf(uint block, int offset) => new(((ulong)block << OffsetBits) | (uint)offset);

    /// <summary>Where an inode is.</summary>
    /// <exception cref="InvalidImageException">That is outside of the table.</exception>
    public MetadataPosition PositionOf(NodeId node)
    {
        ulong block = node.Value >> OffsetBits;
        int offset = (int)(node.Value & OffsetMask);
        return block < super.DirectoryTable - super.InodeTable && offset < MetadataBlock.MaxLength
            ? new MetadataPosition((long)(super.InodeTable + block), offset)
            : throw new InvalidImageException("inode table", (long)super.InodeTable, $"inode 0x{node.Value:X} lies outside of it", Clause);
    }

    /// <summary>Reads an inode.</summary>
    /// <exception cref="ImageException">It is damaged, or not there.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public Inode Read(NodeId node)
    {
        MetadataPosition position = PositionOf(node);
        MetadataCursor cursor = metadata.Open(position);
        return Read(ref cursor, node);
    }

    /// <summary>Reads an inode, and goes on to what follows it.</summary>
    /// <param name="cursor">Where it is.</param>
    /// <param name="node">Its node.</param>
    /// <exception cref="ImageException">It is damaged, or not there.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public Inode Read(ref MetadataCursor cursor, NodeId node)
    {
        MetadataPosition position = cursor.Position;
        Span<byte> bytes = stackalloc byte[MaxInodeSize];
        cursor.Read(bytes[.._layout.InodeBase]);
        var fields = new Fields(bytes, super.Magic.IsBigEndian);
        int type = fields.Small(_layout.Type);
        InodeLayout layout = (type < _layout.Inodes.Length ? _layout.Inodes[type] : null) ?? throw Damaged(position, $"its type is {type}");
        cursor.Read(bytes[_layout.InodeBase..layout.Size]);

        int userBase = _layout.UserBaseOf(type, fields.Small(layout.UserGroup));
        uint group = fields.Word(_layout.Group);
        ulong length = fields[layout.Length];
        Field time = layout.ModifyTime.Width > 0 ? layout.ModifyTime : _layout.ModifyTime;
        Inode inode = new()
        {
            Position = position,
            Type = _layout.TypeOf(type, fields.Small(layout.SpecialType)),
            Permissions = fields.Word(_layout.Mode) & PermissionBits,
            Number = _layout.HasNumbers ? fields.Word(_layout.Number) : node.Value + 1,
            User = fields.Word(_layout.User) + (uint)userBase,
            Group = group == _layout.SameGroup ? Inode.None : group,
            ModifyTime = time.Width > 0 ? fields.Word(time) : super.MakeTime,
            Links = layout.Links.Width > 0 ? fields.Word(layout.Links) : 1,
            Length = length <= long.MaxValue ? (long)length : throw Damaged(position, $"its size is {length}"),
            Start = fields[layout.Start],
            Offset = fields.Word(layout.Offset),
            Fragment = layout.Fragment.Width > 0 ? fields.Word(layout.Fragment) : Inode.None,
            Sparse = fields[layout.Sparse],
            Parent = fields.Word(layout.Parent),
            IndexCount = fields.Small(layout.IndexCount),
            Device = fields.Word(layout.Device),
            Attributes = layout.Attributes.Width > 0 ? fields.Word(layout.Attributes) : Inode.None,
            HasAttributesBehindTarget = layout.HasAttributesBehindTarget,
            Rest = cursor.Position,
        };
        return inode.HasAttributesBehindTarget ? inode with { Attributes = ReadAttributesBehindTarget(cursor, inode) } : inode;
    }

    /// <summary>Reads the target of a symbolic link.</summary>
    /// <exception cref="ImageException">It is damaged, or not there.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public byte[] ReadTarget(in Inode inode)
    {
        CheckTarget(inode);
        byte[] target = new byte[inode.Length];
        MetadataCursor cursor = metadata.Open(inode.Rest);
        cursor.Read(target);
        return target;
    }

    /// <summary>The error of an inode that is damaged.</summary>
    public static InvalidImageException Damaged(MetadataPosition position, string problem) =>
        new("inode", position.Block, $"at byte {position.Offset} of the metadata block there: {problem}", Clause);

    /// <summary>Refuses a link whose target is too long.</summary>
    /// <exception cref="InvalidImageException">It is.</exception>
    public static void CheckTarget(in Inode inode)
    {
        if (inode.Length > MaxTarget)
        {
            throw Damaged(inode.Position, $"its target has {inode.Length} bytes");
        }
    }

    // By a cursor of its own: the caller's stays where the target begins.
    private static uint ReadAttributesBehindTarget(MetadataCursor cursor, in Inode inode)
    {
        CheckTarget(inode);
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        cursor.Skip(inode.Length);
        cursor.Read(bytes);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }
}
