using System.Buffers.Binary;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Ntfs.Reparse;

/// <summary>What makes more of a file than a file: a link, a file that is stored in a way of its own (linux-ntfs, $REPARSE_POINT; [MS-FSCC] 2.1.2).</summary>
internal sealed class ReparsePoint
{
    /// <summary>What specifies it.</summary>
    public const string Clause = "[MS-FSCC] 2.1.2";

    private const int MaxLength = 16 << 10;
    private const int HeadLength = 8;

    private readonly byte[] _bytes;

    private ReparsePoint(byte[] bytes) => _bytes = bytes;

    /// <summary>All of it.</summary>
    public byte[] Bytes => _bytes;

    public ReparseTag Tag => (ReparseTag)BinaryPrimitives.ReadUInt32LittleEndian(_bytes);

    /// <summary>What it says, in the way of its tag.</summary>
    public ReadOnlySpan<byte> Data => _bytes.AsSpan(HeadLength, Math.Min(_bytes.Length - HeadLength, BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(4))));

    /// <summary>Whether it is a file of a service like OneDrive.</summary>
    public bool IsCloud => (Tag & ~ReparseTag.CloudMask) == ReparseTag.Cloud;

    /// <summary>The type of node that it makes of a file; null when it leaves it what it is.</summary>
    public NodeType? Type => Tag switch
    {
        ReparseTag.SymbolicLink or ReparseTag.MountPoint or ReparseTag.LinuxSymbolicLink => NodeType.SymbolicLink,
        ReparseTag.UnixSocket => NodeType.Socket,
        ReparseTag.LinuxFifo => NodeType.Fifo,
        ReparseTag.LinuxCharacterDevice => NodeType.CharacterDevice,
        ReparseTag.LinuxBlockDevice => NodeType.BlockDevice,
        _ => null,
    };

    /// <summary>The reparse point of a file.</summary>
    /// <returns>Null when it has none.</returns>
    /// <exception cref="ImageException">It is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static ReparsePoint? Find(NtfsVolume volume, FileRecord record) =>
        NtfsStream.Open(volume, record, AttributeType.ReparsePoint) is { } stream ? Read(volume, record, stream) : null;

    /// <summary>Reads one.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="record">The file's first record.</param>
    /// <param name="stream">The attribute.</param>
    /// <exception cref="ImageException">It is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static ReparsePoint Read(NtfsVolume volume, FileRecord record, NtfsStream stream) =>
        stream.ReadAll(volume.Clusters, MaxLength) is { Length: >= HeadLength } bytes
            ? new ReparsePoint(bytes)
            : throw record.Damaged($"its reparse point has {stream.Size} bytes", Clause);
}
