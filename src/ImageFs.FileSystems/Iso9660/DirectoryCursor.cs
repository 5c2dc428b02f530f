using ImageFs.Storage;

namespace ImageFs.FileSystems.Iso9660;

/// <summary>
/// Goes through the directory records of an extent one by one. A damaged record is skipped and remembered: what follows it can still be
/// read.
/// </summary>
internal ref struct DirectoryCursor
{
    private readonly BlockCache _blocks;
    private readonly int _blockSize;
    private readonly long _start;
    private readonly long _length;
    private readonly Span<byte> _buffer;
    private int _recordLength;

    /// <param name="blocks">The volume, through its cache.</param>
    /// <param name="blockSize">Its logical block size.</param>
    /// <param name="start">Address of the first record.</param>
    /// <param name="length">Bytes that the records take.</param>
    /// <param name="position">Where to begin, in bytes from <paramref name="start"/>.</param>
    /// <param name="buffer">At least <see cref="DirectoryRecord.MaxLength"/> bytes, for the current record.</param>
    public DirectoryCursor(BlockCache blocks, int blockSize, long start, long length, long position, Span<byte> buffer)
    {
        _blocks = blocks;
        _blockSize = blockSize;
        _start = start;
        _length = length;
        _buffer = buffer;
        NextPosition = position;
    }

    /// <summary>Whether the records are those of High Sierra.</summary>
    public bool IsHighSierra { get; init; }

    /// <summary>The record that the cursor is on.</summary>
    public readonly DirectoryRecord Current => new(_buffer[.._recordLength]);

    /// <summary>Where the current record is, in bytes from the start of the extent.</summary>
    public long Position { get; private set; }

    /// <summary>Where the next record is looked for.</summary>
    public long NextPosition { get; private set; }

    /// <summary>Address of the current record in the volume.</summary>
    public readonly long Address => _start + Position;

    /// <summary>The first damaged record that was skipped.</summary>
    public InvalidImageException? Damage { get; private set; }

    /// <summary>Goes to the next record that is sound.</summary>
    /// <returns>False at the end.</returns>
    /// <exception cref="TruncatedImageException">The image ends before the records do.</exception>
    public bool MoveNext()
    {
        while (NextPosition < _length)
        {
            Position = NextPosition;

            // One block first: the next one may be unreadable, and need not be read for a record that ends in this one.
            long inBlock = _blockSize - (Address % _blockSize);
            long inImage = Math.Max(1, _blocks.Length - Address);
            int known = (int)Math.Min(Math.Min(DirectoryRecord.MaxLength, inBlock), Math.Min(_length - Position, inImage));
            _blocks.ReadAt(Address, _buffer[..known]);
            _recordLength = _buffer[0];
            if (_recordLength == 0)
            {
                // The rest of the sector is empty: records do not cross from one to the next (ECMA-119 6.8.1.1).
                NextPosition = Position + inBlock;
                continue;
            }

            int available = (int)Math.Min(_recordLength, _length - Position);
            if (available > known)
            {
                _blocks.ReadAt(Address + known, _buffer[known..available]);
            }

            if (IsHighSierra && available >= DirectoryRecord.FixedLength)
            {
                HighSierra.MoveFlags(_buffer);
            }

            string? problem = DirectoryRecord.FindProblem(_buffer[..available]);
            NextPosition = Position + (_recordLength < DirectoryRecord.FixedLength ? inBlock : _recordLength);
            if (problem is null)
            {
                return true;
            }

            Damage ??= new InvalidImageException("directory record", Address, problem, "ECMA-119 9.1");
        }

        return false;
    }
}
