namespace ImageFs.Fuse;

/// <summary>How requests arrive from the kernel and replies go to it.</summary>
public enum FuseTransport
{
    /// <summary>By read(2) and write(2), or splice(2), on /dev/fuse.</summary>
    Device,

    /// <summary>By io_uring, a queue for each processor (Linux 6.14). A few requests still come over /dev/fuse.</summary>
    Ring,
}
