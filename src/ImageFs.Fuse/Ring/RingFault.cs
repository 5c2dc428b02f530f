namespace ImageFs.Fuse.Ring;

/// <summary>What goes wrong with a ring on purpose.</summary>
internal enum RingFault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The last queue cannot be made.</summary>
    Setup,

    /// <summary>The kernel was promised a ring, and is never told of the last queue.</summary>
    Registration,
}
