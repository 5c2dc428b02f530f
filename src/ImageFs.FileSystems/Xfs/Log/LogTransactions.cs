using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Xfs.Log;

/// <summary>Puts transactions together of the operations in a log: regions that several records have, of several transactions at once. Only what was committed is handed on.</summary>
/// <param name="reader">The log.</param>
internal sealed class LogTransactions(LogReader reader)
{
    // Linux commits 32 MiB at once at the most; what is in no transaction that ends is never more than a few.
    private const long MaxBytes = 256L << 20;

    private const int HeaderSize = 16;
    private const uint MagicNumber = 0x5452414E;

    private readonly Dictionary<uint, Transaction> _open = [];
    private long _bytes;

    /// <summary>Reads the log and hands on each transaction when it was committed.</summary>
    /// <param name="commit">Takes the items of one, and the place of the record that it began in.</param>
    /// <exception cref="ImageException">The log is damaged, or cannot be read.</exception>
    public void Read(Action<List<LogItem>, LogPlace> commit)
    {
        reader.Read((in Operation operation) =>
        {
            if (Take(in operation) is { } transaction)
            {
                commit(transaction.Items, transaction.Start);
            }
        });
    }

    // The transaction that the operation commits; null when it does not.
    private Transaction? Take(in Operation operation)
    {
        if (operation.Flags.HasFlag(OperationFlags.Unmount))
        {
            return null;
        }

        if (operation.Flags.HasFlag(OperationFlags.Start))
        {
            _open[operation.Transaction] = new Transaction(operation.Place);
            return null;
        }

        // What began before the tail is written elsewhere.
        if (!_open.TryGetValue(operation.Transaction, out Transaction? transaction))
        {
            return null;
        }

        if (operation.Flags.HasFlag(OperationFlags.Commit))
        {
            _open.Remove(operation.Transaction);
            _bytes -= transaction.Bytes;
            return transaction.Items.TrueForAll(item => item.IsWhole)
                ? transaction
                : throw reader.Damaged(operation.Block, $"transaction 0x{operation.Transaction:X8} was committed, and an item of it is not whole");
        }

        Count(transaction, operation.Region.Length);
        if (operation.Flags.HasFlag(OperationFlags.Continued))
        {
            Continue(transaction, in operation);
        }
        else if (!operation.Region.IsEmpty)
        {
            Add(transaction, in operation);
        }

        return null;
    }

    private void Count(Transaction transaction, int bytes)
    {
        transaction.Bytes += bytes;
        _bytes += bytes;
        if (_bytes > MaxBytes)
        {
            throw new UnsupportedFeatureException($"a log with more than {ByteSize.Text(MaxBytes)} in transactions at once (-o norecovery leaves the log alone)", LogReader.Clause);
        }
    }

    private void Continue(Transaction transaction, in Operation operation)
    {
        if (transaction.Items.Count > 0)
        {
            transaction.Items[^1].Continue(operation.Region);
            return;
        }

        transaction.Header = [.. transaction.Header, .. operation.Region];
        Check(transaction, in operation);
    }

    private void Add(Transaction transaction, in Operation operation)
    {
        if (transaction.Header.Length == 0)
        {
            transaction.Header = operation.Region.ToArray();
            Check(transaction, in operation);
            return;
        }

        if (transaction.Items.Count > 0 && !transaction.Items[^1].IsWhole)
        {
            transaction.Items[^1].Add(operation.Region.ToArray());
            return;
        }

        transaction.Items.Add(LogItem.IsFormat(operation.Region)
            ? new LogItem(operation.Region.ToArray(), operation.Block)
            : throw reader.Damaged(operation.Block, $"an item of transaction 0x{operation.Transaction:X8} begins with {operation.Region.Length} bytes that are no format"));
    }

    // A header may have come in two parts.
    private void Check(Transaction transaction, in Operation operation)
    {
        if (transaction.Header.Length > HeaderSize
            || (transaction.Header.Length >= sizeof(uint) && BinaryPrimitives.ReadUInt32LittleEndian(transaction.Header) != MagicNumber))
        {
            throw reader.Damaged(operation.Block, $"transaction 0x{operation.Transaction:X8} begins with {transaction.Header.Length} bytes that are no header");
        }
    }

    private sealed class Transaction(LogPlace start)
    {
        public LogPlace Start => start;

        public List<LogItem> Items { get; } = [];

        public byte[] Header { get; set; } = [];

        public long Bytes { get; set; }
    }
}
