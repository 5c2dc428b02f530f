using System.Globalization;
using System.Text;
using ImageFs.Linux;
using ImageFs.Output;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Reading;

/// <summary>What a listing is sorted by.</summary>
internal enum ListingOrder
{
    /// <summary>The bytes of the names.</summary>
    Name,

    /// <summary>The last change, the newest first.</summary>
    Time,

    /// <summary>The size, the largest first.</summary>
    Size,
}

/// <summary>Prints directories as ls(1) does: names, or with <c>-l</c> all that stat(2) tells.</summary>
/// <param name="fileSystem">The file system.</param>
/// <param name="output">Where to.</param>
/// <param name="warn">Called with what cannot be read.</param>
internal sealed class Listing(FileSystem fileSystem, Stream output, Action<string> warn)
{
    private VisitedDirectories _visited = new();

    /// <summary>Whether more than the names is printed.</summary>
    internal bool IsLong { get; init; }

    /// <summary>Whether names with a dot before them are printed.</summary>
    internal bool HasHidden { get; init; }

    /// <summary>Whether directories inside are printed too.</summary>
    internal bool IsRecursive { get; init; }

    /// <summary>Whether sizes have units.</summary>
    internal bool HasUnits { get; init; }

    /// <summary>What it is sorted by.</summary>
    internal ListingOrder Order { get; init; }

    /// <summary>Whether the last comes first.</summary>
    internal bool IsReversed { get; init; }

    /// <summary>The cells of a line that names are put into columns of; null for a line for each name.</summary>
    internal int? LineWidth { get; init; }

    /// <summary>The colours of names; null for none.</summary>
    internal FileColours? Colours { get; init; }

    /// <summary>How much could not be read.</summary>
    internal int Failures { get; private set; }

    /// <summary>Prints one name.</summary>
    internal void Write(NamedNode entry)
    {
        if (IsLong)
        {
            NodeAttributes attributes = fileSystem.GetAttributes(entry.Node);
            if (IsRecursive && attributes.Type == NodeType.Directory)
            {
                fileSystem.PrefetchNames(entry.Node);
            }

            Write($"{Mode(attributes)} {attributes.LinkCount,3} {attributes.Uid,5} {attributes.Gid,5} {Extent(attributes),12} {Time(attributes.ModifyTime)} ");
            WriteName(entry);
            if (attributes.Type == NodeType.SymbolicLink)
            {
                Write(" -> ");
                NameText.Write(output, fileSystem.ReadLink(entry.Node));
            }
        }
        else
        {
            WriteName(entry);
        }

        Write("\n");
    }

    /// <summary>Prints several names, sorted.</summary>
    /// <param name="entries">The names.</param>
    /// <param name="path">The path that they are in.</param>
    /// <returns>Those that could be printed, as they are sorted.</returns>
    internal IReadOnlyList<NamedNode> WriteAll(IEnumerable<NamedNode> entries, byte[] path)
    {
        IReadOnlyList<NamedNode> sorted = Sort(entries, path);
        if (IsLong || LineWidth is not { } width)
        {
            return [.. sorted.Where(entry => Try(entry, path, () => Write(entry)))];
        }

        int[] widths = [.. sorted.Select(entry => TextWidth.Of(Encoding.UTF8.GetString(NameText.Shown(entry.Name))))];
        int[] columns = NameColumns.Fit(widths, width);
        int rows = columns.Length == 0 ? 0 : (sorted.Count + columns.Length - 1) / columns.Length;
        for (int row = 0; row < rows; row++)
        {
            for (int i = row; i < sorted.Count; i += rows)
            {
                WriteName(sorted[i]);
                Write(i + rows < sorted.Count ? new string(' ', columns[i / rows] - widths[i]) : "\n");
            }
        }

        return sorted;
    }

    /// <summary>Prints what a directory holds.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="path">Its path, for the heading.</param>
    /// <param name="hasHeading">Whether it has one, as all have where <see cref="IsRecursive"/> is set.</param>
    /// <exception cref="ImageException">The directory is damaged.</exception>
    internal void WriteDirectory(NodeId directory, byte[] path, bool hasHeading)
    {
        _visited = new VisitedDirectories();
        WriteDirectory(directory, path, 0, hasHeading || IsRecursive);
    }

