using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Tree;

/// <summary>
/// The nodes of a tree as numbers of 64 bits, for whom can pass no more: the kernel. Most are made of the node alone, without a table. The
/// others are in windows: their lower bits are the node's, the upper ones number a pair of its <see cref="NodeId.Space"/> and the upper
/// bits of its value, in a table that only grows. A number stays good as long as this object lives. Safe from any thread.
/// </summary>
/// <remarks>
/// Numbers above 1 and below 2^55 stand for themselves, in each volume: so nearly all nodes do that are not in one of several images.
/// </remarks>
public sealed class NodeNumbers
{
    /// <summary>Windows that there are at most, so that a tree made to need many does not take all memory: these take 20 MB.</summary>
    public const int MaxWindows = 1 << 18;

    private const int VolumeShift = 55;
    private const ulong ValueMask = (1UL << VolumeShift) - 1;
    private const ulong SmallestValue = 2;

    private const ulong WindowBit = 1UL << 63;
    private const int WindowShift = 44;
    private const ulong LowMask = (1UL << WindowShift) - 1;

    private readonly Lock _adding = new();
    private readonly Dictionary<(ulong Space, ulong High), int> _windows = [];
    private Window[] _table = [];
    private Window? _last;

    /// <summary>Windows that there are.</summary>
    public int Windows => _windows.Count;

    /// <summary>The number of a node: above 1, and the same each time.</summary>
    /// <exception cref="UnsupportedFeatureException">It would need another window, and there are <see cref="MaxWindows"/>.</exception>
    public ulong ToNumber(NodeId node)
    {
        ulong volume = TreeLevel.Volume.NumberOf(node);
        return node.Value <= ValueMask && TreeLevel.Volume.Leave(node).Space == 0 && (volume > 0 || node.Value >= SmallestValue)
            ? (volume << VolumeShift) | node.Value
            : WindowBit | ((ulong)FindWindow(node.Space, node.Value >> WindowShift) << WindowShift) | (node.Value & LowMask);
    }

    /// <summary>The node that a number stands for.</summary>
    /// <exception cref="LinuxException">It was never given (ESTALE).</exception>
    public NodeId ToNode(ulong number)
    {
        if ((number & WindowBit) == 0)
        {
            return TreeLevel.Volume.Enter(new NodeId(number & ValueMask), number >> VolumeShift);
        }

        Window[] table = Volatile.Read(ref _table);
        ulong index = (number & ~WindowBit) >> WindowShift;
        return index < (ulong)table.Length && table[index] is { } window
            ? new NodeId((window.High << WindowShift) | (number & LowMask), window.Space)
            : throw new LinuxException("lookup", Errno.ESTALE);
    }

    private int FindWindow(ulong space, ulong high)
    {
        Window? last = Volatile.Read(ref _last);
        if (last is not null && last.Space == space && last.High == high)
        {
            return last.Number;
        }

        lock (_adding)
        {
            if (!_windows.TryGetValue((space, high), out int number))
            {
                number = Add(space, high);
            }

            Volatile.Write(ref _last, _table[number]);
            return number;
        }
    }

    private int Add(ulong space, ulong high)
    {
        int number = _windows.Count;
        if (number == MaxWindows)
        {
            throw new UnsupportedFeatureException($"nodes in more than {MaxWindows} ranges of {LowMask + 1} numbers");
        }

        Window[] table = _table;
        if (number == table.Length)
        {
            Array.Resize(ref table, Math.Max(16, 2 * number));
        }

        table[number] = new Window(space, high, number);
        _windows.Add((space, high), number);
        Volatile.Write(ref _table, table);
        return number;
    }

    private sealed record Window(ulong Space, ulong High, int Number);
}
