using System.Numerics;
using ImageFs.Linux;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Iso9660.RockRidge;

/// <summary>An SP entry: System Use areas are as SUSP has them (SUSP 5.3).</summary>
internal readonly ref struct SharingProtocolIndicator
{
    /// <summary>Bytes of the whole entry.</summary>
    public const int Length = 7;

    private readonly ReadOnlySpan<byte> _data;

    public SharingProtocolIndicator(SystemUseEntry entry) => _data = SystemUse.Require(entry, Length, "SP", "SUSP 5.3");

    /// <summary>Whether the check bytes are right.</summary>
    public bool IsValid => _data[0] == 0xBE && _data[1] == 0xEF;

    /// <summary>Bytes Skipped: what stands in front of the entries in every System Use area but that of the root's own record.</summary>
    public byte BytesSkipped => _data[2];
}

/// <summary>An ER entry: names an extension that is used in the image (SUSP 5.5).</summary>
internal readonly ref struct ExtensionsReference
{
    /// <summary>Bytes of the whole entry before the identifier.</summary>
    public const int Length = 8;

    private readonly ReadOnlySpan<byte> _data;

    public ExtensionsReference(SystemUseEntry entry) => _data = SystemUse.Require(entry, Length, "ER", "SUSP 5.5");

    /// <summary>Extension Identifier.</summary>
    public ReadOnlySpan<byte> Identifier => _data.Slice(4, Math.Min(_data[0], _data.Length - 4));
}

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

/// <summary>A PN entry: the device number of a device node (RRIP 4.1.2).</summary>
internal readonly ref struct PosixDeviceNumber
{
    /// <summary>Bytes of the whole entry.</summary>
    public const int Length = 20;

    private const int MinorBits = 20;

    private readonly ReadOnlySpan<byte> _data;

    public PosixDeviceNumber(SystemUseEntry entry) => _data = SystemUse.Require(entry, Length, "PN", "RRIP 4.1.2");

    /// <summary>Dev_t High.</summary>
    public uint High => BothEndian.UInt32(_data);

    /// <summary>Dev_t Low.</summary>
    public uint Low => BothEndian.UInt32(_data[8..]);

    /// <summary>
    /// Both as Linux reads them: a device number of 16 bits is whole in the low half, and what does not fit into its 12 bits of major and
    /// 20 of minor number falls off, which some writers count on.
    /// </summary>
    public DeviceNumber Device
    {
        get
        {
            uint device = High == 0 && Low > 0xFF ? Pack(Low >> 8, Low & 0xFF) : Pack(High, Low);
            return new DeviceNumber(device >> MinorBits, device & ((1 << MinorBits) - 1));
        }
    }

    private static uint Pack(uint major, uint minor) => unchecked(major << MinorBits) | minor;
}

/// <summary>An SL entry: component records of a symbolic link's target (RRIP 4.1.3).</summary>
internal readonly ref struct SymbolicLink
{
    /// <summary>Bytes of the whole entry before the component area.</summary>
    public const int Length = 5;

    private readonly ReadOnlySpan<byte> _data;

    public SymbolicLink(SystemUseEntry entry) => _data = SystemUse.Require(entry, Length, "SL", "RRIP 4.1.3");

    /// <summary>Whether the target goes on in the next SL entry.</summary>
    public bool Continues => (_data[0] & 1) != 0;

    /// <summary>Component Area: component records one after the other.</summary>
    public ReadOnlySpan<byte> ComponentArea => _data[1..];
}

/// <summary>Flags of a component record of a symbolic link (RRIP 4.1.3.1).</summary>
[Flags]
internal enum SymbolicLinkComponentFlags : byte
{
    None = 0,

    /// <summary>The component goes on in the next component record.</summary>
    Continue = 0x01,

    /// <summary>The component is <c>.</c>.</summary>
    Current = 0x02,

    /// <summary>The component is <c>..</c>.</summary>
    Parent = 0x04,

    /// <summary>The component is the root directory.</summary>
    Root = 0x08,
}

/// <summary>An NM entry: a part of the file's name (RRIP 4.1.4).</summary>
internal readonly ref struct AlternateName
{
    /// <summary>Bytes of the whole entry before the name.</summary>
    public const int Length = 5;

    private readonly ReadOnlySpan<byte> _data;

    public AlternateName(SystemUseEntry entry) => _data = SystemUse.Require(entry, Length, "NM", "RRIP 4.1.4");

    /// <summary>Flags.</summary>
    public AlternateNameFlags Flags => (AlternateNameFlags)_data[0];

    /// <summary>Name Content.</summary>
    public ReadOnlySpan<byte> Content => _data[1..];
}

