namespace ImageFs.FileSystems.Ntfs.Reparse;

/// <summary>What a reparse point is ([MS-FSCC] 2.1.2.1).</summary>
internal enum ReparseTag : uint
{
    None = 0,
    MountPoint = 0xA000_0003,
    SymbolicLink = 0xA000_000C,
    Deduplicated = 0x8000_0013,
    Overlay = 0x8000_0017,

    /// <summary>A file of a service like OneDrive; bits of <see cref="CloudMask"/> are the service's.</summary>
    Cloud = 0x9000_001A,

    CloudMask = 0x0000_F000,

    LinuxSymbolicLink = 0xA000_001D,
    UnixSocket = 0x8000_0023,
    LinuxFifo = 0x8000_0024,
    LinuxCharacterDevice = 0x8000_0025,
    LinuxBlockDevice = 0x8000_0026,
}