    private void WriteDirectory(NodeId directory, byte[] path, int depth, bool hasHeading)
    {
        _visited.Enter(directory, depth);
        if (hasHeading)
        {
            Write(depth > 0 ? "\n" : string.Empty);
            NameText.Write(output, path);
            Write(":\n");
        }

        var contents = DirectoryContents.Read(fileSystem, directory);
        IReadOnlyList<NamedNode> printed = WriteAll(contents.Entries.Where(entry => HasHidden || entry.Name[0] != (byte)'.'), path);
        foreach (NamedNode entry in IsRecursive ? printed : [])
        {
            Try(entry, path, () =>
            {
                if (fileSystem.GetAttributes(entry.Node).Type == NodeType.Directory)
                {
                    WriteDirectory(entry.Node, PathOf(entry, path), depth + 1, hasHeading: true);
                }
            });
        }

        contents.ThrowIfIncomplete();
    }

    /// <summary>Sorts names that are in the order of their bytes. What cannot be read comes last.</summary>
    /// <param name="entries">The names.</param>
    /// <param name="path">The path that they are in.</param>
    internal IReadOnlyList<NamedNode> Sort(IEnumerable<NamedNode> entries, byte[] path)
    {
        IEnumerable<NamedNode> sorted = Order switch
        {
            ListingOrder.Time => entries.OrderByDescending(entry => AttributesOf(entry, path) is { } found ? (found.ModifyTime.Seconds, found.ModifyTime.Nanoseconds) : (long.MinValue, 0U)),
            ListingOrder.Size => entries.OrderByDescending(entry => AttributesOf(entry, path)?.Size ?? -1),
            _ => entries,
        };
        return [.. IsReversed ? sorted.Reverse() : sorted];
    }

    private NodeAttributes? AttributesOf(NamedNode entry, byte[] path)
    {
        NodeAttributes? attributes = null;
        _ = Try(entry, path, () => attributes = fileSystem.GetAttributes(entry.Node));
        return attributes;
    }

    private void WriteName(NamedNode entry)
    {
        (string before, string after) = Colours is null ? default : ColourOf(entry);
        Write(before);
        NameText.Write(output, entry.Name);
        Write(after);
    }

    // What cannot be read has none.
    private (string Before, string After) ColourOf(NamedNode entry)
    {
        try
        {
            return Colours!.Of(fileSystem.GetAttributes(entry.Node), ByteText.FromBytes(entry.Name));
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            return default;
        }
    }

    /// <summary>The mode as ls(1) writes it: "drwxr-xr-x".</summary>
    internal static string Mode(in NodeAttributes attributes)
    {
        char type = attributes.Type switch
        {
            NodeType.Directory => 'd',
            NodeType.SymbolicLink => 'l',
            NodeType.BlockDevice => 'b',
            NodeType.CharacterDevice => 'c',
            NodeType.Fifo => 'p',
            NodeType.Socket => 's',
            _ => '-',
        };
        char[] text = [type, .. "rwxrwxrwx"];
        for (int bit = 0; bit < 9; bit++)
        {
            if ((attributes.Permissions & (0x100u >> bit)) == 0)
            {
                text[bit + 1] = '-';
            }
        }

        Mark(text, 3, attributes.Permissions & 0x800, 's');
        Mark(text, 6, attributes.Permissions & 0x400, 's');
        Mark(text, 9, attributes.Permissions & 0x200, 't');
        return new string(text);
    }

    private static void Mark(char[] text, int place, uint isSet, char mark)
    {
        if (isSet != 0)
        {
            text[place] = text[place] == 'x' ? mark : char.ToUpperInvariant(mark);
        }
    }

    private string Extent(in NodeAttributes attributes) =>
        attributes.Type is NodeType.BlockDevice or NodeType.CharacterDevice
            ? $"{attributes.Device.Major}, {attributes.Device.Minor}"
            : HasUnits ? HumanSize.Of(attributes.Size) : attributes.Size.ToString(CultureInfo.InvariantCulture);

    // Seconds that no calendar of .NET has are printed as they are.
    private static string Time(Timestamp time) =>
        time.Seconds >= DateTimeOffset.MinValue.ToUnixTimeSeconds() && time.Seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? DateTimeOffset.FromUnixTimeSeconds(time.Seconds).ToLocalTime().ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)
            : $"@{time.Seconds}";

    private static byte[] PathOf(NamedNode entry, byte[] directory) => [.. directory, .. directory is [.., (byte)'/'] ? [] : "/"u8, .. entry.Name];

    private bool Try(NamedNode entry, byte[] path, Action action)
    {
        try
        {
            action();
            return true;
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            Failures++;
            warn($"{ByteText.FromBytes(PathOf(entry, path))}: {e.Message}");
            return false;
        }
    }

    private void Write(string? text) => output.Write(Encoding.UTF8.GetBytes(text ?? string.Empty));
}
