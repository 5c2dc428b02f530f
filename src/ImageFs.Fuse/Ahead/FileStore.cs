using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ImageFs.Fuse.Abi;
using ImageFs.Fuse.Dispatch;
using ImageFs.Fuse.Replies;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Fuse.Ahead;

/// <summary>
/// Stores files and parts of files in the mount's cache (FUSE_NOTIFY_STORE), by references to the image's pages and decoded blocks, from a thread of its own: the kernel may
/// have the thread wait for a READ of the same pages, which a worker answers.
/// </summary>
internal sealed class FileStore : IDisposable
{
    private const long LargestBatch = 1024 * 1024;
    private const int WholeFile = -1;
    private const int Patience = 5;
    private const int SpinsOfPatience = 500;
    private static readonly int s_headSize = Unsafe.SizeOf<FuseOutHeader>() + Unsafe.SizeOf<FuseNotifyStoreOut>();

    private readonly FileDescriptor _device;
    private readonly FileCache _files;
    private readonly FuseErrorLog _errors;
    private readonly ReplyPlan _plan = new(ReplyGather.Pieces);
    private readonly PageBuffer _buffer = new(PageBuffer.PageSize + BlocksAhead.LargestBlock);
    private readonly ReplyGather _gather;
    private readonly SemaphoreSlim _wanted = new(0);
    private readonly Thread _thread;
    private readonly PartQueue _parts = new();
    private (int Place, int Count) _job;
    private int _hasJob;
    private volatile bool _isOver;
    private long _stored;
    private long _storedBlocks;
    private long _storedBytes;

    /// <param name="device">The connection; it stays the caller's.</param>
    /// <param name="files">The files.</param>
    /// <param name="errors">Told of what cannot be read.</param>
    /// <param name="name">The thread's name.</param>
    public FileStore(FileDescriptor device, FileCache files, FuseErrorLog errors, string name)
    {
        _device = device;
        _files = files;
        _errors = errors;
        _gather = new ReplyGather(_buffer);
        _thread = new Thread(Run) { IsBackground = true, Name = name };
    }

    /// <summary>The order of the files.</summary>
    public ListingOrder Order { get; } = new();

    /// <summary>Files stored.</summary>
    public long Stored => Volatile.Read(ref _stored);

    /// <summary>Blocks of files stored.</summary>
    public long StoredBlocks => Volatile.Read(ref _storedBlocks);

    /// <summary>Bytes of those files and blocks.</summary>
    public long StoredBytes => Volatile.Read(ref _storedBytes);

    /// <summary>Starts the thread.</summary>
    public void Start() => _thread.Start();

    /// <summary>Has files stored, from a place on until their listing ends. While others are at work it does nothing.</summary>
    public void Ask(int place, int count)
    {
        if (Interlocked.CompareExchange(ref _hasJob, 1, 0) == 0)
        {
            _job = (place, count);
            _wanted.Release();
        }
    }

    /// <summary>Has a part of a file stored. While much is waiting it does nothing.</summary>
    /// <param name="nodeId">The file.</param>
    /// <param name="offset">Where the part begins.</param>
    /// <param name="length">Its bytes, at most <see cref="BlocksAhead.LargestBlock"/>.</param>
    public void Ask(ulong nodeId, long offset, int length)
    {
        if (_parts.TryAdd(new FilePart(nodeId, offset, length)))
        {
            _wanted.Release();
        }
    }

    /// <summary>Stops the thread; the connection has ended.</summary>
    public void Dispose()
    {
        _isOver = true;
        _wanted.Release();
        if (_thread.ThreadState.HasFlag(ThreadState.Unstarted) || _thread.Join(TimeSpan.FromSeconds(Patience)))
        {
            _buffer.Dispose();
            _wanted.Dispose();
        }
    }

    private void Run()
    {
        while (!_isOver)
        {
            _wanted.Wait();
            if (Volatile.Read(ref _hasJob) == 1)
            {
                Store(_job.Place, _job.Count);
                Volatile.Write(ref _hasJob, 0);
            }

            while (!_isOver && _parts.TryPeek(out FilePart part))
            {
                if (TryStore(part.NodeId, part.Offset, part.Length) > 0)
                {
                    Volatile.Write(ref _storedBlocks, _storedBlocks + 1);
                }

                _parts.Remove();
            }
        }
    }

    private void Store(int place, int count)
    {
        long left = LargestBatch;
        for (int i = 0; i < count && left > 0 && !_isOver && Order.At(place + i) is not 0 and ulong node; i++)
        {
            int length = TryStore(node, 0, WholeFile);
            if (length > 0)
            {
                Volatile.Write(ref _stored, _stored + 1);
                left -= length;
            }
        }
    }

    // The bytes stored: 0 when they are not to be, or cannot. Their reader will be told what is wrong with them.
    private int TryStore(ulong nodeId, long offset, int length)
    {
        try
        {
            BlockSource file = _files.Get(nodeId);
            length = length != WholeFile ? length : file.Length <= FilesAhead.LargestFile ? (int)file.Length : 0;
            if (length == 0 || _plan.Make(file, offset, length) != Fallback.None || Send(nodeId, offset, length) != Fallback.None)
            {
                return 0;
            }

            Volatile.Write(ref _storedBytes, _storedBytes + length);
            return length;
        }
        catch (Exception e)
        {
            _ = _errors.Note(e, nodeId);
            return 0;
        }
        finally
        {
            _plan.Clear();
        }
    }

    private Fallback Send(ulong nodeId, long offset, int length)
    {
        Span<byte> head = stackalloc byte[s_headSize];
        MemoryMarshal.Write(head, new FuseOutHeader { Len = (uint)(s_headSize + length), Error = FuseProtocol.NotifyStore });
        MemoryMarshal.Write(head[Unsafe.SizeOf<FuseOutHeader>()..], new FuseNotifyStoreOut { NodeId = nodeId, Offset = (ulong)offset, Size = (uint)length });
        Fallback fault = _gather.Send(_device, head, length, _plan, out Errno errno);

        // The kernel makes the nodes of a listing after it has read all of it.
        for (int i = 0; i < Patience && errno == Errno.ENOENT; i++)
        {
            Thread.SpinWait(SpinsOfPatience);
            fault = _gather.Send(_device, head, length, _plan, out errno);
        }

        return fault;
    }
}
