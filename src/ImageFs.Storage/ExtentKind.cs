namespace ImageFs.Storage;

/// <summary>What stands behind the bytes of an extent.</summary>
public enum ExtentKind : byte
{
    /// <summary>Not allocated: reads as zeros; the address means nothing.</summary>
    Hole,

    /// <summary>The bytes lie at the address, in the layer below, as they are.</summary>
    Mapped,

    /// <summary>Allocated but never written: reads as zeros.</summary>
    Unwritten,

    /// <summary>The bytes lie among metadata; the layer itself hands them out.</summary>
    Inline,

    /// <summary>Compressed or otherwise transformed; the layer itself decodes them.</summary>
    Encoded,
}
