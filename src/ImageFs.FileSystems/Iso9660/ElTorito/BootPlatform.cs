namespace ImageFs.FileSystems.Iso9660.ElTorito;

/// <summary>Platform ID of a boot catalog's section (El Torito 1.0 figure 2; UEFI 2.10 13.3.2).</summary>
internal enum BootPlatform : byte
{
    X86 = 0,
    PowerPC = 1,
    Macintosh = 2,
    Efi = 0xEF,
}
