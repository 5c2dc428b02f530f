using System.Text;
using System.Text.Json;
using ImageFs.Fuse;
using ImageFs.Images;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Caching;
using ImageFs.Storage.Decoding;

namespace ImageFs.Mounting;

/// <summary>What a running mount says of itself: to <c>imagefs stats</c> and on SIGUSR1.</summary>
/// <param name="source">The image.</param>
/// <param name="mountPoint">The mount point.</param>
/// <param name="format">The file system's format.</param>
/// <param name="context">What it was opened with, which counts what is decoded and kept for it.</param>
internal sealed class MountStatus(string source, string mountPoint, string format, OpenContext context)
{
    /// <summary>The session, once it is there.</summary>
    internal FuseSession? Session { get; set; }

    /// <summary>The images that are opened when they are entered; null where there are none.</summary>
    internal IImageKeeper? Images { get; set; }

    /// <summary>The status as a JSON object.</summary>
    internal string ToJson()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("source", ByteText.Escape(source));
            json.WriteString("mountpoint", ByteText.Escape(mountPoint));
            json.WriteString("fstype", format);
            json.WriteNumber("pid", Environment.ProcessId);
            WriteMemory(json);
            if (Images is { } images)
            {
                json.WriteNumber("images_open", images.OpenCount);
            }

            if (Session is { } session)
            {
                Write(json, session);
                Write(json, context.Memory.Decoded.Counts);
                Write(json, context.Cache.Counts);
                Write(json, context.Unpacking);
            }

            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    /// <summary>The counters in one line, for the log.</summary>
    internal string ToLine()
    {
        FuseCounters counters = Session!.Counters;
        string replies = string.Join(", ", counters.Replies.Select(way =>
            $"{counters.ReplyBytes[way.Key]} bytes by {way.Key.ToString().ToLowerInvariant()} in {way.Value} replies"));
        return $"{mountPoint}: {counters.Requests.Values.Sum()} requests by {NameOf(Session.Transport)}, {(replies.Length > 0 ? replies : "no bytes")}, "
            + $"{counters.Errors.Values.Sum()} errors";
    }

    private static void WriteMemory(Utf8JsonWriter json)
    {
        json.WriteStartObject("memory");
        json.WriteNumber("heap", GC.GetTotalMemory(forceFullCollection: false));
        json.WriteNumber("collections", GC.CollectionCount(0));
        json.WriteEndObject();
    }

    // As the option transport= has it.
    private static string NameOf(FuseTransport transport) => transport == FuseTransport.Ring ? "uring" : "dev";

    private static void Write(Utf8JsonWriter json, FuseSession session)
    {
        FuseConnection connection = session.Connection;
        json.WriteStartObject("connection");
        json.WriteString("protocol", $"7.{connection.Minor}");
        json.WriteString("transport", NameOf(session.Transport));
        json.WriteNumber("max_read", connection.MaxRead);
        json.WriteNumber("max_background", connection.MaxBackground);
        json.WriteEndObject();

        FuseCounters counters = session.Counters;
        Write(json, "replies", counters.Replies);
        Write(json, "reply_bytes", counters.ReplyBytes);
        Write(json, "fallbacks", counters.Fallbacks);
        json.WriteStartObject("ahead");
        json.WriteNumber("files", counters.FilesStored);
        json.WriteNumber("blocks", counters.BlocksStored);
        json.WriteNumber("bytes", counters.BytesStored);
        json.WriteEndObject();
        Write(json, "read_us", counters.ReadLatency);
        Write(json, "metadata_us", counters.MetadataLatency);
        json.WriteStartObject("metadata_cache");
        json.WriteNumber("hits", counters.MetadataCache.Hits);
        json.WriteNumber("misses", counters.MetadataCache.Misses);
        json.WriteEndObject();
        json.WriteNumber("lost_replies", counters.LostReplies);
        Write(json, "requests", counters.Requests);
        Write(json, "errors", counters.Errors);
    }

    private static void Write(Utf8JsonWriter json, DecodedCounts counts)
    {
        json.WriteStartObject("decoded");
        json.WriteNumber("blocks", counts.Blocks);
        json.WriteNumber("bytes", counts.Decoded);
        json.WriteNumber("read", counts.Read);
        json.WriteNumber("ahead", counts.Ahead);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, FolderCounts counts)
    {
        json.WriteStartObject("kept");
        json.WriteNumber("bytes", counts.Kept);
        json.WriteNumber("stored", counts.Stored);
        json.WriteNumber("read", counts.Read);
        json.WriteNumber("dropped", counts.Dropped);
        json.WriteEndObject();
    }

    // Nothing where no file is compressed.
    private static void Write(Utf8JsonWriter json, UnpackingCounts counts)
    {
        if (counts.Length > 0)
        {
            json.WriteStartObject("unpacked");
            json.WriteNumber("length", counts.Length);
            json.WriteNumber("bytes", counts.Decoded);
            json.WriteEndObject();
        }
    }

    private static void Write<TKey>(Utf8JsonWriter json, string name, IReadOnlyDictionary<TKey, long> counts)
        where TKey : struct, Enum
    {
        json.WriteStartObject(name);
        foreach ((TKey key, long count) in counts.Where(entry => entry.Value > 0))
        {
            json.WriteNumber(key.ToString().ToLowerInvariant(), count);
        }

        json.WriteEndObject();
    }

    // Microseconds, rounded up.
    private static void Write(Utf8JsonWriter json, string name, LatencySummary? latency)
    {
        json.WriteStartObject(name);
        if (latency is not null)
        {
            json.WriteNumber("count", latency.Count);
            json.WriteNumber("p50", Microseconds(latency.Median));
            json.WriteNumber("p90", Microseconds(latency.Percentile90));
            json.WriteNumber("p99", Microseconds(latency.Percentile99));
            json.WriteNumber("max", Microseconds(latency.Longest));
        }

        json.WriteEndObject();
    }

    private static long Microseconds(TimeSpan time) => (time.Ticks + TimeSpan.TicksPerMicrosecond - 1) / TimeSpan.TicksPerMicrosecond;
}
