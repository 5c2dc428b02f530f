using ImageFs.Linux;

namespace ImageFs.FileSystems.Iso9660.RockRidge;

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
