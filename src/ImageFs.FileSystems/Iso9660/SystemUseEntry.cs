namespace ImageFs.FileSystems.Iso9660;

/// <summary>A System Use Entry (SUSP 1.12 section 4).</summary>
internal readonly ref struct SystemUseEntry
{
    /// <summary>Bytes before the data: signature, length and version.</summary>
    public const int HeaderLength = 4;

    private readonly ReadOnlySpan<byte> _bytes;

    /// <param name="bytes">The whole entry and nothing behind it.</param>
    /// <param name="address">Where it is in the volume.</param>
    public SystemUseEntry(ReadOnlySpan<byte> bytes, long address)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, HeaderLength, nameof(bytes));
        _bytes = bytes;
        Address = address;
    }

    /// <summary>Where the entry is in the volume.</summary>
    public long Address { get; }

    /// <summary>Signature Word: two letters, the first in the high byte.</summary>
    public int Signature => ToSignature(_bytes);

    /// <summary>System Use Entry Version.</summary>
    public byte Version => _bytes[3];

    /// <summary>What follows the version.</summary>
    public ReadOnlySpan<byte> Data => _bytes[HeaderLength..];

    /// <summary>Whether an entry may begin where so many bytes are left: one byte of padding, or what is no entry, may stand behind the last.</summary>
    public static bool Fits(long available) => available >= HeaderLength - 1;

    /// <summary>A signature word as a number.</summary>
    public static int ToSignature(ReadOnlySpan<byte> letters) => (letters[0] << 8) | letters[1];
}
