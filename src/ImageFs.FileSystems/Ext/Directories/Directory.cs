using System.Buffers.Binary;
using ImageFs.FileSystems.Directories;
using ImageFs.FileSystems.Ext.Attributes;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Ext.Directories;

/// <summary>A directory that was opened: its blocks, or the part of the inode that takes their place.</summary>
internal sealed class Directory
{
    /// <summary>Where they are specified.</summary>
    public const string Clause = "ext4: Directory Entries";

    private const int InlineParentSize = sizeof(uint);
    private const int MaxPrefetch = 128 * 1024;

    private readonly ExtVolume _volume;
    private readonly BlockSource _contents;
    private readonly byte[]? _inline;
    private readonly uint _seed;
    private readonly long _address;

    /// <param name="volume">The file system.</param>
    /// <param name="inode">The inode.</param>
    /// <exception cref="LinuxException">It is not a directory's.</exception>
    /// <exception cref="ImageException">It is damaged.</exception>
    public Directory(ExtVolume volume, Inode inode)
    {
        if (inode.Type != NodeType.Directory)
        {
            throw new LinuxException("readdir", Errno.ENOTDIR, $"inode {inode.Number}");
        }

        _volume = volume;
        _seed = inode.ChecksumSeed(volume.Geometry.ChecksumSeed);
        _address = inode.Address;
        Number = inode.Number;
        Flags = inode.Flags;
        _inline = Flags.HasFlag(InodeFlags.InlineData) ? ExtendedAttributes.ReadInlineData(inode) : null;
        _contents = volume.OpenContents(inode);
        Length = _inline?.Length ?? _contents.Length;
        if (Length > volume.Source.Length)
        {
            throw new InvalidImageException($"inode {Number}", _address, $"a directory of {Length} bytes is larger than the image", Clause);
        }
    }

    /// <summary>Number of its inode.</summary>
    public uint Number { get; }

    /// <summary>Bytes of its entries.</summary>
    public long Length { get; }

    /// <summary>Whether its entries are in the inode.</summary>
    public bool IsInline => _inline is not null;

    /// <summary>Where the first entry on disk is: an inline directory has the number of its parent before.</summary>
    public long FirstEntry => IsInline ? InlineParentSize : 0;

    /// <summary>Whether names are looked up by their hash.</summary>
    public bool IsIndexed =>
        Flags.HasFlag(InodeFlags.Index) && !IsInline && _volume.Geometry.Compatible.HasFlag(CompatibleFeatures.DirIndex);

    /// <summary>Whether its names are encrypted.</summary>
    public bool IsEncrypted => Flags.HasFlag(InodeFlags.Encrypted);

    /// <summary>Number of blocks.</summary>
    public long BlockCount => Length / _volume.Geometry.BlockSize;

    /// <summary>The flags of the inode.</summary>
    public InodeFlags Flags { get; }

    /// <summary>The parent of an inline directory, which is no entry.</summary>
    public uint InlineParent => BinaryPrimitives.ReadUInt32LittleEndian(_inline);

    /// <summary>Has the kernel begin to read the entries, where they are in blocks; of a large directory the first ones.</summary>
    public void PrefetchEntries()
    {
        if (!IsInline && Length > 0)
        {
            _contents.Prefetch(0, MaxPrefetch);
        }
    }

    /// <summary>The hash that a name has in an index in memory.</summary>
    public uint HashName(ReadOnlySpan<byte> name) =>
        Flags.HasFlag(InodeFlags.CaseFold) && !IsEncrypted ? NameHash.Of(CaseFolding.Fold(name)) : NameHash.Of(name);

    /// <summary>What is shown of an encrypted name.</summary>
    /// <param name="encrypted">The name on disk.</param>
    /// <param name="destination">At least <see cref="NoKeyName.MaxLength"/> bytes.</param>
    /// <returns>Bytes of the name.</returns>
    /// <exception cref="ImageException">The first block, which says how names are hashed, is damaged.</exception>
    public int EncodeName(ReadOnlySpan<byte> encrypted, Span<byte> destination)
    {
        using var block = new PooledBuffer(_volume.Geometry.BlockSize);
        byte version = IsIndexed ? new HashTreeRoot(Read(0, block.Span, out _)).HashVersion : _volume.DefaultHashVersion;
        uint hash = 0;
        uint minor = 0;
        if (DirectoryHash.IsKnown(version) && _volume.Geometry.Compatible.HasFlag(CompatibleFeatures.DirIndex))
        {
            hash = _volume.Hash.Compute(version, encrypted, out minor);
        }

        return NoKeyName.Encode(hash, minor, encrypted, destination);
    }

    /// <summary>The entries of one block, or of one of the two parts of an inline directory, from a position on.</summary>
    /// <param name="position">Where the block or part begins.</param>
    /// <param name="buffer">As long as a block: takes the entries, where they are in blocks.</param>
    /// <param name="address">Where that is in the volume.</param>
    /// <exception cref="ImageException">It is damaged, or a hole.</exception>
    /// <exception cref="LinuxException">The device failed.</exception>
    public ReadOnlySpan<byte> Read(long position, Span<byte> buffer, out long address)
    {
        if (_inline is not null)
        {
            address = _address;
            return position < Inode.BlockLength ? _inline.AsSpan((int)position..Inode.BlockLength) : _inline.AsSpan((int)position..);
        }

        Geometry geometry = _volume.Geometry;
        Extent extent = _contents.Map(position, geometry.BlockSize, out _);
        if (extent.Kind != ExtentKind.Mapped || extent.Length != geometry.BlockSize)
        {
            throw new InvalidImageException(
                $"directory of inode {Number}", _address, $"nothing is at byte {position} of its {Length}", Clause);
        }

        address = extent.Address;
        DirectoryCheck check = IsIndexed ? _volume.IndexedDirectoryCheck : _volume.DirectoryCheck;
        return _volume.Blocks.Read(address / geometry.BlockSize, check, _seed, buffer);
    }
}
