namespace ImageFs.Storage.Containers.Vhd;

/// <summary>The kind of a disk (VHD: Hard Disk Footer Format).</summary>
internal enum DiskType : uint
{
    None = 0,
    Fixed = 2,
    Dynamic = 3,
    Differencing = 4,
}
