using ImageFs.Storage;
using ImageFs.Storage.Checking;

namespace ImageFs.FileSystems.Ntfs.Checks;

/// <summary>Goes through the file records of a volume, whether a directory leads to them or not.</summary>
/// <param name="volume">The volume.</param>
internal sealed class RecordScan(NtfsVolume volume)
{
    // Records before it are kept for the file system, in use or not.
    private const long FirstCounted = 24;
    private const int PieceLength = 4096;
    private const int InUseAt = 22;

    private readonly byte[] _record = new byte[volume.Geometry.RecordSize];
    private readonly byte[] _bits = new byte[PieceLength];
    private long _bitsAt = -1;

    /// <summary>Takes a record; it is there until the call returns.</summary>
    public delegate void Taker(FileRecord record);

    /// <summary>Called with what $BITMAP and a record have different; null when that does not matter.</summary>
    public Action<Finding>? TakeDifference { get; init; }

    /// <summary>Goes through all that are in use.</summary>
    /// <param name="take">Called with each.</param>
    /// <param name="run">Gets what is damaged.</param>
    /// <returns>Whether nothing was.</returns>
    public bool Run(Taker take, CheckRun run)
    {
        BlockSource? used = null;
        bool isWhole = run.Try(() => used = OpenBitmap());
        for (long number = 0; number < volume.Table.Count; number++)
        {
            long current = number;
            isWhole &= run.Try(() => Take(current, used, take));
            run.Advance(_record.Length);
        }

        return isWhole;
    }

    private BlockSource OpenBitmap()
    {
        FileRecord table = volume.Table.Read(0, _record);
        NtfsStream bitmap = NtfsStream.Open(volume, table, AttributeType.Bitmap) ?? throw table.Damaged("it does not tell which records are in use", "linux-ntfs, $MFT");
        return bitmap.Size >= (volume.Table.Count + 7) / 8
            ? bitmap.OpenPlain(volume.Source)
            : throw table.Damaged($"its map of records has {bitmap.Size} bytes, for {volume.Table.Count} records", "linux-ntfs, $MFT");
    }

    private void Take(long number, BlockSource? used, Taker take)
    {
        bool? isUsed = used is null ? null : IsSet(used, number);
        if (isUsed != false)
        {
            FileRecord record = volume.Table.Read(number, _record);
            if (record.IsInUse)
            {
                take(record);
            }
            else if (isUsed == true && number >= FirstCounted)
            {
                Tell(number, record.Address, "it is not in use, and $MFT has it as used");
            }

            return;
        }

        // What was never used is not looked at.
        long offset = number * _record.Length;
        volume.Table.Source.ReadAt(offset, _record);
        if (number >= FirstCounted && _record.AsSpan().StartsWith("FILE"u8) && (_record[InUseAt] & 1) != 0)
        {
            Tell(number, volume.Table.Source.Map(offset, 1, out _).Address, "it is in use, and $MFT has it as free");
        }
    }

    private bool IsSet(BlockSource used, long number)
    {
        long piece = number / 8 / PieceLength * PieceLength;
        if (piece != _bitsAt)
        {
            used.ReadAt(piece, _bits.AsSpan(0, (int)Math.Min(PieceLength, used.Length - piece)));
            _bitsAt = piece;
        }

        return (_bits[(number / 8) - piece] >> (int)(number % 8) & 1) != 0;
    }

    private void Tell(long number, long address, string problem) => TakeDifference?.Invoke(new Finding($"file record {number}", address, problem, "linux-ntfs, $MFT"));
}
