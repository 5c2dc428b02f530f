namespace ImageFs.Storage.Formats;

/// <summary>
/// A source as everybody sees it who asks what it is. Blocks that marks are looked for in are read once, however many formats look there. Of
/// a device that is no file of this machine, the first and the last 128 KiB come whole, by one request each, and whoever reads through the
/// window is answered from them.
/// </summary>
/// <remarks>What cannot be read is asked for again by whoever reads it through the window, and fails there.</remarks>
public sealed class ProbeWindow : BlockSource
{
    /// <summary>Bytes at the start and at the end that come whole from afar.</summary>
    public const int EndLength = 128 * 1024;

    private const int BlockSize = 4096;

    // Fresh memory costs more than to read a file's block again: most marks lie in the first few blocks, and the others are asked for once.
    private const int MaxNearBlocks = 4;
    private const int MaxFarBlocks = 64;

    private readonly Lock _gate = new();
    private readonly List<(long Start, byte[] Bytes, int Length)> _latestFirst = [];
    private readonly Lazy<bool> _isFar;

    private ProbeWindow(BlockSource source)
    {
        Source = source;
        _isFar = new Lazy<bool>(() => IsFar(source));
    }

    /// <summary>What is looked at.</summary>
    public BlockSource Source { get; }

    /// <summary>What structures are read through that several formats look at: the window from afar, and the source itself where it is at hand.</summary>
    public BlockSource View => _isFar.Value ? this : Source;

    /// <inheritdoc/>
    public override long Length => Source.Length;

    /// <summary>The window onto a source; the source itself when it is one.</summary>
    public static ProbeWindow Over(BlockSource source) => source as ProbeWindow ?? new ProbeWindow(source);

    /// <summary>Whether a source's bytes come from a device that is no file of this machine: what is asked for from there takes its time.</summary>
    public static bool IsFar(BlockSource source)
    {
        try
        {
            return source.Length > 0 && source.Locate(0, 1).Source is Device and not FileDevice;
        }
        catch (ImageException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public override Extent Map(long offset, long maxLength, out BlockSource below)
    {
        long length = Math.Min(maxLength, Length - offset);
        if (_isFar.Value)
        {
            lock (_gate)
            {
                ReadOnlySpan<byte> bytes = Find(offset);
                if (bytes.Length > 0)
                {
                    below = this;
                    return new Extent(offset, Math.Min(length, bytes.Length), ExtentKind.Own, offset);
                }
            }

            Place(offset, out long start, out int size);
            length = Math.Min(length, start + size - offset);
        }

        below = Source;
        return Extent.Mapped(offset, length, offset);
    }

    /// <summary>Whether there are certain bytes at an address; none are outside of the source, nor where it is damaged.</summary>
    /// <exception cref="Linux.LinuxException">The device failed: that is no answer.</exception>
    public bool Has(long address, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            ReadOnlySpan<byte> found = From(address);
            int length = Math.Min(found.Length, bytes.Length);
            if (length == 0 || !found[..length].SequenceEqual(bytes[..length]))
            {
                return false;
            }

            bytes = bytes[length..];
            address += length;
        }

        return true;
    }

    /// <summary>The bytes from an address on to the end of a block; none outside of the source, or where it is damaged.</summary>
    /// <remarks>They are good until the next call; one thread asks at a time.</remarks>
    /// <exception cref="Linux.LinuxException">The device failed: that is no answer.</exception>
    public ReadOnlySpan<byte> From(long address)
    {
        if (address < 0 || address >= Length)
        {
            return default;
        }

        lock (_gate)
        {
            return Find(address);
        }
    }

    /// <inheritdoc/>
    protected internal override void ReadOwn(long offset, Span<byte> destination)
    {
        lock (_gate)
        {
            ReadOnlySpan<byte> found = Find(offset);
            if (found.Length >= destination.Length)
            {
                found[..destination.Length].CopyTo(destination);
                return;
            }
        }

        Source.ReadAt(offset, destination);
    }

    // The block that an address is in.
    private void Place(long address, out long start, out int size)
    {
        long lastStart = Math.Max(EndLength, Length - EndLength);
        if (_isFar.Value && address < EndLength)
        {
            (start, size) = (0, (int)Math.Min(EndLength, Length));
        }
        else if (_isFar.Value && address >= lastStart)
        {
            (start, size) = (lastStart, (int)(Length - lastStart));
        }
        else
        {
            start = address / BlockSize * BlockSize;
            size = (int)Math.Min(BlockSize, (_isFar.Value ? lastStart : Length) - start);
        }
    }

    // From an address to the end of its block; nothing where it is damaged.
    private ReadOnlySpan<byte> Find(long address)
    {
        Place(address, out long start, out int size);
        int place = _latestFirst.FindIndex(block => block.Start == start);
        (long Start, byte[] Bytes, int Length) found;
        if (place >= 0)
        {
            found = _latestFirst[place];
            _latestFirst.RemoveAt(place);
        }
        else
        {
            byte[] bytes = TakeBuffer(size);
            found = (start, bytes, TryRead(start, bytes.AsSpan(0, size)) ? size : 0);
        }

        _latestFirst.Insert(0, found);
        return found.Length == 0 ? default : found.Bytes.AsSpan((int)(address - start), found.Length - (int)(address - start));
    }

    private byte[] TakeBuffer(int size)
    {
        if (_latestFirst.Count < (_isFar.Value ? MaxFarBlocks : MaxNearBlocks))
        {
            return new byte[size];
        }

        byte[] oldest = _latestFirst[^1].Bytes;
        _latestFirst.RemoveAt(_latestFirst.Count - 1);
        return oldest.Length >= size ? oldest : new byte[size];
    }

    private bool TryRead(long start, Span<byte> destination)
    {
        try
        {
            Source.ReadAt(start, destination);
            return true;
        }
        catch (ImageException)
        {
            return false;
        }
    }
}
