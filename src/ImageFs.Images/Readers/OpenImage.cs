using System.Collections.Concurrent;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Images.Readers;

/// <summary>An image that a reader has open: answers what is asked of it. Safe from any thread.</summary>
/// <param name="number">Its number.</param>
/// <param name="fileSystem">What is in it.</param>
/// <param name="memory">What that keeps, which goes when it is closed.</param>
/// <param name="warnings">What there is to say of it, until somebody is told.</param>
internal sealed class OpenImage(int number, FileSystem fileSystem, MemoryBudget memory, ConcurrentQueue<string> warnings)
{
    private const int MaxEntries = 64;
    private const int MaxExtents = 64;
    private const int MaxFiles = 256;
    private const int MaxRead = 1 << 20;

    // Those that were read from lately.
    private readonly ConcurrentDictionary<NodeId, BlockSource> _files = [];

    // What the other end was given a descriptor of, by the number that it has there.
    private readonly Dictionary<Device, int> _devices = [];

    /// <summary>What there is to say of it that nobody was told.</summary>
    internal ConcurrentQueue<string> Warnings => warnings;

    /// <summary>Closes it: who still reads from it may go on.</summary>
    internal void Close() => memory.Close();

    /// <summary>What the other end has to know of it.</summary>
    internal void Describe(Message answer)
    {
        answer.Write(number);
        answer.WriteText(fileSystem.Format);
        answer.WriteNode(fileSystem.Root);
        answer.Write((fileSystem as VolumeTree)?.Count ?? 0);
        answer.WriteFlag(fileSystem.HasBirthTimes);
        answer.WriteFlag(fileSystem.HasExtendedAttributes);
        FileSystemStatistics statistics = fileSystem.Statistics;
        answer.Write(statistics.BlockSize);
        answer.Write(statistics.Blocks);
        answer.Write(statistics.MaxNameLength);
    }

    /// <summary>Answers a request.</summary>
    /// <param name="call">What is asked.</param>
    /// <param name="request">Its fields behind the number of the image.</param>
    /// <param name="answer">Takes the fields of the answer.</param>
    /// <param name="descriptors">Takes the files that an answer speaks of.</param>
    internal void Answer(ReaderCall call, Message request, Message answer, DescriptorExchange descriptors)
    {
        NodeId node = request.ReadNode();
        switch (call)
        {
            case ReaderCall.RootOf:
                answer.WriteNode(fileSystem.RootOf(node));
                break;
            case ReaderCall.Attributes:
                answer.WriteAttributes(fileSystem.GetAttributes(node));
                break;
            case ReaderCall.Lookup:
                Lookup(node, request.ReadBytes(), answer);
                break;
            case ReaderCall.List:
                List(node, request.Read<long>(), answer);
                break;
            case ReaderCall.ReadLink:
                answer.WriteBytes(fileSystem.ReadLink(node));
                break;
            case ReaderCall.OpenFile:
                BlockSource file = FileOf(node);
                answer.Write(file.Length);
                Locate(file, 0, answer, descriptors, isNeeded: false);
                break;
            case ReaderCall.Locate:
                Locate(FileOf(node), request.Read<long>(), answer, descriptors, isNeeded: true);
                break;
            case ReaderCall.Read:
                long offset = request.Read<long>();
                int length = request.Read<int>();
                ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)MaxRead);
                FileOf(node).ReadAt(offset, answer.AddBytes(length));
                break;
            case ReaderCall.AttributeNames:
                IReadOnlyList<byte[]> names = fileSystem.ListExtendedAttributes(node);
                answer.Write(names.Count);
                foreach (byte[] name in names)
                {
                    answer.WriteBytes(name);
                }

                break;
            case ReaderCall.AttributeValue:
                byte[]? value = fileSystem.GetExtendedAttribute(node, request.ReadBytes());
                answer.WriteFlag(value is not null);
                answer.WriteBytes(value);
                break;
            default:
                throw new LinuxException("read", Errno.EINVAL);
        }
    }

    private void Lookup(NodeId directory, ReadOnlySpan<byte> name, Message answer)
    {
        bool isFound = fileSystem.TryLookup(directory, name, out NodeId node);
        answer.WriteFlag(isFound);
        if (isFound)
        {
            answer.WriteNode(node);
            try
            {
                answer.WriteAttributes(fileSystem.GetAttributes(node));
            }
            catch (Exception e) when (e is ImageException or LinuxException)
            {
                answer.WriteError(e);
            }
        }
    }

    private void List(NodeId directory, long position, Message answer)
    {
        if (position == 0)
        {
            fileSystem.PrefetchAttributes(directory);
        }

        var listing = new Listing(fileSystem);
        fileSystem.ReadDirectory(directory, position, listing);
        answer.Write(listing.Count);
        answer.WriteFlag(!listing.IsFull);
        answer.Append(listing.Entries.Fields);
    }

    private BlockSource FileOf(NodeId node)
    {
        if (_files.TryGetValue(node, out BlockSource? known))
        {
            return known;
        }

        if (_files.Count >= MaxFiles)
        {
            _files.Clear();
        }

        return _files[node] = fileSystem.OpenFile(node);
    }

    // As many as come easily. What cannot be found is an error for who needs just that.
    private void Locate(BlockSource file, long offset, Message answer, DescriptorExchange descriptors, bool isNeeded)
    {
        var extents = new List<(LocatedExtent Extent, int Device)>();
        while (offset < file.Length && extents.Count < MaxExtents)
        {
            LocatedExtent extent;
            if (isNeeded && extents.Count == 0)
            {
                extent = file.Locate(offset, file.Length - offset);
            }
            else if (!file.TryLocate(offset, file.Length - offset, out extent))
            {
                break;
            }

            extents.Add((extent, extent.File is { } device ? NumberOf(device, descriptors) : 0));
            offset += extent.Length;
        }

        answer.Write(extents.Count);
        foreach ((LocatedExtent extent, int device) in extents)
        {
            answer.Write((byte)(extent.IsZero ? extent.Kind : device > 0 ? ExtentKind.Mapped : ExtentKind.Own));
            answer.WriteFlag(extent.HasOtherCopy);
            answer.Write(extent.Length);
            answer.Write(device);
            answer.Write(extent.Address);
        }
    }

    private int NumberOf(FileDevice device, DescriptorExchange descriptors)
    {
        lock (_devices)
        {
            return _devices.TryGetValue(device, out int known) ? known : _devices[device] = descriptors.Send(device.Descriptor);
        }
    }

    /// <summary>Entries of a directory, as many as one answer has.</summary>
    private sealed class Listing(FileSystem fileSystem) : IDirectorySink
    {
        private readonly Message _record = new();

        internal Message Entries { get; } = new();

        internal int Count { get; private set; }

        internal bool IsFull { get; private set; }

        public bool Add(in DirectoryEntry entry)
        {
            if (Count == MaxEntries)
            {
                IsFull = true;
                return false;
            }

            Count++;
            Entries.WriteBytes(entry.Name);
            Entries.WriteNode(entry.Node);
            Entries.Write((byte)entry.Type);
            Entries.Write(entry.Inode);
            Entries.Write(entry.NextPosition);
            _record.Clear();
            if (entry.Name is not ([(byte)'.'] or [(byte)'.', (byte)'.']))
            {
                Record(in entry);
            }

            Entries.WriteBytes(_record.Fields);
            return true;
        }

        private void Record(in DirectoryEntry entry)
        {
            try
            {
                _record.WriteAttributes(fileSystem.GetAttributes(in entry));
            }
            catch (Exception e) when (e is ImageException or LinuxException)
            {
                _record.WriteError(e);
            }
        }
    }
}
