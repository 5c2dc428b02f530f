using System.Text;
using ImageFs.Linux;
using ImageFs.Output;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Reading;

/// <summary>Draws directories as tree(1) does.</summary>
/// <param name="fileSystem">The file system.</param>
/// <param name="output">Where to.</param>
/// <param name="warn">Called with what cannot be read.</param>
internal sealed class TreePicture(FileSystem fileSystem, Stream output, Action<string> warn)
{
    private readonly VisitedDirectories _visited = new();
    private long _directories;
    private long _files;

    /// <summary>How much could not be read.</summary>
    internal int Failures { get; private set; }

    /// <summary>Draws a directory and what is in it, and counts at the end.</summary>
    internal void Write(NamedNode top, int levels)
    {
        NameText.Write(output, top.Name);
        Write("\n");
        WriteInside(top, string.Empty, 0, levels);
        Write($"\n{_directories} directories, {_files} files\n");
    }

    private void WriteInside(NamedNode directory, string indent, int depth, int levels)
    {
        if (depth >= levels)
        {
            return;
        }

        try
        {
            _visited.Enter(directory.Node, depth);
            DirectoryContents contents = DirectoryContents.Read(fileSystem, directory.Node);
            IReadOnlyList<NamedNode> entries = contents.Entries;
            for (int i = 0; i < entries.Count; i++)
            {
                bool isLast = i == entries.Count - 1;
                Write($"{indent}{(isLast ? "└── " : "├── ")}");
                WriteEntry(entries[i], $"{indent}{(isLast ? "    " : "│   ")}", depth + 1, levels);
            }

            contents.ThrowIfIncomplete();
        }
        catch (Exception e) when (e is ImageException or Linux.LinuxException)
        {
            Tell(directory, e);
        }
    }

    private void WriteEntry(NamedNode entry, string indent, int depth, int levels)
    {
        NameText.Write(output, entry.Name);
        NodeType? type = TryWriteTarget(entry);
        Write("\n");
        if (type == NodeType.Directory)
        {
            _directories++;
            WriteInside(entry, indent, depth, levels);
        }
        else if (type is not null)
        {
            _files++;
        }
    }

    // Of a link its target, too. Null of an entry that is damaged: its neighbours are not.
    private NodeType? TryWriteTarget(NamedNode entry)
    {
        try
        {
            NodeType type = fileSystem.GetAttributes(entry.Node).Type;
            if (type == NodeType.SymbolicLink)
            {
                byte[] target = fileSystem.ReadLink(entry.Node);
                Write(" -> ");
                NameText.Write(output, target);
            }

            return type;
        }
        catch (Exception e) when (e is ImageException or Linux.LinuxException)
        {
            Tell(entry, e);
            return null;
        }
    }

    private void Tell(NamedNode entry, Exception error)
    {
        Failures++;
        warn($"{ByteText.FromBytes(entry.Name)}: {error.Message}");
    }

    private void Write(string text) => output.Write(Encoding.UTF8.GetBytes(text));
}
