using System.Globalization;

namespace ImageFs.Storage.Remote.Http;

/// <summary>
/// Which file a server had at an address when it was opened: its length and what the server calls this version of it (RFC 9110 8.8). Parts
/// of two versions are never put together.
/// </summary>
/// <param name="Length">Length in bytes.</param>
/// <param name="Tag">The entity tag, with its quotes; null for none.</param>
/// <param name="Modified">When it was last changed, as the server wrote it; null when it does not tell.</param>
/// <param name="IsDateStrong">Whether no change can have been missed by that date: it was old when it was told (RFC 9110 8.8.2.2).</param>
internal sealed record FileVersion(long Length, string? Tag, string? Modified, bool IsDateStrong)
{
    private const string WeakMark = "W/";
    private const int SecondsToBeStrong = 2;

    /// <summary>What a request for a part names the version by (RFC 9110 13.1.5); null where the server tells nothing that is good for that.</summary>
    internal string? Condition => Tag is not null && !Tag.StartsWith(WeakMark, StringComparison.Ordinal) ? Tag : IsDateStrong ? Modified : null;

    /// <summary>Whether a change would be noticed by more than the length.</summary>
    internal bool IsTold => Tag is not null || Modified is not null;

    /// <summary>The version that a response is of.</summary>
    /// <param name="response">The response, to a request for all or a part.</param>
    /// <param name="length">The length of the whole.</param>
    internal static FileVersion Of(HttpResponseMessage response, long length)
    {
        string? modified = Header(response.Content.Headers.NonValidated, "Last-Modified");
        return new FileVersion(length, Header(response.Headers.NonValidated, "ETag"), modified, IsOld(modified, response.Headers.Date));
    }

    /// <summary>How another version that a server tells differs from this one; null when it is this one.</summary>
    /// <remarks>A server may leave out the date from an answer to a request on a condition (RFC 9110 15.3.7), and so may not the tag.</remarks>
    internal string? FindDifference(FileVersion other) =>
        other.Length != Length ? $"it has {other.Length} bytes, and had {Length}"
        : other.Tag != Tag ? $"its tag is {other.Tag ?? "none"}, and was {Tag ?? "none"}"
        : other.Modified is not null && other.Modified != Modified ? $"it is of {other.Modified}, and was of {Modified ?? "no date"}"
        : null;

    private static string? Header(System.Net.Http.Headers.HttpHeadersNonValidated headers, string name) =>
        headers.TryGetValues(name, out System.Net.Http.Headers.HeaderStringValues values) ? values.ToString() : null;

    private static bool IsOld(string? modified, DateTimeOffset? told) =>
        told is { } now && DateTimeOffset.TryParseExact(modified, "r", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset date)
        && (now - date).TotalSeconds >= SecondsToBeStrong;
}
