
namespace ImageFs.Storage.Tar;

/// <summary>A header of an archive, of one block (POSIX pax: ustar Interchange Format; GNU tar: Basic Tar Format).</summary>
internal readonly ref struct TarHeader
{
    /// <summary>Bytes of it.</summary>
    public const int Length = TarFields.BlockLength;

    private readonly ReadOnlySpan<byte> _bytes;

    public TarHeader(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, Length, nameof(bytes));
        _bytes = bytes[..Length];
    }

    /// <summary>Whether it is no header but the end.</summary>
    public bool IsEnd => !_bytes.ContainsAnyExcept((byte)0);

    public ReadOnlySpan<byte> Name => Text(TarFields.Name);

    public long? Mode => Number(TarFields.Mode);

    public long? Uid => Number(TarFields.Uid);

    public long? Gid => Number(TarFields.Gid);

    public long? Size => Number(TarFields.Size);

    public long? Time => Number(TarFields.Time);

    public byte Type => _bytes[TarFields.Type];

    public ReadOnlySpan<byte> Link => Text(TarFields.Link);

    public long? Major => Number(TarFields.Major);

    public long? Minor => Number(TarFields.Minor);

    /// <summary>What comes before the name, and a slash; of the POSIX form alone, for GNU tar has other things there.</summary>
    public ReadOnlySpan<byte> Prefix => _bytes[TarFields.Magic].SequenceEqual("ustar\0"u8) ? Text(TarFields.Prefix) : default;

    /// <summary>The first places of a sparse file, four of them (GNU tar: oldgnu_header).</summary>
    public ReadOnlySpan<byte> SparsePlaces => _bytes[TarFields.SparsePlaces];

    /// <summary>Whether blocks with further places follow.</summary>
    public bool HasMorePlaces => _bytes[TarFields.HasMorePlaces] != 0;

    /// <summary>Bytes of a sparse file with its holes.</summary>
    public long? RealSize => Number(TarFields.RealSize);

    /// <summary>Bytes of a place of a sparse file: where it is, and how long.</summary>
    public const int SparsePlaceLength = 24;

    /// <summary>Whether its sum is right: of its bytes, as signed ones too, where that itself counts as spaces.</summary>
    public bool HasChecksum
    {
        get
        {
            (int start, int length) = TarFields.Sum.GetOffsetAndLength(Length);
            long unsigned = length * ' ';
            long signed = length * ' ';
            for (int i = 0; i < Length; i++)
            {
                if (i < start || i >= start + length)
                {
                    unsigned += _bytes[i];
                    signed += unchecked((sbyte)_bytes[i]);
                }
            }

            return Number(TarFields.Sum) is { } sum && (sum == unsigned || sum == signed);
        }
    }

    /// <summary>A number: in octal digits, or in binary where the first bit is set. Null where it is neither.</summary>
    public static long? NumberOf(ReadOnlySpan<byte> field)
    {
        if ((field[0] & 0x80) != 0)
        {
            return BinaryOf(field);
        }

        ReadOnlySpan<byte> digits = field.TrimStart((byte)' ');
        int end = digits.IndexOfAny((byte)0, (byte)' ');
        digits = end < 0 ? digits : digits[..end];
        long value = 0;
        foreach (byte digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'7')
            {
                return null;
            }

            value = (value << 3) | (uint)(digit - '0');
        }

        return value;
    }

    // Two's complement, in as many bits as there are but one; of more than 64 all are the sign.
    private static long? BinaryOf(ReadOnlySpan<byte> field)
    {
        bool isNegative = (field[0] & 0x40) != 0;
        long value = isNegative ? -1 : 0;
        for (int i = 0; i < field.Length; i++)
        {
            byte part = i > 0 ? field[i] : (byte)(isNegative ? field[0] | 0x80 : field[0] & 0x7F);
            if (value >> 55 is not (0 or -1))
            {
                return null;
            }

            value = unchecked((value << 8) | part);
        }

        return value;
    }

    private ReadOnlySpan<byte> Text(Range place)
    {
        ReadOnlySpan<byte> field = _bytes[place];
        int end = field.IndexOf((byte)0);
        return end < 0 ? field : field[..end];
    }

    private long? Number(Range place) => NumberOf(_bytes[place]);
}
