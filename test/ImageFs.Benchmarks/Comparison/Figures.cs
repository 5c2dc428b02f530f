namespace ImageFs.Benchmarks.Comparison;

/// <summary>What is measured.</summary>
internal static class Figures
{
    public static readonly Figure Mount = new("mount", "mount to first readdir", "ms", Better.Less);
    public static readonly Figure WalkCold = new("walk-cold", "walk with stat, cold", "names/s", Better.More);
    public static readonly Figure WalkAgain = new("walk-again", "the same walk again", "names/s", Better.More);
    public static readonly Figure WalkRequests = new("walk-requests", "requests, cold walk", "", Better.Less);
    public static readonly Figure AgainRequests = new("again-requests", "requests, second walk", "", Better.Less);
    public static readonly Figure Small = new("small", "all small files", "files/s", Better.More);
    public static readonly Figure Sequential = new("seq", "sequential, buffered", "MB/s", Better.More);
    public static readonly Figure SequentialCpu = new("seq-cpu", "CPU, sequential buffered", "s/GB", Better.Less);
    public static readonly Figure SequentialRequests = new("seq-requests", "requests, sequential buffered", "1/MiB", Better.Less);
    public static readonly Figure TwoReaders = new("seq-2", "sequential buffered, 2 readers", "MB/s", Better.More);
    public static readonly Figure FourReaders = new("seq-4", "sequential buffered, 4 readers", "MB/s", Better.More);
    public static readonly Figure SequentialCold = new("seq-cold", "sequential, image cold", "MB/s", Better.More);
    public static readonly Figure Mapped = new("mmap", "sequential, mmap", "MB/s", Better.More);
    public static readonly Figure MappedCpu = new("mmap-cpu", "CPU, sequential mmap", "s/GB", Better.Less);
    public static readonly Figure Direct = new("direct", "sequential, O_DIRECT 1 MiB", "MB/s", Better.More);
    public static readonly Figure DirectCpu = new("direct-cpu", "CPU, sequential O_DIRECT", "s/GB", Better.Less);
    public static readonly Figure Random = new("rand", "random 4 KiB, buffered", "reads/s", Better.More);
    public static readonly Figure RandomCpu = new("rand-cpu", "CPU, random buffered", "s/GB", Better.Less);
    public static readonly Figure RandomDirect = new("rand-direct", "random 4 KiB, O_DIRECT", "reads/s", Better.More);
    public static readonly Figure RandomDirectCpu = new("rand-direct-cpu", "CPU, random O_DIRECT", "s/GB", Better.Less);
    public static readonly Figure RandomDirectFour = new("rand-direct-4", "random O_DIRECT, 4 readers", "reads/s", Better.More);
    public static readonly Figure Cached = new("cached", "page cache held by one reading", "x file", Better.Less);
    public static readonly Figure Calls = new("calls", "system calls per READ of 128 KiB", "", Better.Less);
    public static readonly Figure Memory = new("memory", "anonymous memory at the end", "MiB", Better.Less);
    public static readonly Figure Find = new("find", "find over 20,000 files, cold", "names/s", Better.More);
    public static readonly Figure Compressed = new("text", "sequential of compressed text", "MB/s", Better.More);
    public static readonly Figure CompressedTwo = new("text-2", "sequential of compressed text, 2 readers", "MB/s", Better.More);
    public static readonly Figure CompressedRandom = new("text-rand", "random 4 KiB of compressed text, buffered", "reads/s", Better.More);
    public static readonly Figure CompressedRandomDirect = new("text-rand-direct", "random 4 KiB of compressed text, O_DIRECT", "reads/s", Better.More);
    public static readonly Figure Extract = new("extract", "all files extracted, without a mount", "files/s", Better.More);
    public static readonly Figure LookupFew = new("lookup-100", "lookup of 100 names among 100", "µs", Better.Less);
    public static readonly Figure LookupMany = new("lookup-100000", "lookup of 100 names among 100,000", "µs", Better.Less);
    public static readonly Figure LookupLong = new("lookup-long", "lookup of 1,000 names among 100,000", "µs", Better.Less);

    /// <summary>All, in the order of the table's rows.</summary>
    public static readonly IReadOnlyList<Figure> All =
    [
        Mount, WalkCold, WalkRequests, WalkAgain, AgainRequests, Small, Sequential, SequentialCpu, SequentialRequests, TwoReaders, FourReaders,
        SequentialCold, Mapped, MappedCpu, Direct, DirectCpu, Random, RandomCpu, RandomDirect, RandomDirectCpu, RandomDirectFour, Cached, Calls,
        Memory, Find, Extract, Compressed, CompressedTwo, CompressedRandom, CompressedRandomDirect, LookupFew, LookupMany, LookupLong,
    ];
}
