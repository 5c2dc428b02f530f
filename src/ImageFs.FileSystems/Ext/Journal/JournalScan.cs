using System.Buffers.Binary;
using ImageFs.FileSystems.Checksums;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Ext.Journal;

/// <summary>
/// Goes through the log from its start, transaction by transaction, up to the last that was committed. What Linux does in three passes
/// takes one: a transaction counts when its commit block is found, first its copies, then its revocations, which cancel those of
/// the transactions before too.
/// </summary>
internal sealed class JournalScan
{
    private const int Crc32Type = 1;
    private const int Crc32Size = 4;
    private const int RevokeHeaderSize = 16;

    private readonly JournalLog _log;
    private readonly byte[] _block;
    private readonly byte[] _copy;
    private readonly List<uint> _pendingRevocations = [];
    private uint _next;
    private uint _left;
    private uint _sequence;
    private uint _transactionCrc = Crc32Mpeg2.Initial;
    private ulong _lastCommitSeconds;
    private bool _isSuspect;

    /// <param name="log">The journal.</param>
    /// <param name="blockSize">Its block size.</param>
    public JournalScan(JournalLog log, int blockSize)
    {
        _log = log;
        Copies = new JournalCopies(log.Length);
        _block = new byte[blockSize];
        _copy = new byte[blockSize];
        _next = log.Start;
        _left = log.Length;
        _sequence = log.Sequence;
    }

    /// <summary>The transaction after the last that was committed.</summary>
    public uint EndSequence => _sequence;

    /// <summary>The copies that count.</summary>
    public JournalCopies Copies { get; }

    /// <summary>Where the tail of a descriptor or revocation block begins.</summary>
    private int UsedEnd => _block.Length - (_log.HasBlockChecksums ? JournalBlock.TailSize : 0);

    /// <summary>Goes through the log.</summary>
    /// <exception cref="ImageException">The log is damaged: what was committed cannot be told.</exception>
    public void Run()
    {
        ReadLog();
        Copies.Finish();
    }

    private void ReadLog()
    {
        bool goesOn = true;
        while (goesOn && _left > 0)
        {
            uint number = Take(1);
            _log.Read(number, _block);
            var block = new JournalBlock(_block);
            if (block.Magic != JournalBlock.MagicNumber || block.Sequence != _sequence)
            {
                return;
            }

            switch (block.Type)
            {
                case JournalBlockType.Descriptor:
                    NoteChecksum(block);
                    NoteCopies();
                    break;
                case JournalBlockType.Revoke:
                    NoteChecksum(block);
                    _pendingRevocations.Add(number);
                    break;
                case JournalBlockType.Commit:
                    goesOn = TryCommit(block, number);
                    break;
                default:
                    return;
            }
        }
    }

    private uint Take(uint count)
    {
        uint taken = _next;
        _next = _log.Advance(_next, count);
        _left -= Math.Min(_left, count);
        return taken;
    }

    /// <summary>A block with a wrong checksum may be left over from an earlier round of the log: the commit block tells.</summary>
    private void NoteChecksum(JournalBlock block) => _isSuspect |= _log.HasBlockChecksums && !block.IsTailGood(_log.Seed);

    private void NoteCopies()
    {
        if (_log.HasTransactionChecksums)
        {
            _transactionCrc = Crc32Mpeg2.Append(_transactionCrc, _block);
        }

        ReadOnlySpan<byte> tags = _block.AsSpan(JournalBlock.HeaderSize..UsedEnd);
        bool isLast = false;
        while (!isLast && tags.Length >= JournalTag.SizeOf(_log.Incompatible))
        {
            var tag = new JournalTag(tags, _log.Incompatible);
            uint logBlock = Take(1);
            Copies.Add(tag.Block, logBlock, tag.IsEscaped, IsDamaged(logBlock, tag.Checksum));
            isLast = tag.IsLast;
            tags = tags[Math.Min(tag.Length, tags.Length)..];
        }
    }

    /// <summary>Whether a copy is not what its tag says. So the log is read once, from its start to its end.</summary>
    private bool IsDamaged(uint logBlock, uint checksum)
    {
        if (!_log.HasBlockChecksums && !_log.HasTransactionChecksums)
        {
            return false;
        }

        try
        {
            _log.Read(logBlock, _copy);
        }
        catch (ImageException)
        {
            return true;
        }

        if (_log.HasTransactionChecksums)
        {
            _transactionCrc = Crc32Mpeg2.Append(_transactionCrc, _copy);
        }

        if (!_log.HasBlockChecksums)
        {
            return false;
        }

        uint mask = _log.Incompatible.HasFlag(JournalIncompatibleFeatures.ChecksumV3) ? uint.MaxValue : ushort.MaxValue;
        uint crc = Crc32C.Append(_log.Seed, BinaryPrimitives.ReverseEndianness(_sequence));
        return (Crc32C.Append(crc, _copy) & mask) != checksum;
    }

    /// <returns>False when the log ends before this transaction.</returns>
    private bool TryCommit(JournalBlock block, uint number)
    {
        bool isOlder = block.CommitSeconds < _lastCommitSeconds;
        bool isGood = !_isSuspect && IsTransactionGood(block) && (!_log.HasBlockChecksums || block.IsCommitGood(_log.Seed));
        if (!isGood)
        {
            // An interrupted asynchronous commit looks like this, and so does what is left over from an earlier round.
            bool isEnd = isOlder || (!_isSuspect && _log.Incompatible.HasFlag(JournalIncompatibleFeatures.AsyncCommit));
            return isEnd
                ? false
                : throw new InvalidImageException(
                    "journal commit block",
                    _log.AddressOf(number),
                    $"a checksum of transaction {_sequence} is wrong; option noload leaves the journal alone",
                    JournalLog.Clause);
        }

        foreach (uint revocation in _pendingRevocations)
        {
            Revoke(revocation);
        }

        Copies.Commit();
        _pendingRevocations.Clear();
        _transactionCrc = Crc32Mpeg2.Initial;
        _lastCommitSeconds = block.CommitSeconds;
        _sequence = unchecked(_sequence + 1);
        return true;
    }

    private bool IsTransactionGood(JournalBlock block)
    {
        if (!_log.HasTransactionChecksums)
        {
            return true;
        }

        return block.CommitChecksumType == 0
            ? block.CommitChecksumSize == 0 && block.CommitChecksum == 0
            : block.CommitChecksumType == Crc32Type && block.CommitChecksumSize == Crc32Size && block.CommitChecksum == _transactionCrc;
    }

    private void Revoke(uint number)
    {
        _log.Read(number, _block);
        var block = new JournalBlock(_block);
        int size = _log.Incompatible.HasFlag(JournalIncompatibleFeatures.Bits64) ? sizeof(ulong) : sizeof(uint);
        if (block.RevokeLength > UsedEnd)
        {
            throw new InvalidImageException(
                "journal revocation block", _log.AddressOf(number), $"{block.RevokeLength} bytes are in use", JournalLog.Clause);
        }

        for (int offset = RevokeHeaderSize; offset + size <= block.RevokeLength; offset += size)
        {
            ReadOnlySpan<byte> record = _block.AsSpan(offset);
            Copies.Revoke(
                size == sizeof(ulong) ? BinaryPrimitives.ReadUInt64BigEndian(record) : BinaryPrimitives.ReadUInt32BigEndian(record));
        }
    }
}
