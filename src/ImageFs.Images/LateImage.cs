using ImageFs.Images.Readers;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Images;

/// <summary>An image among others, which is opened when somebody looks into it (<see cref="OpenImages"/>).</summary>
/// <param name="number">Its number among them, from 1.</param>
internal abstract class LateImage(int number)
{
    private volatile FileSystem? _fileSystem;
    private volatile bool _isEntered;
    private MemoryBudget? _memory;
    private long _lastUse;

    /// <summary>Its number.</summary>
    internal int Number => number;

    /// <summary>Whether somebody has looked into it: the kernel may know nodes of it.</summary>
    internal bool IsEntered => _isEntered;

    /// <summary>Volumes that it had when it was first opened; 0 when it is one file system.</summary>
    internal int Volumes { get; private set; }

    /// <summary>Whether the log says already that it cannot be opened.</summary>
    internal bool IsReported { get; set; }

    /// <summary>Held while it is being opened.</summary>
    internal Lock Opening { get; } = new();

    /// <summary>When it was last used, in milliseconds of <see cref="Environment.TickCount64"/>.</summary>
    internal long LastUse => Volatile.Read(ref _lastUse);

    /// <summary>Its file system while it is open. To ask for it is to use it, and the image that it lies in.</summary>
    internal FileSystem? FileSystem
    {
        get
        {
            Use(Environment.TickCount64);
            return _fileSystem;
        }
    }

    /// <summary>The image that it lies in; null for a file of the tree around them.</summary>
    internal virtual LateImage? Around => null;

    /// <summary>It is open from now on. The first time it is entered.</summary>
    /// <param name="fileSystem">Its file system.</param>
    /// <param name="memory">What that keeps, which goes when it is closed.</param>
    internal void Open(FileSystem fileSystem, MemoryBudget memory)
    {
        if (!_isEntered)
        {
            Volumes = VolumesOf(fileSystem);
            _isEntered = true;
        }

        _memory = memory;
        _fileSystem = fileSystem;
    }

    /// <summary>
    /// Whether what the kernel knows of it is still so: a volume that could not be read then, or cannot be now, changes the numbers of the others.
    /// </summary>
    internal bool IsSame(FileSystem fileSystem) => !_isEntered || Volumes == VolumesOf(fileSystem);

    /// <summary>
    /// It is closed from now on: nothing leads from here to its descriptors any more, and they go when nobody else has them, a reply on
    /// its way for example.
    /// </summary>
    internal void Close()
    {
        _fileSystem = null;
        _memory?.Close();
        _memory = null;
    }

    private static int VolumesOf(FileSystem fileSystem) => fileSystem switch
    {
        VolumeTree tree => tree.Count,
        ReaderFileSystem { Volumes: var volumes } => volumes,
        _ => 0,
    };

    private void Use(long time)
    {
        for (LateImage? image = this; image is not null; image = image.Around)
        {
            Volatile.Write(ref image._lastUse, time);
        }
    }
}
