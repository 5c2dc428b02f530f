using System.Globalization;
using System.Text;
using ImageFs.Linux;
using ImageFs.Output;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Reading;

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
            NameText.Write(output, entry.Name);
            if (attributes.Type == NodeType.SymbolicLink)
            {
                Write(" -> ");
                NameText.Write(output, fileSystem.ReadLink(entry.Node));
            }
        }
        else
        {
            NameText.Write(output, entry.Name);
        }

        Write("\n");
    }

    /// <summary>Prints what a directory holds.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="path">Its path, for the heading that <see cref="IsRecursive"/> gives it.</param>
    /// <exception cref="ImageException">The directory is damaged.</exception>
    internal void WriteDirectory(NodeId directory, byte[] path)
    {
        _visited = new VisitedDirectories();
        WriteDirectory(directory, path, 0);
    }

    private void WriteDirectory(NodeId directory, byte[] path, int depth)
    {
        _visited.Enter(directory, depth);
        if (IsRecursive)
        {
            Write(depth > 0 ? "\n" : string.Empty);
            NameText.Write(output, path);
            Write(":\n");
        }

        var contents = DirectoryContents.Read(fileSystem, directory);
        NamedNode[] entries = [.. contents.Entries.Where(entry => HasHidden || entry.Name[0] != (byte)'.')];
        NamedNode[] printed = [.. entries.Where(entry => Try(entry, path, () => Write(entry)))];
        foreach (NamedNode entry in IsRecursive ? printed : [])
        {
            Try(entry, path, () =>
            {
                if (fileSystem.GetAttributes(entry.Node).Type == NodeType.Directory)
                {
                    WriteDirectory(entry.Node, PathOf(entry, path), depth + 1);
                }
            });
        }

        contents.ThrowIfIncomplete();
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

    private static string Extent(in NodeAttributes attributes) =>
        attributes.Type is NodeType.BlockDevice or NodeType.CharacterDevice
            ? $"{attributes.Device.Major}, {attributes.Device.Minor}"
            : attributes.Size.ToString(CultureInfo.InvariantCulture);

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
        catch (Exception e) when (e is ImageException or Linux.LinuxException)
        {
            Failures++;
            warn($"{ByteText.FromBytes(PathOf(entry, path))}: {e.Message}");
            return false;
        }
    }

    private void Write(string text) => output.Write(Encoding.UTF8.GetBytes(text));
}
