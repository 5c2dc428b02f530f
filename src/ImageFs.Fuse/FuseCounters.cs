using ImageFs.Fuse.Abi;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Fuse;

/// <summary>What a session has done so far.</summary>
public sealed record FuseCounters
{
    /// <summary>Requests by what they asked for; None stands for what this program does not know.</summary>
    public required IReadOnlyDictionary<FuseOpcode, long> Requests { get; init; }

    /// <summary>Replies that were errors, by error number.</summary>
    public required IReadOnlyDictionary<Errno, long> Errors { get; init; }

    /// <summary>READs answered, by the way of the reply.</summary>
    public required IReadOnlyDictionary<ReplyWay, long> Replies { get; init; }

    /// <summary>Bytes of files, by the way of the reply.</summary>
    public required IReadOnlyDictionary<ReplyWay, long> ReplyBytes { get; init; }

    /// <summary>READs that did not go the way chosen for them, by reason.</summary>
    public required IReadOnlyDictionary<Fallback, long> Fallbacks { get; init; }

    /// <summary>How long READs took; null when there were none.</summary>
    public required LatencySummary? ReadLatency { get; init; }

    /// <summary>How long other requests took; null when there were none.</summary>
    public required LatencySummary? MetadataLatency { get; init; }

    /// <summary>How often metadata was found in the caches.</summary>
    public required CacheCounts MetadataCache { get; init; }

    /// <summary>Small files that were put into the mount's cache before anybody asked.</summary>
    public long FilesStored { get; init; }

    /// <summary>Compressed blocks that were put there when a part of them was read.</summary>
    public long BlocksStored { get; init; }

    /// <summary>Bytes of those files and blocks.</summary>
    public long BytesStored { get; init; }

    /// <summary>Replies that the kernel did not take, of requests that were still waiting.</summary>
    public required long LostReplies { get; init; }
}
