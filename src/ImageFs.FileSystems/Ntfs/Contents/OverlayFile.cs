using System.Buffers.Binary;
using ImageFs.Storage;
using ImageFs.Storage.Decoding;

namespace ImageFs.FileSystems.Ntfs.Contents;

/// <summary>
/// A system file that Windows compressed ("Compact OS"). A stream has a table of where each chunk but the first begins, behind the table, and
/// the chunks; one that would not shrink is stored as it is.
/// </summary>
internal sealed class OverlayFile : PiecedSource
{
    private readonly NtfsVolume _volume;
    private readonly NtfsStream _stream;
    private readonly BlockSource _stored;
    private readonly OverlayFormat _format;
    private readonly long _record;
    private readonly long _chunkCount;
    private readonly int _entryLength;

    /// <param name="volume">The volume.</param>
    /// <param name="record">The file's first record.</param>
    /// <param name="stream">The stream with the chunks: plain.</param>
    /// <param name="length">Bytes of the file.</param>
    /// <param name="format">How it is compressed.</param>
    /// <param name="decoded">Keeps decoded chunks.</param>
    /// <exception cref="InvalidImageException">The table is longer than the stream.</exception>
    public OverlayFile(NtfsVolume volume, FileRecord record, NtfsStream stream, long length, OverlayFormat format, DecodedBlocks decoded)
        : base(decoded)
    {
        _volume = volume;
        _stream = stream;
        _stored = stream.OpenPlain(volume.Source);
        _format = format;
        _record = record.Number;
        Length = length;
        _chunkCount = length / format.ChunkLength + (length % format.ChunkLength == 0 ? 0 : 1);
        _entryLength = length > uint.MaxValue ? sizeof(ulong) : sizeof(uint);
        if (_chunkCount > 0 && (_chunkCount - 1) > stream.Size / _entryLength)
        {
            throw record.Damaged($"the {stream.Size} bytes of its compressed stream have no room for a table of {_chunkCount} chunks", OverlayFormat.Clause);
        }
    }

    /// <inheritdoc/>
    public override long Length { get; }

    private long TableLength => (_chunkCount - 1) * _entryLength;

    /// <inheritdoc/>
    protected override Piece Find(long offset)
    {
        (long chunk, long start) = Math.DivRem(offset, _format.ChunkLength);
        long begin = BeginOf(chunk);
        long end = chunk == _chunkCount - 1 ? _stream.Size : BeginOf(chunk + 1);
        int length = (int)Math.Min(_format.ChunkLength, Length - (offset - start));
        if (end <= begin || end > _stream.Size || end - begin > length)
        {
            throw new InvalidImageException(
                $"file record {_record}", begin, $"its chunk {chunk} is from byte {begin} to {end} of the {_stream.Size} of its compressed stream", OverlayFormat.Clause);
        }

        return end - begin == length
            ? Piece.Mapped(_stored, begin + start, length - start)
            : Piece.Encoded(_stored, begin, (int)(end - begin), _format.Codec, start, length);
    }

    /// <inheritdoc/>
    protected override InvalidImageException Damaged(in EncodedBlock block) => new(
        $"file record {_record}", block.Address, $"the {block.StoredLength} bytes of its chunk at {block.Offset} are not of {block.Codec.Name}", OverlayFormat.Clause);

    // Bytes from the start of the stream on.
    private long BeginOf(long chunk)
    {
        if (chunk == 0)
        {
            return TableLength;
        }

        Span<byte> entry = stackalloc byte[sizeof(ulong)];
        entry.Clear();
        Span<byte> recorded = entry[.._entryLength];
        long place = (chunk - 1) * _entryLength;
        if (_stream.IsResident)
        {
            _stream.Value.Span.Slice((int)place, _entryLength).CopyTo(recorded);
        }
        else
        {
            _volume.Clusters.Read(_stream.Clusters, place, recorded);
        }

        ulong begin = BinaryPrimitives.ReadUInt64LittleEndian(entry);
        return begin <= (ulong)(_stream.Size - TableLength)
            ? TableLength + (long)begin
            : throw new InvalidImageException(
                $"file record {_record}", place, $"its chunk {chunk} begins {begin} bytes behind the table of its compressed stream of {_stream.Size}", OverlayFormat.Clause);
    }
}
