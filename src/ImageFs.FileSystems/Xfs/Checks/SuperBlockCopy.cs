namespace ImageFs.FileSystems.Xfs.Checks;

/// <summary>The copy of the super block that an allocation group begins with (xfs_dsb).</summary>
internal static class SuperBlockCopy
{
    // What stays as it was made, or is written to all copies when it changes: offset and length of each.
    private static readonly (string Name, int Offset, int Length)[] s_fields =
    [
        ("signature", 0, 4), ("block size", 4, 4), ("number of blocks", 8, 8), ("number of real-time blocks", 16, 8), ("UUID", 32, 16),
        ("place of the log", 48, 8), ("size of a real-time extent", 80, 4), ("size of a group", 84, 4), ("number of groups", 88, 4),
        ("size of the log", 96, 4), ("sector size", 102, 2), ("inode size", 104, 2),
    ];

    /// <summary>What a copy has otherwise than the first; null when nothing that matters is.</summary>
    public static string? FindDifference(ReadOnlySpan<byte> first, ReadOnlySpan<byte> copy)
    {
        foreach ((string name, int offset, int length) in s_fields)
        {
            if (!first.Slice(offset, length).SequenceEqual(copy.Slice(offset, length)))
            {
                return name;
            }
        }

        return null;
    }
}
