using System.Globalization;
using System.Text;

namespace ImageFs.Storage.Tar;

/// <summary>
/// Writes headers of an archive (POSIX pax: ustar Interchange Format; pax Extended Header), and what stands between and behind them. What has no
/// room in a header, or would not be kept in it, stands in records before it.
/// </summary>
/// <param name="output">Where to.</param>
public sealed class TarWriter(Stream output)
{
    /// <summary>Bytes of a block, of which all is made.</summary>
    public const int BlockLength = TarFields.BlockLength;

    // What tar(1) writes at once: 20 blocks.
    private const int RecordLength = 20 * BlockLength;

    private const long MaxSize = (1L << 33) - 1; // 11 octal digits.
    private const uint MaxNumber = (1 << 21) - 1; // 7.

    private static readonly byte[] s_zeros = new byte[RecordLength];

    private readonly List<byte> _records = [];

    /// <summary>How many bytes were written.</summary>
    public long Length { get; private set; }

    /// <summary>Adds a record for the next header.</summary>
    /// <param name="key">What it is.</param>
    /// <param name="value">Its value.</param>
    public void AddRecord(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        // "25 path=...\n": the length is that of all of it, its own digits too.
        int rest = key.Length + value.Length + 3;
        int length = rest + 1;
        while (length != rest + Digits(length))
        {
            length = rest + Digits(length);
        }

        _records.AddRange(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{length} ")));
        _records.AddRange(key);
        _records.Add((byte)'=');
        _records.AddRange(value);
        _records.Add((byte)'\n');
    }

    /// <summary>Adds a record for the next header.</summary>
    /// <param name="key">What it is, in ASCII.</param>
    /// <param name="value">Its value, in ASCII.</param>
    public void AddRecord(string key, string value) => AddRecord(Encoding.ASCII.GetBytes(key), Encoding.ASCII.GetBytes(value));

    /// <summary>Adds a record of an extended attribute for the next header.</summary>
    /// <param name="name">Its name with its prefix; it may have any bytes.</param>
    /// <param name="value">Its value.</param>
    public void AddAttribute(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => AddRecord(TarKeys.OfAttribute(name), value);

    /// <summary>Writes the header of a member, after the records that it needs.</summary>
    /// <param name="member">The member; of its places only <see cref="TarMember.StoredLength"/> counts.</param>
    public void WriteHeader(TarMember member)
    {
        AddPath(TarKeys.Path, member.Name);
        AddPath(TarKeys.Link, member.Link);
        AddNumber(TarKeys.Size, member.StoredLength, MaxSize);
        AddNumber(TarKeys.Uid, member.Uid, MaxNumber);
        AddNumber(TarKeys.Gid, member.Gid, MaxNumber);
        AddNumber(TarKeys.Major, member.Major, MaxNumber);
        AddNumber(TarKeys.Minor, member.Minor, MaxNumber);
        if (member.Nanoseconds != 0 || member.Time is < 0 or > MaxSize)
        {
            AddRecord(TarKeys.Time, TimeText(member.Time, member.Nanoseconds));
        }

        if (_records.Count > 0)
        {
            byte[] records = [.. _records];
            _records.Clear();
            var header = new TarMember(0, TarType.Other, "././@PaxHeader"u8.ToArray(), 0, records.Length, 0) { Permissions = 0x1A4 };
            Write(MakeBlock(header, (byte)'x'));
            Write(records);
            Pad();
        }

        Write(MakeBlock(member, TypeOf(member.Type)));
    }

    /// <summary>Writes bytes of the member whose header was written last.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        output.Write(bytes);
        Length += bytes.Length;
    }

    /// <summary>Fills the last block of a member.</summary>
    public void Pad() => Write(s_zeros.AsSpan(0, (int)(-Length & (BlockLength - 1))));

    /// <summary>Ends the archive.</summary>
    public void End()
    {
        Write(s_zeros.AsSpan(0, 2 * BlockLength));
        Write(s_zeros.AsSpan(0, (int)((RecordLength - (Length % RecordLength)) % RecordLength)));
    }

    /// <summary>Goes back to where the archive had a length, as if nothing had come after.</summary>
    /// <param name="length">The length.</param>
    public void ReturnTo(long length)
    {
        output.Flush();
        output.SetLength(length);
        output.Seek(length, SeekOrigin.Begin);
        Length = length;
        _records.Clear();
    }

    private static int Digits(int number) => number.ToString(CultureInfo.InvariantCulture).Length;

    // Seconds before 1970 count backward, and so do their parts.
    private static string TimeText(long seconds, uint nanoseconds) => seconds < 0 && nanoseconds > 0
        ? string.Create(CultureInfo.InvariantCulture, $"-{-(seconds + 1)}.{1_000_000_000 - nanoseconds:d9}")
        : string.Create(CultureInfo.InvariantCulture, $"{seconds}.{nanoseconds:d9}");

    private static byte TypeOf(TarType type) => type switch
    {
        TarType.HardLink => (byte)'1',
        TarType.SymbolicLink => (byte)'2',
        TarType.CharacterDevice => (byte)'3',
        TarType.BlockDevice => (byte)'4',
        TarType.Directory => (byte)'5',
        TarType.Fifo => (byte)'6',
        _ => (byte)'0',
    };

    // What is not ASCII is UTF-8 in a record, and in a header nobody knows what.
    private void AddPath(string key, byte[] path)
    {
        if (path.Length > LengthOf(TarFields.Name) || path.AsSpan().ContainsAnyExceptInRange((byte)1, (byte)0x7F))
        {
            AddRecord(Encoding.ASCII.GetBytes(key), path);
        }
    }

    private void AddNumber(string key, long number, long max)
    {
        if (number > max)
        {
            AddRecord(key, number.ToString(CultureInfo.InvariantCulture));
        }
    }

    private static byte[] MakeBlock(TarMember member, byte type)
    {
        byte[] block = new byte[BlockLength];
        Put(block.AsSpan(TarFields.Name), member.Name);
        PutNumber(block.AsSpan(TarFields.Mode), member.Permissions, MaxNumber);
        PutNumber(block.AsSpan(TarFields.Uid), member.Uid, MaxNumber);
        PutNumber(block.AsSpan(TarFields.Gid), member.Gid, MaxNumber);
        PutNumber(block.AsSpan(TarFields.Size), member.StoredLength, MaxSize);
        PutNumber(block.AsSpan(TarFields.Time), member.Time, MaxSize);
        block[TarFields.Type] = type;
        Put(block.AsSpan(TarFields.Link), member.Link);
        Put(block.AsSpan(TarFields.Magic), "ustar\0"u8);
        Put(block.AsSpan(TarFields.Version), "00"u8);
        PutNumber(block.AsSpan(TarFields.Major), member.Major, MaxNumber);
        PutNumber(block.AsSpan(TarFields.Minor), member.Minor, MaxNumber);

        // The sum counts itself as spaces, and has one behind it.
        Span<byte> sum = block.AsSpan(TarFields.Sum);
        sum.Fill((byte)' ');
        PutNumber(sum[..^1], block.Sum(unit => unit), MaxNumber);
        return block;
    }

    private static int LengthOf(Range place) => place.GetOffsetAndLength(BlockLength).Length;

    private static void Put(Span<byte> field, ReadOnlySpan<byte> text) => text[..Math.Min(field.Length, text.Length)].CopyTo(field);

    // Octal digits and a NUL; what is too large or below 0 stands in a record.
    private static void PutNumber(Span<byte> field, long number, long max)
    {
        long shown = Math.Clamp(number, 0, max);
        for (int i = field.Length - 2; i >= 0; i--)
        {
            field[i] = (byte)('0' + (shown & 7));
            shown >>= 3;
        }

        field[^1] = 0;
    }
}
