using ImageFs.Storage;

namespace ImageFs.FileSystems.Iso9660;

/// <summary>Signature words of System Use Entries: two ASCII letters, the first in the high byte.</summary>
internal static class SystemUseSignature
{
    /// <summary>Continuation area (SUSP 5.1).</summary>
    public const int CE = ('C' << 8) | 'E';

    /// <summary>System Use Sharing Protocol indicator (SUSP 5.3).</summary>
    public const int SP = ('S' << 8) | 'P';

    /// <summary>Terminator (SUSP 5.4). PD, padding (5.2), and ES, the extension selector (5.6), mean nothing to a reader.</summary>
    public const int ST = ('S' << 8) | 'T';

    /// <summary>Extensions reference (SUSP 5.5).</summary>
    public const int ER = ('E' << 8) | 'R';

    /// <summary>POSIX file attributes (RRIP 4.1.1).</summary>
    public const int PX = ('P' << 8) | 'X';

    /// <summary>POSIX device number (RRIP 4.1.2).</summary>
    public const int PN = ('P' << 8) | 'N';

    /// <summary>Symbolic link (RRIP 4.1.3).</summary>
    public const int SL = ('S' << 8) | 'L';

    /// <summary>Alternate name (RRIP 4.1.4).</summary>
    public const int NM = ('N' << 8) | 'M';

    /// <summary>Child link (RRIP 4.1.5.1).</summary>
    public const int CL = ('C' << 8) | 'L';

    /// <summary>Parent link (RRIP 4.1.5.2).</summary>
    public const int PL = ('P' << 8) | 'L';

    /// <summary>Relocated directory (RRIP 4.1.5.3).</summary>
    public const int RE = ('R' << 8) | 'E';

    /// <summary>Timestamps (RRIP 4.1.6).</summary>
    public const int TF = ('T' << 8) | 'F';

    /// <summary>Sparse file (RRIP 4.1.7).</summary>
    public const int SF = ('S' << 8) | 'F';

    /// <summary>zisofs compression.</summary>
    public const int ZF = ('Z' << 8) | 'F';

    /// <summary>zisofs compression, version 2, where old readers shall not see it.</summary>
    public const int Z2 = ('Z' << 8) | '2';

    /// <summary>Whether entries of a signature mean something here.</summary>
    public static bool IsKnown(int signature) => signature is CE or SP or ST or ER or PX or PN or SL or NM or CL or PL or RE or TF or SF or ZF or Z2;
}

/// <summary>A System Use Entry (SUSP 1.12 section 4).</summary>
internal readonly ref struct SystemUseEntry
{
    /// <summary>Bytes before the data: signature, length and version.</summary>
    public const int HeaderLength = 4;

    private readonly ReadOnlySpan<byte> _bytes;

    /// <param name="bytes">The whole entry and nothing after it.</param>
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

    /// <summary>Whether an entry may begin where so many bytes are left: one byte of padding, or what is no entry, may follow the last.</summary>
    public static bool Fits(long available) => available >= HeaderLength - 1;

    /// <summary>A signature word as a number.</summary>
    public static int ToSignature(ReadOnlySpan<byte> letters) => (letters[0] << 8) | letters[1];
}

/// <summary>What the views of System Use Entries share.</summary>
internal static class SystemUse
{
    /// <summary>The data of an entry, once it is known to be long enough.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="length">Bytes that the whole entry has at least.</param>
    /// <param name="name">Its signature, for the message.</param>
    /// <param name="clause">Where it is specified.</param>
    /// <exception cref="InvalidImageException">It is shorter.</exception>
    public static ReadOnlySpan<byte> Require(SystemUseEntry entry, int length, string name, string clause)
    {
        int actual = SystemUseEntry.HeaderLength + entry.Data.Length;
        return actual >= length
            ? entry.Data
            : throw new InvalidImageException($"{name} entry", entry.Address, $"it has {actual} bytes instead of {length}", clause);
    }
}

/// <summary>A CE entry: where the next System Use Entries of the record are (SUSP 5.1).</summary>
internal readonly ref struct ContinuationArea
{
    /// <summary>Bytes of the whole entry.</summary>
    public const int Length = 28;

    private readonly ReadOnlySpan<byte> _data;

    public ContinuationArea(SystemUseEntry entry) => _data = SystemUse.Require(entry, Length, "CE", "SUSP 5.1");

    /// <summary>Logical block in which the area begins.</summary>
    public uint Location => BothEndian.UInt32(_data);

    /// <summary>Byte of the block at which the area begins.</summary>
    public uint Offset => BothEndian.UInt32(_data[8..]);

    /// <summary>Bytes in the area.</summary>
    public uint AreaLength => BothEndian.UInt32(_data[16..]);
}
