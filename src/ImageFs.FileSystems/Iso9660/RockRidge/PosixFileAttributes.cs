namespace ImageFs.FileSystems.Iso9660.RockRidge;

/// <summary>A PX entry: POSIX file attributes (RRIP 4.1.1).</summary>
internal readonly ref struct PosixFileAttributes
{
    /// <summary>Bytes of the whole entry up to RRIP 1.10.</summary>
    public const int Length = 36;

    /// <summary>Bytes of the whole entry from RRIP 1.12 on.</summary>
    public const int LengthWithSerialNumber = 44;

    private readonly ReadOnlySpan<byte> _data;

    public PosixFileAttributes(SystemUseEntry entry) => _data = SystemUse.Require(entry, Length, "PX", "RRIP 4.1.1");

    /// <summary>POSIX File Mode: st_mode.</summary>
    public uint Mode => BothEndian.UInt32(_data);

    /// <summary>POSIX File Links: st_nlink.</summary>
    public uint Links => BothEndian.UInt32(_data[8..]);

    /// <summary>POSIX File User ID: st_uid.</summary>
    public uint UserId => BothEndian.UInt32(_data[16..]);

    /// <summary>POSIX File Group ID: st_gid.</summary>
    public uint GroupId => BothEndian.UInt32(_data[24..]);

    /// <summary>POSIX File Serial Number: st_ino; null before RRIP 1.12.</summary>
    public uint? SerialNumber =>
        _data.Length >= LengthWithSerialNumber - SystemUseEntry.HeaderLength ? BothEndian.UInt32(_data[32..]) : null;
}
