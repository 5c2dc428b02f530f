using ImageFs.FileSystems.SquashFs.Layout;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.SquashFs.Metadata;

/// <summary>Goes through all inodes, in the order of their table: each tells where the next one begins.</summary>
/// <param name="volume">The file system.</param>
internal ref struct InodeScan(SquashFsVolume volume)
{
    private readonly long _start = (long)volume.Super.InodeTable;
    private readonly long _end = (long)volume.Super.DirectoryTable;
    private MetadataCursor _cursor = volume.Metadata.Open(new MetadataPosition((long)volume.Super.InodeTable, 0));
    private uint _count;

    /// <summary>The inode.</summary>
    public Inode Current { get; private set; }

    /// <summary>Its node.</summary>
    public NodeId Node { get; private set; }

    /// <summary>Goes to the next one.</summary>
    /// <returns>False when there were as many as the super block tells.</returns>
    /// <exception cref="ImageException">It is damaged: none after it can be found.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public bool MoveNext()
    {
        if (_count == volume.Super.Inodes)
        {
            return false;
        }

        _count++;
        MetadataPosition position = _cursor.Settle();
        if (position.Block >= _end)
        {
            throw new InvalidImageException("inode table", _start, $"it ends after {_count - 1} inodes, and there are {volume.Super.Inodes}", InodeTable.Clause);
        }

        Node = InodeTable.NodeOf((uint)(position.Block - _start), position.Offset);
        Current = volume.Inodes.Read(ref _cursor, Node);
        SkipRest();
        return true;
    }

    private void SkipRest()
    {
        Inode inode = Current;
        switch (inode.Type)
        {
            case NodeType.Regular:
                long blocks = (inode.Length >> volume.Super.BlockLog) + (HasLastBlock(inode) ? 1 : 0);
                _cursor.Skip(blocks > (_end - _start) * MetadataBlock.MaxLength
                    ? throw InodeTable.Damaged(inode.Position, $"it has {blocks} blocks")
                    : blocks * volume.Super.Layout.BlockEntrySize);
                break;
            case NodeType.SymbolicLink:
                InodeTable.CheckTarget(inode);
                _cursor.Skip(inode.Length + (inode.HasAttributesBehindTarget ? sizeof(uint) : 0));
                break;
            case NodeType.Directory:
                SkipIndex(inode);
                break;
            default:
                break;
        }
    }

    private readonly bool HasLastBlock(in Inode inode) => (inode.Length & (volume.Super.BlockSize - 1)) > 0 && inode.Fragment == Inode.None;

    private void SkipIndex(in Inode inode)
    {
        DirectoryLayout layout = volume.Super.Layout.Directory;
        Span<byte> bytes = stackalloc byte[16];
        bytes = bytes[..layout.IndexSize];
        for (int i = 0; i < inode.IndexCount; i++)
        {
            _cursor.Read(bytes);
            _cursor.Skip((long)new Fields(bytes, volume.Super.Magic.IsBigEndian).Word(layout.IndexNameLength) + 1);
        }
    }
}
