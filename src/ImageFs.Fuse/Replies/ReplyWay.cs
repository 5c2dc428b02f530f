namespace ImageFs.Fuse;

/// <summary>How a file's bytes go to the kernel.</summary>
public enum ReplyWay
{
    /// <summary>By reference through a pipe, from the image's cached pages to the device: no byte passes through the program.</summary>
    Splice,

    /// <summary>By reference from the image's cached pages, mapped into memory, in one system call: for small replies.</summary>
    Gather,

    /// <summary>Through a pipe and past the image's cache, by reference to pages that the disk filled: only the mount caches them.</summary>
    Direct,

    /// <summary>Read into the worker's buffer and written from there.</summary>
    Copy,

    /// <summary>Read by io_uring straight into the memory that the kernel takes the reply from.</summary>
    Ring,
}
