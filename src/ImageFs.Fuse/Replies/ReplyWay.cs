namespace ImageFs.Fuse;

/// <summary>How a file's bytes go to the kernel.</summary>
public enum ReplyWay
{
    /// <summary>By reference through a pipe, from the image's descriptor to the device: no byte passes through the program.</summary>
    Splice,

    /// <summary>Read into the worker's buffer and written from there.</summary>
    Copy,
}
