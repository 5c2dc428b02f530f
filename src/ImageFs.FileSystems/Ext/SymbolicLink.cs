using ImageFs.Storage;

namespace ImageFs.FileSystems.Ext;

/// <summary>Targets of symbolic links (ext4: Symbolic Links): in i_block when they are short, else contents like a file's.</summary>
internal static class SymbolicLink
{
    // PATH_MAX, with the NUL.
    private const int MaxLength = 4096;

    /// <summary>The target.</summary>
    /// <exception cref="ImageException">It is damaged.</exception>
    public static byte[] Read(Volume volume, Inode inode)
    {
        if (inode.Flags.HasFlag(InodeFlags.Encrypted))
        {
            throw new UnsupportedFeatureException($"encryption, of inode {inode.Number}, is", "fscrypt");
        }

        long length = volume.SizeOf(inode);
        if (length <= 0 || length >= Math.Min(MaxLength, volume.Geometry.BlockSize))
        {
            throw Damaged(inode, $"its target has {length} bytes");
        }

        byte[] target = new byte[length];
        if (IsFast(volume, inode, length))
        {
            if (length >= Inode.BlockLength)
            {
                throw Damaged(inode, $"its target of {length} bytes is not in i_block");
            }

            inode.Block[..target.Length].CopyTo(target);
        }
        else
        {
            volume.OpenContents(inode).ReadAt(0, target);
        }

        return target.AsSpan().Contains((byte)0) ? throw Damaged(inode, $"its target has a NUL among {length} bytes") : target;
    }

    /// <summary>As Linux decides: by the size where attributes may have inodes, else by having no blocks but those of attributes.</summary>
    private static bool IsFast(Volume volume, Inode inode, long length)
    {
        if (inode.Flags.HasFlag(InodeFlags.InlineData))
        {
            return false;
        }

        if (volume.Geometry.Incompatible.HasFlag(IncompatibleFeatures.EaInode))
        {
            return length < Inode.BlockLength;
        }

        long attributeBlocks = volume.AttributeBlockOf(inode) == 0 ? 0 : volume.Geometry.ClusterSize / Volume.SectorSize;
        return volume.BlocksOf(inode) == attributeBlocks;
    }

    private static InvalidImageException Damaged(Inode inode, string problem) =>
        new($"symbolic link, inode {inode.Number},", inode.Address, problem, "ext4: Symbolic Links");
}
