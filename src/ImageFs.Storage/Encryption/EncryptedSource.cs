using ImageFs.Storage.Decoding;

namespace ImageFs.Storage.Encryption;

/// <summary>The bytes of an encrypted volume, decrypted sector by sector as they are read. Holes below are encrypted bytes as others are.</summary>
/// <param name="below">What it lies on.</param>
/// <param name="start">Where its first sector is there.</param>
/// <param name="length">Length in bytes, whole sectors.</param>
/// <param name="cipher">Decrypts sectors.</param>
/// <param name="firstNumber">The first sector's number, in units of <see cref="SectorCipher.VectorUnit"/>.</param>
internal sealed class EncryptedSource(BlockSource below, long start, long length, SectorCipher cipher, ulong firstNumber) : BlockSource
{
    // What is read at once stays in the processor's caches until it is decrypted.
    private const int PieceLength = 128 << 10;
    private const int MaxSectorSize = 4096;

    /// <inheritdoc/>
    public override long Length => length;

    /// <inheritdoc/>
    public override Extent Map(long offset, long maxLength, out BlockSource below)
    {
        EncodedBlock sector = FindEncoded(offset);
        below = sector.Source;
        return new Extent(offset, Math.Min(maxLength, length - offset), ExtentKind.Encoded, sector.Address, sector.StoredLength);
    }

    /// <inheritdoc/>
    public override EncodedBlock FindEncoded(long offset)
    {
        long sector = offset - (offset % cipher.SectorSize);
        return new EncodedBlock(sector, cipher.SectorSize, below, start + sector, cipher.SectorSize, cipher.Codec);
    }

    /// <inheritdoc/>
    protected internal override void ReadOwn(long offset, Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            int inSector = (int)(offset % cipher.SectorSize);
            int whole = Math.Min(destination.Length - (destination.Length % cipher.SectorSize), PieceLength);
            int done = whole;
            if (inSector == 0 && whole > 0)
            {
                ReadSectors(offset, destination[..whole]);
            }
            else
            {
                done = Math.Min(destination.Length, cipher.SectorSize - inSector);
                ReadPart(offset - inSector, inSector, destination[..done]);
            }

            destination = destination[done..];
            offset += done;
        }
    }

    private void ReadPart(long sector, int inSector, Span<byte> destination)
    {
        Span<byte> bytes = stackalloc byte[MaxSectorSize];
        bytes = bytes[..cipher.SectorSize];
        ReadSectors(sector, bytes);
        bytes.Slice(inSector, destination.Length).CopyTo(destination);
    }

    private void ReadSectors(long offset, Span<byte> sectors)
    {
        below.ReadAt(start + offset, sectors);
        cipher.Decrypt(unchecked(firstNumber + (ulong)(offset / cipher.VectorUnit)), sectors);
    }
}
