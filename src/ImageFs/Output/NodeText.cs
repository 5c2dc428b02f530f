using System.Globalization;
using ImageFs.Tree;

namespace ImageFs.Output;

/// <summary>What stat(2) says of a file, in words.</summary>
internal static class NodeText
{
    /// <summary>Permissions, in octal.</summary>
    internal static string Mode(uint permissions) => Convert.ToString(permissions, 8).PadLeft(4, '0');

    /// <summary>The word for a type.</summary>
    internal static string TypeName(NodeType type) => type switch
    {
        NodeType.Directory => "directory",
        NodeType.SymbolicLink => "link",
        NodeType.BlockDevice => "block device",
        NodeType.CharacterDevice => "character device",
        NodeType.Fifo => "fifo",
        NodeType.Socket => "socket",
        _ => "file",
    };

    /// <summary>A point in time (ISO 8601), in UTC; seconds that no calendar of .NET has are given as date(1) takes them.</summary>
    internal static string Time(Timestamp time) =>
        time.Seconds >= DateTimeOffset.MinValue.ToUnixTimeSeconds() && time.Seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? string.Create(CultureInfo.InvariantCulture, $"{DateTimeOffset.FromUnixTimeSeconds(time.Seconds):yyyy-MM-ddTHH:mm:ss}.{time.Nanoseconds:d9}Z")
            : string.Create(CultureInfo.InvariantCulture, $"@{time.Seconds}.{time.Nanoseconds:d9}");
}
