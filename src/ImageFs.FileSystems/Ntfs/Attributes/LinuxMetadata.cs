using System.Buffers.Binary;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.FileSystems.Ntfs.Attributes;

/// <summary>Owner, mode and device of a file as WSL keeps them among the extended attributes (Microsoft, "File Permissions for WSL").</summary>
internal readonly record struct LinuxMetadata
{
    private const uint PermissionMask = 0xFFF;
    private const int TypeShift = 12;

    // How the kernel keeps a device in 32 bits, as ntfs3 writes it; WSL has a number of 32 bits each for driver and device.
    private const int MinorBits = 20;

    private LinuxMetadata(uint? uid, uint? gid, uint? mode, DeviceNumber device) => (Uid, Gid, Mode, Device) = (uid ?? 0, gid ?? 0, mode ?? 0, device);

    public uint Uid { get; }

    public uint Gid { get; }

    public DeviceNumber Device { get; }

    /// <summary>Whether owner and mode are there, all of them: one alone does not count.</summary>
    public bool HasOwner { get; private init; }

    public uint Permissions => Mode & PermissionMask;

    /// <summary>The type of node.</summary>
    public NodeType Type => (NodeType)((Mode >> TypeShift) & 0xF);

    private uint Mode { get; }

    /// <summary>Reads it from the extended attributes of a file.</summary>
    /// <exception cref="InvalidImageException">They are damaged.</exception>
    public static LinuxMetadata Read(EaList list)
    {
        uint? uid = null;
        uint? gid = null;
        uint? mode = null;
        DeviceNumber device = default;
        while (list.MoveNext())
        {
            if (list.Name.SequenceEqual("$LXUID"u8))
            {
                uid = ReadNumber(list.Value);
            }
            else if (list.Name.SequenceEqual("$LXGID"u8))
            {
                gid = ReadNumber(list.Value);
            }
            else if (list.Name.SequenceEqual("$LXMOD"u8))
            {
                mode = ReadNumber(list.Value);
            }
            else if (list.Name.SequenceEqual("$LXDEV"u8))
            {
                device = ReadDevice(list.Value);
            }
        }

        return new LinuxMetadata(uid, gid, mode, device) { HasOwner = uid is not null && gid is not null && mode is not null };
    }

    private static uint? ReadNumber(ReadOnlySpan<byte> value) => value.Length == sizeof(uint) ? BinaryPrimitives.ReadUInt32LittleEndian(value) : null;

    private static DeviceNumber ReadDevice(ReadOnlySpan<byte> value) => value.Length switch
    {
        sizeof(uint) when BinaryPrimitives.ReadUInt32LittleEndian(value) is var both => new DeviceNumber(both >> MinorBits, both & ((1u << MinorBits) - 1)),
        2 * sizeof(uint) => new DeviceNumber(BinaryPrimitives.ReadUInt32LittleEndian(value), BinaryPrimitives.ReadUInt32LittleEndian(value[sizeof(uint)..])),
        _ => default,
    };
}
