namespace ImageFs.Storage.Containers.Vdi;

/// <summary>The kind of a disk (VirtualBox: VDIIMAGETYPE).</summary>
internal enum ImageType : uint
{
    Dynamic = 1,
    Static = 2,
    Undo = 3,
    Differencing = 4,
}
