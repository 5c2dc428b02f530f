using System.Diagnostics.CodeAnalysis;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Decoding;
using ImageFs.Tree;

namespace ImageFs.Reading;

/// <summary>
/// Decodes what the files of a folder hold before somebody comes to it who reads them one after the other. Where nothing is compressed it gives up.
/// </summary>
/// <param name="fileSystem">Where the files are.</param>
/// <param name="cache">Where decoded blocks are kept: half of it is for what is ahead.</param>
internal sealed class FolderAhead(FileSystem fileSystem, DecodedBlockCache cache) : DecodingAhead(cache.MaxBytes / 2, "imagefs ahead")
{
    private const int MaxFiles = 64;

    // Files without anything compressed, one after the other, after which none is looked at any more.
    private const int Patience = 256;

    private readonly Stack<Folder> _folders = [];
    private int _inVain;

    /// <summary>The reader comes to a folder. It is to say where it is, and when it leaves.</summary>
    public void Enter(IReadOnlyList<NamedNode> entries)
    {
        lock (Sync)
        {
            _folders.Push(new Folder(entries));
        }
    }

    /// <summary>The reader begins with an entry of the folder.</summary>
    public void Begin(int index)
    {
        lock (Sync)
        {
            Folder folder = _folders.Peek();
            while (folder.TryPass(index, out AheadFile? file))
            {
                _inVain = file.IsDecoded ? 0 : file.IsBegun ? _inVain + 1 : _inVain;
            }

            WakeForMore(folder);
        }
    }

    /// <summary>The reader has read the entry that it is at up to an offset.</summary>
    public void Pass(long offset)
    {
        lock (Sync)
        {
            if (_folders.TryPeek(out Folder? folder))
            {
                folder.Current.Pass(offset);
                WakeForMore(folder);
            }
        }
    }

    /// <summary>The reader leaves the folder.</summary>
    public void Leave()
    {
        lock (Sync)
        {
            _folders.Pop();
        }
    }

    /// <inheritdoc/>
    protected override AheadRun? Find() => _inVain < Patience && _folders.TryPeek(out Folder? folder) ? folder.Find(Room) : null;

    /// <inheritdoc/>
    protected override void Open(AheadRun run)
    {
        var file = (AheadFile)run;
        BlockSource? source = null;
        bool isFolder = false;
        try
        {
            NodeType type = fileSystem.GetAttributes(file.Node).Type;
            isFolder = type == NodeType.Directory;
            source = type == NodeType.Regular ? fileSystem.OpenFile(file.Node) : null;
        }
        catch (Exception e) when (e is ImageException or LinuxException)
        {
            // The reader gets the error.
        }

        lock (Sync)
        {
            file.IsFolder = isFolder;
            file.Begin(source, source?.Length ?? 0);
        }
    }

    // Not for each file and block that is passed: for half of those that there is room for.
    private void WakeForMore(Folder folder)
    {
        if (_inVain < Patience && folder.Count <= MaxFiles / 2 && folder.Ahead <= Room / 2)
        {
            Wake();
        }
    }

    /// <summary>A file that is, or will be, read.</summary>
    private sealed class AheadFile(NodeId node) : AheadRun
    {
        public NodeId Node { get; } = node;

        /// <summary>Whether it is a folder: the reader enters it before it goes on to what comes behind.</summary>
        public bool IsFolder { get; set; }
    }

    /// <summary>A folder that the reader is in.</summary>
    private sealed class Folder(IReadOnlyList<NamedNode> entries)
    {
        // From the reader's entry on.
        private readonly Queue<AheadFile> _files = new(entries.Take(1).Select(entry => new AheadFile(entry.Node)));
        private int _first;

        /// <summary>The reader's entry.</summary>
        public AheadFile Current => _files.Peek();

        /// <summary>Files that are looked at ahead.</summary>
        public int Count => _files.Count;

        /// <summary>Bytes decoded ahead of the reader.</summary>
        public long Ahead
        {
            get
            {
                long sum = 0;
                foreach (AheadFile file in _files)
                {
                    sum += file.Ahead;
                }

                return sum;
            }
        }

        /// <summary>Leaves an entry behind, unless the reader is at it.</summary>
        /// <param name="index">The reader's entry.</param>
        /// <param name="file">The entry.</param>
        public bool TryPass(int index, [NotNullWhen(true)] out AheadFile? file)
        {
            file = _first < index ? _files.Dequeue() : null;
            if (file is null)
            {
                return false;
            }

            _first++;
            if (_files.Count == 0)
            {
                _files.Enqueue(new AheadFile(entries[_first].Node));
            }

            return true;
        }

        /// <summary>A file to open, or to take a part of.</summary>
        /// <param name="room">Bytes that may be decoded ahead.</param>
        public AheadFile? Find(long room)
        {
            long ahead = Ahead;
            if (ahead > 0 && ahead + Part > room)
            {
                return null;
            }

            foreach (AheadFile file in _files)
            {
                if (file.IsFolder)
                {
                    return null;
                }

                if (file.HasMore)
                {
                    return file;
                }
            }

            int next = _first + _files.Count;
            if (_files.Count >= MaxFiles || next >= entries.Count)
            {
                return null;
            }

            var added = new AheadFile(entries[next].Node);
            _files.Enqueue(added);
            return added;
        }
    }
}
