namespace ImageFs.FileSystems.Iso9660.ElTorito;

/// <summary>What a boot image pretends to be (El Torito 1.0 figure 3).</summary>
internal enum BootMedia : byte
{
    None = 0,
    Floppy1200 = 1,
    Floppy1440 = 2,
    Floppy2880 = 3,
    HardDisk = 4,
}