/// <summary>Flags of an NM entry (RRIP 4.1.4).</summary>
[Flags]
internal enum AlternateNameFlags : byte
{
    None = 0,

    /// <summary>The name goes on in the next NM entry.</summary>
    Continue = 0x01,

    /// <summary>The name is that of the directory itself.</summary>
    Current = 0x02,

    /// <summary>The name is that of the parent directory.</summary>
    Parent = 0x04,
}

/// <summary>A CL or PL entry: where a relocated directory is, or was (RRIP 4.1.5.1, 4.1.5.2).</summary>
internal readonly ref struct RelocationLink
{
    /// <summary>Bytes of the whole entry.</summary>
    public const int Length = 12;

    private readonly ReadOnlySpan<byte> _data;

    public RelocationLink(SystemUseEntry entry) => _data = SystemUse.Require(entry, Length, "CL or PL", "RRIP 4.1.5");

    /// <summary>Location of the child directory, or of the parent directory, in logical blocks.</summary>
    public uint Location => BothEndian.UInt32(_data);
}

/// <summary>A TF entry: the timestamps of a file (RRIP 4.1.6).</summary>
internal readonly ref struct Timestamps
{
    /// <summary>Bytes of the whole entry before the stamps.</summary>
    public const int Length = 5;

    private readonly ReadOnlySpan<byte> _data;

    public Timestamps(SystemUseEntry entry) => _data = SystemUse.Require(entry, Length, "TF", "RRIP 4.1.6");

    /// <summary>Which stamps are there, and their form.</summary>
    public TimestampFlags Flags => (TimestampFlags)_data[0];

    /// <summary>A stamp; null when it is not there or not specified.</summary>
    /// <param name="stamp">One of the flags.</param>
    public Timestamp? Find(TimestampFlags stamp)
    {
        if (!Flags.HasFlag(stamp))
        {
            return null;
        }

        bool isLong = Flags.HasFlag(TimestampFlags.LongForm);
        int length = isLong ? VolumeTime.Length : RecordingTime.Length;
        int before = BitOperations.PopCount((uint)Flags & ((uint)stamp - 1));
        ReadOnlySpan<byte> stamps = _data[1..];
        if (stamps.Length < (before + 1) * length)
        {
            return null;
        }

        ReadOnlySpan<byte> bytes = stamps.Slice(before * length, length);
        return isLong ? VolumeTime.Read(bytes) : RecordingTime.Read(bytes);
    }
}

/// <summary>Flags of a TF entry: which timestamps are there, in this order (RRIP 4.1.6).</summary>
[Flags]
internal enum TimestampFlags : byte
{
    None = 0,

    /// <summary>Creation time.</summary>
    Creation = 0x01,

    /// <summary>Modification time: st_mtime.</summary>
    Modify = 0x02,

    /// <summary>Last access time: st_atime.</summary>
    Access = 0x04,

    /// <summary>Last attribute change time: st_ctime.</summary>
    Attributes = 0x08,

    /// <summary>Last backup time.</summary>
    Backup = 0x10,

    /// <summary>Expiration time.</summary>
    Expiration = 0x20,

    /// <summary>Effective time.</summary>
    Effective = 0x40,

    /// <summary>The stamps have 17 bytes each, not 7.</summary>
    LongForm = 0x80,
}

/// <summary>An SF entry: the file is recorded as a table of its regions (RRIP 4.1.7).</summary>
internal readonly ref struct SparseFile
{
    /// <summary>Bytes of the whole entry.</summary>
    public const int Length = 21;

    private readonly ReadOnlySpan<byte> _data;

    public SparseFile(SystemUseEntry entry) => _data = SystemUse.Require(entry, Length, "SF", "RRIP 4.1.7");

    /// <summary>Virtual File Size in bytes, high and low half together.</summary>
    public ulong VirtualFileSize => ((ulong)BothEndian.UInt32(_data) << 32) | BothEndian.UInt32(_data[8..]);

    /// <summary>Table Depth.</summary>
    public byte TableDepth => _data[16];
}
