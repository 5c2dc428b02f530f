using ImageFs.FileSystems.SquashFs.Directories;

namespace ImageFs.FileSystems.SquashFs.Checks;

/// <summary>Holds the index of a directory against its headers: an entry leads to one of them, and has the first name behind it.</summary>
internal sealed class IndexWalk
{
    private readonly Queue<(DirectoryRun Run, byte[] Name)> _entries;

    /// <exception cref="Storage.ImageException">The index is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public IndexWalk(SquashFsVolume volume, Directories.Directory directory)
    {
        var reader = new DirectoryIndexReader(volume, directory);
        _entries = new Queue<(DirectoryRun, byte[])>();
        while (reader.MoveNext())
        {
            _entries.Enqueue((reader.Run, reader.Name.ToArray()));
        }
    }

    /// <summary>What is wrong with the index up to an entry of the directory; null when nothing is.</summary>
    /// <param name="run">The header of the entry.</param>
    /// <param name="name">Its name.</param>
    /// <param name="position">Where it is in the directory.</param>
    public string? FindProblem(DirectoryRun run, ReadOnlySpan<byte> name, long position)
    {
        if (!_entries.TryPeek(out (DirectoryRun Run, byte[] Name) entry) || entry.Run.Offset >= position)
        {
            return null;
        }

        _entries.Dequeue();
        return entry.Run != run ? $"its index leads to byte {entry.Run.Offset}, where no header is"
            : !name.SequenceEqual(entry.Name) ? $"its index has \"{ByteNames.Show(entry.Name)}\" where \"{ByteNames.Show(name)}\" comes first"
            : null;
    }

    /// <summary>What is wrong with the rest of it, behind the last entry of the directory; null when nothing is.</summary>
    public string? FindRest() => _entries.Count == 0 ? null : $"its index leads to byte {_entries.Peek().Run.Offset}, behind its last name";
}
