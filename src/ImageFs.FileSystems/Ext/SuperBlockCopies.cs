namespace ImageFs.FileSystems.Ext;

/// <summary>Which groups begin with a copy of the super block (ext4: Block Group Descriptors, sparse_super and sparse_super2).</summary>
internal sealed class SuperBlockCopies
{
    private readonly bool _isSparse;
    private readonly bool _isListed;
    private readonly (uint First, uint Second) _listed;

    public SuperBlockCopies(SuperBlock superBlock)
    {
        _isSparse = superBlock.ReadOnlyCompatible.HasFlag(ReadOnlyCompatibleFeatures.SparseSuper);
        _isListed = superBlock.Compatible.HasFlag(CompatibleFeatures.SparseSuper2);
        _listed = superBlock.BackupGroups;
        ReservedDescriptorBlocks = superBlock.ReservedGdtBlocks;
    }

    /// <summary>Blocks behind the descriptors of each copy that are kept for the file system to grow.</summary>
    public int ReservedDescriptorBlocks { get; }

    /// <summary>Whether a group has one.</summary>
    public bool Contains(uint group)
    {
        if (group == 0)
        {
            return true;
        }

        if (_isListed)
        {
            return group == _listed.First || group == _listed.Second;
        }

        return group == 1 || !_isSparse || IsPowerOf(group, 3) || IsPowerOf(group, 5) || IsPowerOf(group, 7);
    }

    private static bool IsPowerOf(uint number, uint root)
    {
        while (number % root == 0)
        {
            number /= root;
        }

        return number == 1;
    }
}
