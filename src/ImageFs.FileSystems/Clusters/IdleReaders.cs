namespace ImageFs.FileSystems.Clusters;

/// <summary>A few idle readers of directories, kept because each has buffers.</summary>
internal sealed class IdleReaders
{
    // One for each of so many workers, and one more where entries are described while a directory is read.
    private const int MaxReaders = 8;

    private readonly DirectoryReader?[] _readers = new DirectoryReader?[MaxReaders];

    /// <summary>Takes a reader; null when there is none.</summary>
    public DirectoryReader? Take()
    {
        foreach (ref DirectoryReader? place in _readers.AsSpan())
        {
            if (Volatile.Read(ref place) is not null && Interlocked.Exchange(ref place, null) is { } reader)
            {
                return reader;
            }
        }

        return null;
    }

    /// <summary>Keeps a reader, if there is room for it.</summary>
    public void Add(DirectoryReader reader)
    {
        foreach (ref DirectoryReader? place in _readers.AsSpan())
        {
            if (Volatile.Read(ref place) is null && Interlocked.CompareExchange(ref place, reader, null) is null)
            {
                return;
            }
        }
    }
}
