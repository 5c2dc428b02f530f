namespace ImageFs.FileSystems.Udf.Structures;

/// <summary>The type of an extent: the highest bits of its length (ECMA-167 4/14.14.1.1).</summary>
internal enum AllocationType : byte
{
    /// <summary>Allocated and recorded.</summary>
    Recorded,

    /// <summary>Allocated, nothing recorded: zeros.</summary>
    NotRecorded,

    /// <summary>Not allocated: zeros.</summary>
    NotAllocated,

    /// <summary>Not the file's: the descriptors go on there.</summary>
    Continuation,
}
