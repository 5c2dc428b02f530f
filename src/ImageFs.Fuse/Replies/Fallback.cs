namespace ImageFs.Fuse;

/// <summary>Why a reply did not go the way that was chosen for it.</summary>
public enum Fallback
{
    /// <summary>It did.</summary>
    None,

    /// <summary>Not all of the bytes lie in a file or block device as they are: some are decoded, or come from a device that has no descriptor. Copied.</summary>
    NotMapped,

    /// <summary>Their pages do not fit the pipe: gathered, or copied when they are in more pieces than one message may have.</summary>
    TooManyPieces,

    /// <summary>There is no pipe. Copied.</summary>
    NoPipe,

    /// <summary>The pipe was full before the reply was whole (EAGAIN). Copied.</summary>
    PipeFull,

    /// <summary>The device ended before the reply was whole. Copied.</summary>
    ShortSource,

    /// <summary>The device cannot be spliced from (EINVAL). Copied.</summary>
    SourceRefused,

    /// <summary>The device failed in another way: the copy finds out how.</summary>
    SourceFailed,

    /// <summary>The kernel did not take the reply as it was. Copied.</summary>
    NotCommitted,

    /// <summary>The device's bytes cannot be mapped into memory. Copied.</summary>
    NoMapping,

    /// <summary>The device cannot be read past its cache, or not in pieces like these. Spliced.</summary>
    NotDirect,
}
