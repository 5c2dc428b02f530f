using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Images.Readers;

/// <summary>
/// The file system of an image that another process reads. Names and attributes come from there, and where the bytes of files lie: these are read here, from
/// descriptors that came from there. What is told need not be believed: it is held to what a tree may say.
/// </summary>
internal sealed class ReaderFileSystem : FileSystem
{
    private const int MaxExtents = 4096;

    private readonly ReaderProcess _process;
    private readonly int _image;
    private readonly string _name;
    private readonly Action<string> _warn;
    private readonly Dictionary<int, FileDevice> _devices = [];

    // Else the process has counted no image.
    private readonly bool _isOpen;

    // Who looks a name up wants to know this next.
    private KnownAttributes? _last;

    private ReaderFileSystem(ReaderProcess process, Message answer, string name, Action<string> warn)
    {
        _process = process;
        _name = name;
        _warn = warn;
        _image = answer.Read<int>();
        Format = answer.ReadText();
        Root = answer.ReadNode();
        Volumes = answer.Read<int>();
        HasBirthTimes = answer.ReadFlag();
        HasExtendedAttributes = answer.ReadFlag();
        Statistics = new FileSystemStatistics { BlockSize = answer.Read<uint>(), Blocks = answer.Read<ulong>(), MaxNameLength = answer.Read<uint>() };
        _isOpen = true;
    }

