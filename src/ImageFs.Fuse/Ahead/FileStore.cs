using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ImageFs.Fuse.Abi;
using ImageFs.Fuse.Dispatch;
using ImageFs.Fuse.Replies;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Fuse.Ahead;

/// <summary>
/// Stores files in the mount's cache (FUSE_NOTIFY_STORE), by references to the image's pages, from a thread of its own: the kernel may
/// have the thread wait for a READ of the same pages, which a worker answers.
/// </summary>
internal sealed class FileStore : IDisposable
{
    private const long LargestBatch = 1024 * 1024;
    private const int Patience = 5;
    private const int SpinsOfPatience = 500;
    private static readonly int s_headSize = Unsafe.SizeOf<FuseOutHeader>() + Unsafe.SizeOf<FuseNotifyStoreOut>();

    private readonly FileDescriptor _device;
    private readonly FileCache _files;
    private readonly FuseErrorLog _errors;
    private readonly ReplyPlan _plan = new(ReplyGather.Pieces);
    private readonly PageBuffer _buffer = new(PageBuffer.PageSize + FilesAhead.LargestFile);
    private readonly ReplyGather _gather;
    private readonly SemaphoreSlim _wanted = new(0);
    private readonly Thread _thread;
    private (int Place, int Count) _job;
    private int _hasJob;
    private volatile bool _isOver;
    private long _stored;
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

    /// <summary>Bytes of those.</summary>
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
        }
    }

    private void Store(int place, int count)
    {
        long left = LargestBatch;
        for (int i = 0; i < count && left > 0 && !_isOver && Order.At(place + i) is not 0 and ulong node; i++)
        {
            try
            {
                left -= Store(node, _files.Get(node));
            }
            catch (Exception e)
            {
                _ = _errors.Note(e, node);
            }
        }
    }

    // The bytes stored: 0 when the file is not to be, or cannot. Its reader will be told what is wrong with it.
    private int Store(ulong nodeId, BlockSource file)
    {
        int length = (int)Math.Min(file.Length, FilesAhead.LargestFile + 1);
        if (length is 0 or > FilesAhead.LargestFile)
        {
            return 0;
        }

        try
        {
            if (_plan.Make(file, 0, length) != Fallback.None || Send(nodeId, length) != Fallback.None)
            {
                return 0;
            }
        }
        finally
        {
            _plan.Clear();
        }

        Volatile.Write(ref _stored, _stored + 1);
        Volatile.Write(ref _storedBytes, _storedBytes + length);
        return length;
    }

    private Fallback Send(ulong nodeId, int length)
    {
        Span<byte> head = stackalloc byte[s_headSize];
        MemoryMarshal.Write(head, new FuseOutHeader { Len = (uint)(s_headSize + length), Error = FuseProtocol.NotifyStore });
        MemoryMarshal.Write(head[Unsafe.SizeOf<FuseOutHeader>()..], new FuseNotifyStoreOut { NodeId = nodeId, Size = (uint)length });
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
