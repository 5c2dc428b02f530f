namespace ImageFs.FileSystems.Udf.Structures;

/// <summary>The form of a file's allocation descriptors: bits 0 to 2 of the ICB's flags (ECMA-167 4/14.6.8).</summary>
internal enum AllocationForm : byte
{
    /// <summary>Short: within the ICB's partition.</summary>
    Short,

    /// <summary>Long: in any partition.</summary>
    Long,

    /// <summary>Extended: with the lengths of what was recorded.</summary>
    Extended,

    /// <summary>None: the file itself is in their place.</summary>
    Embedded,
}
