using ImageFs.Tree;

namespace ImageFs.FileSystems.Ntfs;

/// <summary>A node: a file, or a stream of one that has a name.</summary>
internal readonly record struct NtfsNode
{
    /// <summary>Records that a volume may have: a number of one has 32 bits.</summary>
    public const long MaxRecords = 1L << StreamShift;

    private const int StreamShift = 32;

    // Above the number of the record. Numbers up to 2^55 need no place in tables of nodes: those of 127 streams do not.
    private const int SequenceIdShift = 32;
    private const int StreamIdShift = 48;

    /// <param name="id">The node's id.</param>
    public NtfsNode(NodeId id)
    {
        Record = (long)(id.Value & (MaxRecords - 1));
        Sequence = (ushort)((id.Value >> SequenceIdShift) & ushort.MaxValue);
        Stream = (int)(id.Value >> StreamIdShift);
    }

    /// <param name="file">The file, whose record there is.</param>
    /// <param name="stream">Which of its named streams, from 1 on; 0 for the file.</param>
    public NtfsNode(FileReference file, int stream = 0)
    {
        Record = file.Record;

        // The root is known before it is read.
        Sequence = file.Record == SystemFiles.Root ? (ushort)0 : file.Sequence;
        Stream = Math.Min(stream, ushort.MaxValue);
    }

    /// <summary>The number of the file's record.</summary>
    public long Record { get; }

    /// <summary>The sequence number that the record has as long as the file exists; 0 when it is not known.</summary>
    public ushort Sequence { get; }

    /// <summary>Which of the file's named streams, from 1 on; 0 for the file.</summary>
    public int Stream { get; }

    /// <summary>The node's id.</summary>
    public NodeId Id => new((ulong)Record | ((ulong)Sequence << SequenceIdShift) | ((ulong)Stream << StreamIdShift));

    /// <summary>A number that no other stream of the volume has; that of a file is its record's.</summary>
    public long Number => Record | ((long)Stream << StreamShift);
}
