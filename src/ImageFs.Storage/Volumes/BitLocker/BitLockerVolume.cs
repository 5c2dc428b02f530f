using ImageFs.Linux;
using ImageFs.Storage.Encryption;

namespace ImageFs.Storage.Volumes.BitLocker;

/// <summary>
/// The inside of a volume, as Windows shows it: the first sectors from where they were moved to, zeros in the place of the metadata, and what
/// is not encrypted yet as it is (BDE "Virtual sector(s)").
/// </summary>
internal sealed class BitLockerVolume : PiecedSource
{
    // Windows Vista leaves these sectors as they are, but for two fields of the first.
    private const long PlainStart = 8192;

    private readonly BlockSource _source;
    private readonly BlockSource _decrypted;
    private readonly BitLockerMetadata _metadata;
    private readonly EncryptedParts? _parts;
    private readonly (long Start, long End)[] _zeros;
    private readonly (long Start, MemorySource Sector)[] _headers;
    private readonly long _movedLength;
    private readonly long _movedTo;
    private readonly long _encryptedEnd;
    private readonly long _convertedEnd;

    /// <summary>Lays out a volume.</summary>
    /// <param name="source">The volume.</param>
    /// <param name="metadata">Its metadata.</param>
    /// <param name="key">The key of sectors; empty for a volume of which none is encrypted.</param>
    /// <exception cref="ImageException">It cannot be so, or libcrypto lacks the cipher.</exception>
    /// <exception cref="LinuxException">The device failed.</exception>
    public BitLockerVolume(BlockSource source, BitLockerMetadata metadata, ReadOnlySpan<byte> key)
    {
        _source = source;
        _metadata = metadata;
        Length = source.Length - (source.Length % metadata.SectorSize);
        _decrypted = metadata.IsPlain
            ? source
            : new EncryptedSource(source, 0, Length, new SectorCipher(CipherSpecification.Parse(metadata.Cipher), key, metadata.SectorSize, metadata.SectorSize), 0);
        _parts = metadata.PartsOffsets is { } offsets ? EncryptedParts.Read(source, offsets, metadata.SectorSize) : null;
        _movedLength = Place("moved sectors", metadata.MovedLength);
        _movedTo = Place("moved sectors", metadata.MovedTo);
        if (_movedTo > Length - _movedLength)
        {
            throw new InvalidImageException("BitLocker metadata", _movedTo, $"the {_movedLength} bytes that were moved there lie beyond the end of the volume", "BDE, FVE Volume header block");
        }

        (_encryptedEnd, _convertedEnd) = FindEnds();
        _zeros = FindZeros();
        _headers = metadata.IsVista ? [.. FindHeaders()] : [];
    }

    /// <inheritdoc/>
    public override long Length { get; }

    /// <inheritdoc/>
    public override long MapSize => _parts?.Size ?? 0;

    /// <inheritdoc/>
    protected override Piece Find(long offset)
    {
        if (offset < _movedLength)
        {
            return InState(_movedTo + offset, _movedLength - offset);
        }

        long end = Length;
        foreach ((long start, long zerosEnd) in _zeros)
        {
            if (offset < start)
            {
                end = start;
                break;
            }

            if (offset < zerosEnd)
            {
                return Piece.Hole(zerosEnd - offset);
            }
        }

        foreach ((long start, MemorySource sector) in _headers)
        {
            if (offset >= start && offset < start + sector.Length)
            {
                return Piece.Mapped(sector, offset - start, start + sector.Length - offset);
            }

            end = offset < start ? Math.Min(end, start) : end;
        }

        return _metadata.IsVista && offset < PlainStart ? Piece.Mapped(_source, offset, Math.Min(end, PlainStart) - offset) : InState(offset, end - offset);
    }

    // By where the bytes are on the disk: encrypted or not yet, or at work between the two.
    private Piece InState(long address, long length)
    {
        if (_parts is { } parts)
        {
            long run = parts.At(address, out bool isEncrypted);
            return Piece.Mapped(isEncrypted ? _decrypted : _source, address, Math.Min(run, length));
        }

        if (address < _encryptedEnd)
        {
            return Piece.Mapped(_decrypted, address, Math.Min(_encryptedEnd - address, length));
        }

        return address >= _convertedEnd
            ? Piece.Mapped(_source, address, length)
            : throw new UnsupportedFeatureException($"bytes at 0x{address:X} of a BitLocker volume, which were being encrypted or decrypted when this was copied (Windows has to end or pause it: manage-bde -pause)");
    }

    private (long Encrypted, long Converted) FindEnds()
    {
        MetadataBlock block = _metadata.Block;
        if (_metadata.IsPlain)
        {
            return (0, 0);
        }

        // Windows Vista says nothing of it where all is encrypted, and nor does what is encrypted on writing.
        long encrypted = block.EncryptedSize == 0 && (_metadata.IsVista || block.State == VolumeState.Encrypted) ? Length : (long)Math.Min(block.EncryptedSize, (ulong)Length);
        return (encrypted, block.State == VolumeState.Converting ? Math.Min(Length, encrypted + block.ConvertedSize) : encrypted);
    }

    // In order, and none in another.
    private (long Start, long End)[] FindZeros()
    {
        var areas = _metadata.Areas.Select(start => (Start: Place("metadata", start), Length: _metadata.AreaSize)).ToList();
        areas.AddRange(_movedLength > 0 ? [(_movedTo, _movedLength)] : []);
        areas.AddRange(_parts?.Reserved ?? []);
        var zeros = new List<(long Start, long End)>();
        foreach ((long start, long length) in areas.OrderBy(area => area.Start))
        {
            long end = Math.Min(Length, start + length);
            if (zeros is [.., var last] && start <= last.End)
            {
                zeros[^1] = (last.Start, Math.Max(last.End, end));
            }
            else if (end > start)
            {
                zeros.Add((start, end));
            }
        }

        return [.. zeros];
    }

    // The first sector, and its copy behind the file system, are those of NTFS but for two fields.
    private IEnumerable<(long Start, MemorySource Sector)> FindHeaders()
    {
        foreach (long start in new[] { 0, (long)Math.Min(_metadata.FileSystemLength, (ulong)Length) }.Distinct().Where(start => start < Length))
        {
            byte[] sector = new byte[_metadata.SectorSize];
            _source.ReadAt(start / sector.Length * sector.Length, sector);
            if (new VolumeHeader(sector).IsVista)
            {
                "NTFS    "u8.CopyTo(sector.AsSpan(VolumeHeader.SignaturePlace));
                BitConverter.TryWriteBytes(sector.AsSpan(56), _metadata.Block.MovedTo);
                yield return (start, new MemorySource(sector));
            }
        }
    }

    private long Place(string what, ulong value) => value <= (ulong)Length
        ? (long)value
        : throw new InvalidImageException("BitLocker metadata", 0, $"the place of the {what} is 0x{value:X}, beyond the end of the volume", "BDE, FVE metadata block header");
}
