using System.Buffers.Binary;
using ImageFs.FileSystems.Ext.Directories;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Ext;

/// <summary>Targets of symbolic links (ext4: Symbolic Links): in i_block when they are short, else contents like a file's.</summary>
internal static class SymbolicLink
{
    // PATH_MAX, with the NUL.
    private const int MaxLength = 4096;

    /// <summary>Whether the target is encrypted.</summary>
    public static bool IsEncrypted(Inode inode) => inode.Type == NodeType.SymbolicLink && inode.Flags.HasFlag(InodeFlags.Encrypted);

    /// <summary>The target, or of an encrypted one what Linux shows without the key.</summary>
    /// <exception cref="ImageException">It is damaged.</exception>
    public static byte[] Read(ExtVolume volume, Inode inode)
    {
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

        if (IsEncrypted(inode))
        {
            return Encode(inode, target);
        }

        return target.AsSpan().Contains((byte)0) ? throw Damaged(inode, $"its target has a NUL among {length} bytes") : target;
    }

    private static byte[] Encode(Inode inode, ReadOnlySpan<byte> stored)
    {
        int length = stored.Length < sizeof(ushort) ? 0 : BinaryPrimitives.ReadUInt16LittleEndian(stored);
        if (length == 0 || length > stored.Length - sizeof(ushort))
        {
            throw Damaged(inode, $"{length} bytes of its encrypted target are in {stored.Length}");
        }

        byte[] name = new byte[NoKeyName.MaxLength];
        return name[..NoKeyName.Encode(0, 0, stored.Slice(sizeof(ushort), length), name)];
    }

    /// <summary>As Linux decides: by the size where attributes may have inodes, else by having no blocks but those of attributes.</summary>
    private static bool IsFast(ExtVolume volume, Inode inode, long length)
    {
        if (inode.Flags.HasFlag(InodeFlags.InlineData))
        {
            return false;
        }

        if (volume.Geometry.Incompatible.HasFlag(IncompatibleFeatures.EaInode))
        {
            return length < Inode.BlockLength;
        }

        long attributeBlocks = volume.AttributeBlockOf(inode) == 0 ? 0 : volume.Geometry.ClusterSize / ExtVolume.SectorSize;
        return volume.BlocksOf(inode) == attributeBlocks;
    }

    private static InvalidImageException Damaged(Inode inode, string problem) =>
        new($"symbolic link of inode {inode.Number}", inode.Address, problem, "ext4: Symbolic Links");
}
