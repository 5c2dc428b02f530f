using System.Globalization;
using System.Text;
using ImageFs.Storage.Tar;

namespace ImageFs.Reading;

/// <summary>
/// Writes headers of an archive (POSIX pax: ustar Interchange Format; pax Extended Header), and what stands between and behind them. What has no
/// room in a header, or would not be kept in it, stands in records before it.
/// </summary>
/// <param name="output">Where to.</param>
internal sealed class TarWriter(Stream output)
{
    /// <summary>Bytes of a block, of which all is made.</summary>
    internal const int BlockLength = 512;

    // What tar(1) writes at once: 20 blocks.
    private const int RecordLength = 20 * BlockLength;

    private const int NameLength = 100;
    private const int SumOffset = 148;
    private const int SumLength = 8;
    private const long MaxSize = (1L << 33) - 1; // 11 octal digits.
    private const uint MaxNumber = (1 << 21) - 1; // 7.

    private static readonly byte[] s_zeros = new byte[RecordLength];

    private readonly List<byte> _records = [];

    /// <summary>How many bytes were written.</summary>
    internal long Length { get; private set; }

    /// <summary>Adds a record for the next header.</summary>
    /// <param name="key">What it is.</param>
    /// <param name="value">Its value.</param>
    internal void AddRecord(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
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
    /// <param name="key">What it is.</param>
    /// <param name="value">Its value.</param>
    internal void AddRecord(ReadOnlySpan<byte> key, string value) => AddRecord(key, Encoding.ASCII.GetBytes(value));

    /// <summary>Writes the header of a member, after the records that it needs.</summary>
    /// <param name="member">The member; of its places only <see cref="TarMember.StoredLength"/> counts.</param>
    internal void WriteHeader(TarMember member)
    {
        AddPath("path"u8, member.Name);
        AddPath("linkpath"u8, member.Link);
        AddNumber("size"u8, member.StoredLength, MaxSize);
        AddNumber("uid"u8, member.Uid, MaxNumber);
        AddNumber("gid"u8, member.Gid, MaxNumber);
        AddNumber("SCHILY.devmajor"u8, member.Major, MaxNumber);
        AddNumber("SCHILY.devminor"u8, member.Minor, MaxNumber);
        if (member.Nanoseconds != 0 || member.Time is < 0 or > MaxSize)
        {
            AddRecord("mtime"u8, TimeText(member.Time, member.Nanoseconds));
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
    internal void Write(ReadOnlySpan<byte> bytes)
    {
        output.Write(bytes);
        Length += bytes.Length;
    }

    /// <summary>Fills the last block of a member.</summary>
    internal void Pad() => Write(s_zeros.AsSpan(0, (int)(-Length & (BlockLength - 1))));

    /// <summary>Ends the archive.</summary>
    internal void End()
    {
        Write(s_zeros.AsSpan(0, 2 * BlockLength));
        Write(s_zeros.AsSpan(0, (int)((RecordLength - (Length % RecordLength)) % RecordLength)));
    }

    /// <summary>Goes back to where the archive had a length, as if nothing had come after.</summary>
    /// <param name="length">The length.</param>
    internal void ReturnTo(long length)
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
    private void AddPath(ReadOnlySpan<byte> key, byte[] path)
    {
        if (path.Length > NameLength || path.AsSpan().ContainsAnyExceptInRange((byte)1, (byte)0x7F))
        {
            AddRecord(key, path);
        }
    }

    private void AddNumber(ReadOnlySpan<byte> key, long number, long max)
    {
        if (number > max)
        {
            AddRecord(key, number.ToString(CultureInfo.InvariantCulture));
        }
    }

    private static byte[] MakeBlock(TarMember member, byte type)
    {
        byte[] block = new byte[BlockLength];
        Put(block, 0, NameLength, member.Name);
        PutNumber(block, 100, 8, member.Permissions, MaxNumber);
        PutNumber(block, 108, 8, member.Uid, MaxNumber);
        PutNumber(block, 116, 8, member.Gid, MaxNumber);
        PutNumber(block, 124, 12, member.StoredLength, MaxSize);
        PutNumber(block, 136, 12, member.Time, MaxSize);
        block[156] = type;
        Put(block, 157, NameLength, member.Link);
        "ustar\0"u8.CopyTo(block.AsSpan(257));
        "00"u8.CopyTo(block.AsSpan(263));
        PutNumber(block, 329, 8, member.Major, MaxNumber);
        PutNumber(block, 337, 8, member.Minor, MaxNumber);

        block.AsSpan(SumOffset, SumLength).Fill((byte)' ');
        PutNumber(block, SumOffset, SumLength - 1, block.Sum(unit => unit), MaxNumber);
        return block;
    }

    private static void Put(byte[] block, int offset, int length, ReadOnlySpan<byte> text) => text[..Math.Min(length, text.Length)].CopyTo(block.AsSpan(offset));

    // Octal digits and a NUL; what is too large or below 0 stands in a record.
    private static void PutNumber(byte[] block, int offset, int length, long number, long max)
    {
        long shown = Math.Clamp(number, 0, max);
        for (int i = length - 2; i >= 0; i--)
        {
            block[offset + i] = (byte)('0' + (shown & 7));
            shown >>= 3;
        }

        block[offset + length - 1] = 0;
    }
}
