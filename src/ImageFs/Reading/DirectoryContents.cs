using System.Runtime.ExceptionServices;
using ImageFs.FileSystems;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Reading;

/// <summary>A directory read to its end: what of it could be read, and what could not.</summary>
internal sealed class DirectoryContents : IDirectorySink
{
    private readonly List<Entry> _entries = [];
    private ExceptionDispatchInfo? _damage;
    private long _position;
    private bool _hasAdded;

    private DirectoryContents()
    {
    }

    /// <summary>The entries in the order of their bytes, without "." and "..".</summary>
    internal IReadOnlyList<Entry> Entries => _entries;

    /// <summary>Reads a directory.</summary>
    internal static DirectoryContents Read(FileSystem fileSystem, NodeId directory)
    {
        var contents = new DirectoryContents();
        try
        {
            // What is damaged in a directory is told by the call that begins behind what could be read.
            do
            {
                contents._hasAdded = false;
                fileSystem.ReadDirectory(directory, contents._position, contents);
            }
            while (contents._hasAdded);
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            contents._damage = ExceptionDispatchInfo.Capture(e);
        }

        contents._entries.Sort((first, second) => first.Name.AsSpan().SequenceCompareTo(second.Name));
        return contents;
    }

    /// <summary>To be called when the entries have been seen to: that there may have been more is not kept quiet.</summary>
    /// <exception cref="ImageException">The directory is damaged.</exception>
    /// <exception cref="LinuxException">The device failed.</exception>
    internal void ThrowIfDamaged() => _damage?.Throw();

    /// <inheritdoc/>
    bool IDirectorySink.Add(in DirectoryEntry entry)
    {
        _hasAdded = true;
        _position = entry.NextPosition;
        if (!entry.Name.SequenceEqual("."u8) && !entry.Name.SequenceEqual(".."u8))
        {
            _entries.Add(new Entry(entry.Name.ToArray(), entry.Node));
        }

        return true;
    }
}
