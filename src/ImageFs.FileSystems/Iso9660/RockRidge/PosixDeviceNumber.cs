using ImageFs.Linux;

namespace ImageFs.FileSystems.Iso9660.RockRidge;

/// <summary>A PN entry: the device number of a device node (RRIP 4.1.2).</summary>
internal readonly ref struct PosixDeviceNumber
{
    /// <summary>Bytes of the whole entry.</summary>
    public const int Length = 20;

    private readonly ReadOnlySpan<byte> _data;

    public PosixDeviceNumber(SystemUseEntry entry) => _data = SystemUse.Require(entry, Length, "PN", "RRIP 4.1.2");

    /// <summary>Dev_t High.</summary>
    public uint High => BothEndian.UInt32(_data);

    /// <summary>Dev_t Low.</summary>
    public uint Low => BothEndian.UInt32(_data[8..]);

    /// <summary>Both as the kernel reads them: a device number of 16 bits is whole in the low half.</summary>
    public DeviceNumber Device => High == 0 && Low > 0xFF ? new DeviceNumber(Low >> 8, Low & 0xFF) : new DeviceNumber(High, Low);
}
