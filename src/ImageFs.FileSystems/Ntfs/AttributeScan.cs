using ImageFs.Storage;

namespace ImageFs.FileSystems.Ntfs;

/// <summary>
/// Goes through all attributes of a file, in the order of their types: those of its record, or those that its list tells of, which may be
/// in further records. Of an attribute in several pieces all of them come, in order.
/// </summary>
internal ref struct AttributeScan
{
    private readonly MasterFileTable _table;
    private readonly FileRecord _base;
    private readonly AttributeList? _list;
    private PooledBuffer _buffer;
    private bool _hasBuffer;
    private AttributeWalker _walker;
    private int _place;

    /// <param name="volume">The volume.</param>
    /// <param name="record">The file's first record; its buffer must not change.</param>
    /// <exception cref="ImageException">Its list is damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public AttributeScan(NtfsVolume volume, FileRecord record)
    {
        _table = volume.Table;
        _base = record;
        Record = record;
        _list = AttributeList.Read(record, volume.Clusters);
        _walker = record.Attributes;
    }

    /// <summary>The attribute that it is at; good until the next one.</summary>
    public AttributeRecord Current { get; private set; }

    /// <summary>The record that the attribute is in.</summary>
    public FileRecord Record { get; private set; }

    /// <summary>The attribute that an entry of a list tells of.</summary>
    /// <param name="owner">The file.</param>
    /// <param name="record">The record that the entry leads to.</param>
    /// <param name="entry">The entry.</param>
    /// <exception cref="InvalidImageException">The record is not of this file, or has not this attribute.</exception>
    public static AttributeRecord FindPiece(FileReference owner, FileRecord record, scoped AttributeListEntry entry)
    {
        if (!record.IsInUse || record.Sequence != entry.Record.Sequence)
        {
            throw record.Damaged($"it is not the {entry.Record} that the attribute list of {owner} has", AttributeList.Clause);
        }

        if (record.Number != owner.Record && record.Base != owner)
        {
            throw record.Damaged($"it belongs to {record.Base}, and is in the attribute list of {owner}", AttributeList.Clause);
        }

        AttributeWalker walker = record.Attributes;
        while (walker.MoveNext())
        {
            if (walker.Current.Id == entry.Id && walker.Current.Is(entry.Type, entry.Name) && walker.Current.LowestVcn == entry.LowestVcn)
            {
                return walker.Current;
            }
        }

        throw record.Damaged($"it has no attribute {entry.Id} of type 0x{(uint)entry.Type:X}, which the attribute list of {owner} has", AttributeList.Clause);
    }

    /// <summary>Goes to the next attribute.</summary>
    /// <returns>False at the end.</returns>
    /// <exception cref="ImageException">A record is damaged, or of another file.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public bool MoveNext()
    {
        if (_list is null)
        {
            if (!_walker.MoveNext())
            {
                return false;
            }

            Current = _walker.Current;
            return true;
        }

        if (!_list.TryRead(ref _place, out AttributeListEntry entry))
        {
            return false;
        }

        Go(entry.Record.Record);
        Current = FindPiece(_base.Reference, Record, entry);
        return true;
    }

    /// <summary>Goes to the first attribute of a type and a name.</summary>
    /// <returns>False when there is none.</returns>
    /// <exception cref="ImageException">A record is damaged, or of another file.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public bool MoveTo(AttributeType type, ReadOnlySpan<char> name = default)
    {
        while (MoveNext())
        {
            if (Current.Is(type, name))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Gives the buffer of further records back.</summary>
    public readonly void Dispose()
    {
        if (_hasBuffer)
        {
            _buffer.Dispose();
        }
    }

    private void Go(long number)
    {
        if (number == Record.Number)
        {
            return;
        }

        if (number == _base.Number)
        {
            Record = _base;
            return;
        }

        if (!_hasBuffer)
        {
            _buffer = new PooledBuffer(_base.Bytes.Length);
            _hasBuffer = true;
        }

        // What it is at now is gone, whatever comes of it.
        Record = _base;
        Record = _table.Read(number, _buffer.Span);
    }
}
