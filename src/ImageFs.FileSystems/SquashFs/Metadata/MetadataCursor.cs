using ImageFs.Storage;

namespace ImageFs.FileSystems.SquashFs.Metadata;

/// <summary>Reads on among metadata, from block to block.</summary>
/// <param name="reader">The metadata.</param>
/// <param name="position">Where to begin.</param>
internal ref struct MetadataCursor(MetadataReader reader, MetadataPosition position)
{
    private MetadataBlock? _block;
    private long _address = position.Block;
    private int _offset = position.Offset;

    /// <summary>Where it is.</summary>
    public readonly MetadataPosition Position => new(_address, _offset);

    /// <summary>Where the next byte is: at the start of the next block where this one is at its end, whether that is there or not.</summary>
    /// <exception cref="ImageException">The block is not there.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public MetadataPosition Settle()
    {
        if (_block is not null && _offset == _block.Bytes.Length)
        {
            _address = _block.Next;
            _offset = 0;
            _block = null;
        }

        return Position;
    }

    /// <summary>Takes bytes.</summary>
    /// <param name="destination">Filled whole.</param>
    /// <exception cref="ImageException">They are not there.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public void Read(scoped Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            ReadOnlySpan<byte> rest = Rest();
            int length = Math.Min(rest.Length, destination.Length);
            rest[..length].CopyTo(destination);
            destination = destination[length..];
            _offset += length;
        }
    }

    /// <summary>Takes bytes, without copying them where they lie in one block.</summary>
    /// <param name="count">How many: at most as many as there is room for.</param>
    /// <param name="room">Takes them where they lie in two.</param>
    /// <returns>The bytes; good as long as the room is.</returns>
    /// <exception cref="ImageException">They are not there.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public ReadOnlySpan<byte> Take(int count, Span<byte> room)
    {
        ReadOnlySpan<byte> rest = count == 0 ? default : Rest();
        if (rest.Length >= count)
        {
            _offset += count;
            return rest[..count];
        }

        Read(room[..count]);
        return room[..count];
    }

    /// <summary>Passes bytes.</summary>
    /// <param name="count">How many.</param>
    /// <exception cref="ImageException">They are not there.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public void Skip(long count)
    {
        while (count > 0)
        {
            int length = (int)Math.Min(Rest().Length, count);
            count -= length;
            _offset += length;
        }
    }

    // What is left of the block, or all of the next one: at least a byte.
    private ReadOnlySpan<byte> Rest()
    {
        _block ??= reader.Read(_address);
        if (_offset == _block.Bytes.Length)
        {
            _address = _block.Next;
            _offset = 0;
            _block = reader.Read(_address);
        }

        return _offset < _block.Bytes.Length
            ? _block.Bytes.AsSpan(_offset)
            : throw new InvalidImageException("metadata block", _address, $"byte {_offset} of its {_block.Bytes.Length} is asked for", "SQUASHFS_METADATA_SIZE");
    }
}
