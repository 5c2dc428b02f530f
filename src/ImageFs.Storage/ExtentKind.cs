namespace ImageFs.Storage;

/// <summary>What the bytes of an extent are.</summary>
public enum ExtentKind : byte
{
    /// <summary>Not allocated: reads as zeros; the address means nothing.</summary>
    Hole,

    /// <summary>The bytes lie at the address, in the layer below, as they are.</summary>
    Mapped,

    /// <summary>Allocated but never written: reads as zeros.</summary>
    Unwritten,

    /// <summary>The layer has the bytes itself: they lie among its metadata, come from a log, or are made by it.</summary>
    Own,

    /// <summary>Compressed or otherwise transformed; the layer itself decodes them.</summary>
    Encoded,
}
