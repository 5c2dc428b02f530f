using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Decoding;
using ImageFs.Tree;

namespace ImageFs.Reading;

/// <summary>
/// Decodes what the files of a folder hold before somebody comes to it who reads them one after the other: on all processors, no further ahead than
/// there is room for. What cannot be read is left to the reader, who is told. Where nothing is compressed it gives up.
/// </summary>
internal sealed class DecodingAhead : IDisposable
{
    private const int MaxFiles = 64;

    // Files without anything compressed, one after the other, after which none is looked at any more.
    private const int Patience = 256;

    private readonly FileSystem _fileSystem;
    private readonly long _room;
    private readonly object _sync = new();
    private readonly Stack<Folder> _folders = [];
    private readonly Thread[] _threads;
    private long _ahead;
    private int _inVain;
    private bool _isOver;

    /// <param name="fileSystem">Where the files are.</param>
    /// <param name="cache">Where decoded blocks are kept.</param>
    public DecodingAhead(FileSystem fileSystem, DecodedBlockCache cache)
    {
        _fileSystem = fileSystem;
        _room = cache.MaxBytes / 2;
        _threads = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Thread(Run) { IsBackground = true, Name = "imagefs ahead" })];
    }

    /// <summary>The reader comes to a folder. It is to say where it is, and when it leaves.</summary>
    public void Enter(IReadOnlyList<NamedNode> entries)
    {
        lock (_sync)
        {
            _folders.Push(new Folder(entries));
        }
    }

    /// <summary>The reader begins with an entry of the folder.</summary>
    public void Begin(int index)
    {
        lock (_sync)
        {
            Folder folder = _folders.Peek();
            PassEntry(folder);
            folder.Begin(index);
            if (_threads[0].ThreadState.HasFlag(ThreadState.Unstarted) && !_isOver)
            {
                Array.ForEach(_threads, thread => thread.Start());
            }

            WakeForMore(folder);
        }
    }

    /// <summary>The reader has read the entry that it is at up to an offset.</summary>
    public void Pass(long offset)
    {
        lock (_sync)
        {
            if (_folders.TryPeek(out Folder? folder) && folder.Current is { } file)
            {
                Move(file, Math.Max(file.Next, offset), offset, file.Decoded);
                WakeForMore(folder);
            }
        }
    }

    /// <summary>The reader leaves the folder.</summary>
    public void Leave()
    {
        lock (_sync)
        {
            PassEntry(_folders.Peek());
            _folders.Pop();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_sync)
        {
            _isOver = true;
            Monitor.PulseAll(_sync);
        }

        foreach (Thread thread in _threads.Where(thread => !thread.ThreadState.HasFlag(ThreadState.Unstarted)))
        {
            thread.Join();
        }
    }

    private void Run()
    {
        while (TryTake(out AheadFile file))
        {
            if (file.Source is null)
            {
                Open(file);
            }

            while (TryTakeBlock(file, out LocatedExtent block))
            {
                if (!TryDecode(in block))
                {
                    GiveUp(file);
                }
            }
        }
    }

    private bool TryTake(out AheadFile file)
    {
        lock (_sync)
        {
            while (!_isOver && _inVain < Patience)
            {
                if (_folders.TryPeek(out Folder? folder) && folder.Find() is { } found)
                {
                    file = found;
                    return true;
                }

                Monitor.Wait(_sync);
            }
        }

        file = null!;
        return false;
    }

    private void Open(AheadFile file)
    {
        BlockSource? source = null;
        bool isFolder = false;
        try
        {
            NodeType type = _fileSystem.GetAttributes(file.Node).Type;
            isFolder = type == NodeType.Directory;
            source = type == NodeType.Regular ? _fileSystem.OpenFile(file.Node) : null;
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            // The reader gets the error.
        }

        lock (_sync)
        {
            file.Source = source;
            file.IsOver = source is null;
            file.IsFolder = isFolder;
            Monitor.PulseAll(_sync);
        }
    }

    // The next block of a file, once there is room for it.
    private bool TryTakeBlock(AheadFile file, out LocatedExtent block)
    {
        block = default;
        lock (_sync)
        {
            while (!_isOver && !file.IsOver)
            {
                BlockSource source = file.Source!;
                if (file.Next >= source.Length || !source.TryLocate(file.Next, source.Length - file.Next, out block))
                {
                    file.IsOver = true;
                    _inVain = file.Decoded > 0 ? 0 : _inVain + 1;
                }
                else if (block.Kind != ExtentKind.Encoded)
                {
                    Move(file, file.Next + block.Length, file.Reader, file.Decoded);
                }
                else if (_ahead == 0 || _ahead + block.Length <= _room)
                {
                    Move(file, file.Next + block.Length, file.Reader, file.Decoded + block.Length);
                    return true;
                }
                else
                {
                    Monitor.Wait(_sync);
                }
            }
        }

        return false;
    }

    private static bool TryDecode(in LocatedExtent block)
    {
        try
        {
            if (block.TryLease(out DecodedLease lease))
            {
                lease.Dispose();
                return true;
            }
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            // The reader gets the error.
        }

        return false;
    }

    private void GiveUp(AheadFile file)
    {
        lock (_sync)
        {
            file.IsOver = true;
            _inVain++;
        }
    }

    // Not for each file and block that is passed: for half of those that there is room for.
    private void WakeForMore(Folder folder)
    {
        if (_ahead <= _room / 2 && folder.Ahead <= MaxFiles / 2)
        {
            Monitor.PulseAll(_sync);
        }
    }

    private void PassEntry(Folder folder)
    {
        if (folder.Current is { } file)
        {
            Move(file, file.Next, long.MaxValue, file.Decoded);
            file.IsOver = true;
        }
    }

    private void Move(AheadFile file, long next, long reader, long decoded)
    {
        _ahead -= file.Ahead;
        (file.Next, file.Reader, file.Decoded) = (next, reader, decoded);
        _ahead += file.Ahead;
    }

    /// <summary>A file that is, or will be, read.</summary>
    private sealed class AheadFile(NodeId node)
    {
        public NodeId Node { get; } = node;

        public BlockSource? Source { get; set; }

        /// <summary>What is decoded next.</summary>
        public long Next { get; set; }

        /// <summary>Where the reader is.</summary>
        public long Reader { get; set; }

        /// <summary>Bytes decoded so far.</summary>
        public long Decoded { get; set; }

        /// <summary>Bytes decoded that the reader has before it, at most.</summary>
        public long Ahead => Math.Min(Decoded, Math.Max(0, Next - Reader));

        /// <summary>Whether nothing is left to be decoded.</summary>
        public bool IsOver { get; set; }

        /// <summary>Whether it is a folder: the reader enters it before it goes on to what comes behind.</summary>
        public bool IsFolder { get; set; }
    }

    /// <summary>A folder that the reader is in.</summary>
    private sealed class Folder(IReadOnlyList<NamedNode> entries)
    {
        // From the reader's entry on.
        private readonly Queue<AheadFile> _files = [];
        private int _first;

        public AheadFile? Current => _files.TryPeek(out AheadFile? file) ? file : null;

        /// <summary>Files that are looked at ahead.</summary>
        public int Ahead => _files.Count;

        public void Begin(int index)
        {
            for (; _first < index && _files.Count > 0; _first++)
            {
                _files.Dequeue();
            }

            _first = index;
            if (_files.Count == 0)
            {
                _files.Enqueue(new AheadFile(entries[index].Node));
            }
        }

        /// <summary>A file to work at: one that others work at too, or the next.</summary>
        public AheadFile? Find()
        {
            foreach (AheadFile file in _files)
            {
                if (file.IsFolder)
                {
                    return null;
                }

                if (!file.IsOver)
                {
                    return file;
                }
            }

            int next = _first + _files.Count;
            if (_files.Count is 0 or >= MaxFiles || next >= entries.Count)
            {
                return null;
            }

            var added = new AheadFile(entries[next].Node);
            _files.Enqueue(added);
            return added;
        }
    }
}
