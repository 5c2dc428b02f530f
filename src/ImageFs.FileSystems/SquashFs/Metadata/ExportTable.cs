using ImageFs.FileSystems.SquashFs.Layout;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.SquashFs.Metadata;

/// <summary>Where inodes are, by their numbers: Linux exports a file system by it (lookup table).</summary>
/// <param name="volume">The volume.</param>
/// <param name="metadata">Its metadata.</param>
/// <param name="super">Its super block.</param>
internal sealed class ExportTable(BlockSource volume, MetadataReader metadata, SuperBlock super)
{
    private readonly IndexedTable _table = new("inodes by their numbers", volume, metadata, super.ExportTable, super.Inodes, sizeof(ulong), super);

    /// <summary>Entries.</summary>
    public long Count => _table.Count;

    /// <summary>Finds an inode.</summary>
    /// <param name="number">Its number, from 1 on.</param>
    /// <param name="node">Its node.</param>
    /// <returns>False when there is no such number.</returns>
    /// <exception cref="ImageException">The table is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public bool TryFind(uint number, out NodeId node)
    {
        node = default;
        if (number == 0 || number > Count)
        {
            return false;
        }

        Span<byte> entry = stackalloc byte[sizeof(ulong)];
        _table.Read(number - 1, entry);
        node = new NodeId(new Fields(entry, super.Magic.IsBigEndian)[new Field(0, 64)]);
        return true;
    }
}