    // Who still reads from a file of it keeps it open, though it counts as closed.
    ~ReaderFileSystem()
    {
        if (_isOpen)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static open => open.Process.Close(open.Image), (Process: _process, Image: _image), preferLocal: false);
        }
    }

    /// <inheritdoc/>
    public override string Format { get; }

    /// <inheritdoc/>
    public override NodeId Root { get; }

    /// <inheritdoc/>
    public override FileSystemStatistics Statistics { get; }

    /// <inheritdoc/>
    public override bool HasBirthTimes { get; }

    /// <inheritdoc/>
    public override bool HasExtendedAttributes { get; }

    /// <summary>Volumes that it has; 0 when it is one file system.</summary>
    internal int Volumes { get; }

    /// <summary>Whether the process has ended: it has to be opened by another.</summary>
    internal bool IsGone => _process.HasEnded;

    /// <summary>Has a process open an image.</summary>
    /// <param name="process">The process, which counts it from now on until it is closed.</param>
    /// <param name="device">The image file, open.</param>
    /// <param name="path">Its path.</param>
    /// <param name="warn">Takes what is wrong but harmless, a line each.</param>
    /// <exception cref="ReaderException">It cannot be opened.</exception>
    internal static ReaderFileSystem Open(ReaderProcess process, FileDevice device, string path, Action<string> warn)
    {
        using ReaderRequest request = process.Ask(ReaderCall.Open, 0);
        request.Message.Write(process.Send(device.Descriptor));
        request.Message.WriteText(path);
        return new ReaderFileSystem(process, request.Send(warn), path, warn);
    }

    /// <inheritdoc/>
    public override NodeId RootOf(NodeId node)
    {
        using ReaderRequest request = Ask(ReaderCall.RootOf, node);
        return request.Send(_warn).ReadNode();
    }

    /// <inheritdoc/>
    public override NodeAttributes GetAttributes(NodeId node)
    {
        if (Volatile.Read(ref _last) is { } last && last.Node == node)
        {
            return last.Attributes;
        }

        using ReaderRequest request = Ask(ReaderCall.Attributes, node);
        return request.Send(_warn).ReadAttributes();
    }

    /// <inheritdoc/>
    public override NodeAttributes GetAttributes(in DirectoryEntry entry)
    {
        if (entry.Record.IsEmpty)
        {
            return GetAttributes(entry.Node);
        }

        var record = new Message();
        record.Append(entry.Record);
        return record.ReadAttributes();
    }

    /// <inheritdoc/>
    public override bool TryLookup(NodeId directory, ReadOnlySpan<byte> name, out NodeId node)
    {
        using ReaderRequest request = Ask(ReaderCall.Lookup, directory);
        request.Message.WriteBytes(name);
        Message answer = request.Send(_warn);
        bool isFound = answer.ReadFlag();
        node = isFound ? answer.ReadNode() : default;
        if (isFound)
        {
            try
            {
                _last = new KnownAttributes(node, answer.ReadAttributes());
            }
            catch (ReaderException)
            {
                // Who asks for them gets the error.
            }
        }

        return isFound;
    }

    /// <inheritdoc/>
    public override void ReadDirectory(NodeId directory, long position, IDirectorySink sink)
    {
        bool isLast = false;
        while (!isLast)
        {
            Message entries = List(directory, position);
            int count = entries.Read<int>();
            isLast = entries.ReadFlag();
            if (count <= 0 && !isLast)
            {
                throw ReaderException.BadAnswer("no names, and more to come");
            }

            for (; count > 0; count--)
            {
                ReadOnlySpan<byte> name = entries.ReadBytes();
                NodeId node = entries.ReadNode();
                var type = (NodeType)entries.Read<byte>();
                ulong inode = entries.Read<ulong>();
                position = entries.Read<long>();
                if (name.IsEmpty || position <= 0)
                {
                    throw ReaderException.BadAnswer("an entry that no directory has");
                }

                if (!sink.Add(new DirectoryEntry(name, node, type, position, inode) { Record = entries.ReadBytes() }))
                {
                    return;
                }
            }
        }
    }

    /// <inheritdoc/>
    public override byte[] ReadLink(NodeId node)
    {
        using ReaderRequest request = Ask(ReaderCall.ReadLink, node);
        return request.Send(_warn).ReadBytes().ToArray();
    }

    /// <inheritdoc/>
    public override BlockSource OpenFile(NodeId node)
    {
        using ReaderRequest request = Ask(ReaderCall.OpenFile, node);
        Message answer = request.Send(_warn);
        long length = answer.Read<long>();
        return length >= 0
            ? new ReaderFile(this, node, length, ReadExtents(answer, 0, length))
            : throw ReaderException.BadAnswer("a negative length");
    }

    /// <inheritdoc/>
    public override IReadOnlyList<byte[]> ListExtendedAttributes(NodeId node)
    {
        using ReaderRequest request = Ask(ReaderCall.AttributeNames, node);
        Message answer = request.Send(_warn);
        var names = new List<byte[]>();
        for (int count = answer.Read<int>(); count > 0; count--)
        {
            names.Add(answer.ReadBytes().ToArray());
        }

        return names;
    }

    /// <inheritdoc/>
    public override byte[]? GetExtendedAttribute(NodeId node, ReadOnlySpan<byte> name)
    {
        using ReaderRequest request = Ask(ReaderCall.AttributeValue, node);
        request.Message.WriteBytes(name);
        Message answer = request.Send(_warn);
        return answer.ReadFlag() ? answer.ReadBytes().ToArray() : null;
    }

    /// <summary>Extents of a file from an offset on.</summary>
    /// <param name="node">The file.</param>
    /// <param name="offset">Less than its length.</param>
    /// <param name="length">Its length.</param>
    /// <returns>At least one.</returns>
    internal ReaderExtent[] Locate(NodeId node, long offset, long length)
    {
        using ReaderRequest request = Ask(ReaderCall.Locate, node);
        request.Message.Write(offset);
        ReaderExtent[] extents = ReadExtents(request.Send(_warn), offset, length);
        return extents.Length > 0 ? extents : throw ReaderException.BadAnswer("no place of bytes that a file has");
    }

    /// <summary>Bytes of a file.</summary>
    internal void Read(NodeId node, long offset, Span<byte> destination)
    {
        using ReaderRequest request = Ask(ReaderCall.Read, node);
        request.Message.Write(offset);
        request.Message.Write(destination.Length);
        ReadOnlySpan<byte> bytes = request.Send(_warn).ReadBytes();
        if (bytes.Length != destination.Length)
        {
            throw ReaderException.BadAnswer("another number of bytes than was asked for");
        }

        bytes.CopyTo(destination);
    }

    // A copy: who takes the entries may ask for more, and others want the connection meanwhile.
    private Message List(NodeId directory, long position)
    {
        using ReaderRequest request = Ask(ReaderCall.List, directory);
        request.Message.Write(position);
        var entries = new Message();
        entries.Append(request.Send(_warn).Rest);
        return entries;
    }

    private ReaderRequest Ask(ReaderCall call, NodeId node)
    {
        ReaderRequest request = _process.Ask(call, _image);
        request.Message.WriteNode(node);
        return request;
    }

    private ReaderExtent[] ReadExtents(Message answer, long offset, long length)
    {
        int count = answer.Read<int>();
        if (count is < 0 or > MaxExtents)
        {
            throw ReaderException.BadAnswer("too many extents");
        }

        var extents = new ReaderExtent[count];
        for (int i = 0; i < count; i++)
        {
            ReaderExtent extent = extents[i] = ReadExtent(answer, offset);
            if (extent.Length <= 0 || extent.Length > length - offset || extent.Kind > ExtentKind.Own)
            {
                throw ReaderException.BadAnswer("an extent that is none");
            }

            offset = extent.End;
        }

        return extents;
    }

    private ReaderExtent ReadExtent(Message answer, long offset)
    {
        var kind = (ExtentKind)answer.Read<byte>();
        bool hasOtherCopy = answer.ReadFlag();
        long length = answer.Read<long>();
        int number = answer.Read<int>();
        long address = answer.Read<long>();
        if (kind != ExtentKind.Mapped)
        {
            return new ReaderExtent(offset, length, kind, 0, null, hasOtherCopy);
        }

        FileDevice device = DeviceOf(number);
        return address >= 0 && address < device.Length && length <= device.Length - address
            ? new ReaderExtent(offset, length, kind, address, device, hasOtherCopy)
            : throw ReaderException.BadAnswer("an extent outside of its file");
    }

    private FileDevice DeviceOf(int number)
    {
        lock (_devices)
        {
            if (_devices.TryGetValue(number, out FileDevice? known))
            {
                return known;
            }

            FileDescriptor descriptor = _process.Take(number);
            if (!Files.IsReadable(descriptor))
            {
                descriptor.Dispose();
                throw ReaderException.BadAnswer("a file that is not open for reading");
            }

            return _devices[number] = FileDevice.Take(_name, descriptor);
        }
    }

    private sealed record KnownAttributes(NodeId Node, NodeAttributes Attributes);
}
