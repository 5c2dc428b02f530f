using ImageFs.FileSystems.Ntfs.Attributes;
using ImageFs.FileSystems.Ntfs.Reparse;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Ntfs;

/// <summary>What type of node a file is: its record says whether it is a directory, its reparse point or what WSL recorded may say more.</summary>
internal static class FileType
{
    /// <summary>The type of a file.</summary>
    /// <exception cref="ImageException">It is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static NodeType Of(NtfsVolume volume, FileRecord record)
    {
        NodeType type = record.IsDirectory ? NodeType.Directory : NodeType.Regular;
        return Of(type, ReparsePoint.Find(volume, record), LinuxMetadata.Read(new EaList(record.Number, EaList.ReadBytes(volume, record))));
    }

    /// <summary>The type of a file.</summary>
    /// <param name="recorded">What its record says: a directory or a file.</param>
    /// <param name="point">Its reparse point; null when it has none.</param>
    /// <param name="linux">What WSL recorded.</param>
    public static NodeType Of(NodeType recorded, ReparsePoint? point, LinuxMetadata linux) =>
        point?.Type is { } type && (recorded == NodeType.Regular || type == NodeType.SymbolicLink) ? type
        : recorded == NodeType.Regular && linux.HasOwner && linux.Type is (NodeType.Fifo or NodeType.Socket or NodeType.CharacterDevice or NodeType.BlockDevice) ? linux.Type
        : recorded;
}
