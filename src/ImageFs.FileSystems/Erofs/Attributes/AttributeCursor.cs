using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Erofs.Attributes;

/// <summary>
/// Goes through the attributes of an inode (erofs_xattr_ibody_header, erofs_xattr_entry): those behind it, and then those that it shares with
/// others.
/// </summary>
internal ref struct AttributeCursor
{
    private const int HeaderSize = 12;
    private const int EntrySize = 4;
    private const int Alignment = 4;
    private const int SharedCountOffset = 4;

    private readonly ErofsVolume _volume;
    private readonly Inode _inode;
    private readonly BlockCache _own;
    private readonly int _sharedCount;
    private BlockCache _metadata;
    private long _next;
    private int _left;
    private int _shared;
    private long _name;

    /// <param name="volume">The file system.</param>
    /// <param name="inode">The inode.</param>
    /// <exception cref="ImageException">The attributes are damaged, or not read.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public AttributeCursor(ErofsVolume volume, in Inode inode)
    {
        _volume = volume;
        _inode = inode;
        _own = volume.Metadata(inode.IsInMetabox);
        _metadata = _own;
        if (inode.AttributesSize == 0)
        {
            return;
        }

        if (inode.AttributesSize == HeaderSize)
        {
            throw new UnsupportedFeatureException("EROFS inodes with a header of attributes and none of them", "erofs_xattr_ibody_header");
        }

        Span<byte> header = stackalloc byte[HeaderSize];
        _own.ReadAt(inode.AttributesAddress, header);
        _sharedCount = header[SharedCountOffset];
        int headers = HeaderSize + (_sharedCount * sizeof(uint));
        _next = inode.AttributesAddress + headers;
        _left = inode.AttributesSize - headers;
        if (_left < 0)
        {
            throw inode.Damaged($"it shares {_sharedCount} attributes, and has {inode.AttributesSize} bytes for them");
        }
    }

    /// <summary>e_name_index.</summary>
    public byte NameIndex { get; private set; }

    /// <summary>Bytes of the name, after its prefix.</summary>
    public int NameLength { get; private set; }

    /// <summary>Bytes of the value.</summary>
    public int ValueLength { get; private set; }

    /// <summary>Goes to the next attribute.</summary>
    /// <returns>False at the end.</returns>
    /// <exception cref="ImageException">It is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public bool MoveNext()
    {
        if (_left > 0)
        {
            int size = Read(_next);
            if (size > _left)
            {
                throw _inode.Damaged($"an attribute of {size} bytes at 0x{_next:X} is longer than the {_left} bytes left for attributes");
            }

            _next += size;
            _left -= size;
            return true;
        }

        if (_shared >= _sharedCount)
        {
            return false;
        }

        Span<byte> number = stackalloc byte[sizeof(uint)];
        _own.ReadAt(_inode.AttributesAddress + HeaderSize + (_shared * sizeof(uint)), number);
        _metadata = _volume.Metadata(_volume.Geometry.Compatible.HasFlag(CompatibleFeatures.SharedAttributesInMetabox));
        Read(_volume.Geometry.AttributeStart + (BinaryPrimitives.ReadUInt32LittleEndian(number) * (long)sizeof(uint)));
        _shared++;
        return true;
    }

    /// <summary>Reads the name, after its prefix.</summary>
    /// <param name="destination">As long as the name.</param>
    public readonly void ReadName(Span<byte> destination) => _metadata.ReadAt(_name, destination);

    /// <summary>Reads the value.</summary>
    /// <param name="destination">As long as the value.</param>
    public readonly void ReadValue(Span<byte> destination) => _metadata.ReadAt(_name + NameLength, destination);

    private int Read(long address)
    {
        Span<byte> entry = stackalloc byte[EntrySize];
        _metadata.ReadAt(address, entry);
        NameLength = entry[0];
        NameIndex = entry[1];
        ValueLength = BinaryPrimitives.ReadUInt16LittleEndian(entry[2..]);
        _name = address + EntrySize;
        return (int)Geometry.Align(EntrySize + NameLength + ValueLength, Alignment);
    }
}
