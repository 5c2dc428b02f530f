namespace ImageFs.Fuse;

/// <summary>Why a file's bytes were copied and not spliced.</summary>
public enum CopyReason
{
    /// <summary>They were not copied.</summary>
    None,

    /// <summary>Copying was asked for.</summary>
    Chosen,

    /// <summary>Not all of them lie on a device as they are: holes, inline or encoded data.</summary>
    NotMapped,

    /// <summary>Their pages do not fit the pipe.</summary>
    TooManySlots,

    /// <summary>There is no pipe to be had.</summary>
    NoPipe,

    /// <summary>The pipe was full before the reply was whole (EAGAIN).</summary>
    PipeFull,

    /// <summary>The device ended before the reply was whole.</summary>
    ShortSource,

    /// <summary>The device cannot be spliced from (EINVAL).</summary>
    SourceRefused,

    /// <summary>The device failed in another way: the copy finds out how.</summary>
    SourceFailed,

    /// <summary>The kernel did not take the reply out of the pipe.</summary>
    NotCommitted,
}
