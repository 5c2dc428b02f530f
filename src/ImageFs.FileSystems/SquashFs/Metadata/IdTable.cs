using ImageFs.FileSystems.SquashFs.Layout;
using ImageFs.Storage;

namespace ImageFs.FileSystems.SquashFs.Metadata;

/// <summary>The numbers of users and groups, which inodes name by their places. They are few, and read at once.</summary>
internal sealed class IdTable
{
    private readonly uint[] _users;
    private readonly uint[] _groups;

    /// <exception cref="ImageException">They are not there.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public IdTable(BlockSource volume, MetadataReader metadata, SuperBlock super)
    {
        if (super.Layout.HasPlainIds)
        {
            _users = ReadPlain(volume, super, super.IdTable, super.Users);
            _groups = super.Groups == 0 ? [] : ReadPlain(volume, super, super.GroupTable, super.Groups);
        }
        else
        {
            _users = ReadTable(new IndexedTable("users and groups", volume, metadata, super.IdTable, super.Users, sizeof(uint), super));
            _groups = _users;
        }
    }

    /// <summary>The number of an inode's owner.</summary>
    /// <exception cref="InvalidImageException">There is none.</exception>
    public uint UserOf(in Inode inode) => Find(_users, inode.User, inode, "owner");

    /// <summary>The number of an inode's group.</summary>
    /// <exception cref="InvalidImageException">There is none.</exception>
    public uint GroupOf(in Inode inode) => inode.Group == Inode.None ? UserOf(inode) : Find(_groups, inode.Group, inode, "group");

    private static uint Find(uint[] ids, uint place, in Inode inode, string role) => place < ids.Length
        ? ids[place]
        : throw InodeTable.Damaged(inode.Position, $"its {role} is number {place} of {ids.Length}");

    private static uint[] ReadPlain(BlockSource volume, SuperBlock super, ulong address, int count)
    {
        if (super.FindProblemOf("table of users or groups", address) is { } problem)
        {
            throw SuperBlock.Damaged(problem);
        }

        byte[] bytes = new byte[count * sizeof(uint)];
        volume.ReadAt((long)address, bytes);
        return Take(bytes, super);
    }

    private static uint[] ReadTable(IndexedTable table)
    {
        uint[] ids = new uint[table.Count];
        Span<byte> entry = stackalloc byte[sizeof(uint)];
        for (int i = 0; i < ids.Length; i++)
        {
            table.Read(i, entry);
            ids[i] = new Fields(entry, false).Word(new Field(0, 32));
        }

        return ids;
    }

    private static uint[] Take(byte[] bytes, SuperBlock super)
    {
        var fields = new Fields(bytes, super.Magic.IsBigEndian);
        uint[] ids = new uint[bytes.Length / sizeof(uint)];
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i] = fields.Word(new Field(i * 32, 32));
        }

        return ids;
    }
}
