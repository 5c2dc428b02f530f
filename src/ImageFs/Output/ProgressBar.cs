using System.Text;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Output;

/// <summary>A bar on the terminal that shows how much is done; nothing where standard error is no terminal.</summary>
internal sealed class ProgressBar : IDisposable
{
    private const int Cells = 30;
    private const int IntervalInMilliseconds = 100;
    private const string Erase = "\r\u001b[K";

    private readonly bool _isShown;
    private readonly long _total;
    private long _done;
    private long _nextAt;

    /// <param name="total">Finds how much there is to do, in bytes, 0 where nobody knows; asked only where the bar is shown.</param>
    /// <param name="hasTerminal">Whether standard error comes to a terminal though it is none itself.</param>
    internal ProgressBar(Func<long> total, bool hasTerminal = false)
    {
        _isShown = hasTerminal || !Console.IsErrorRedirected;
        _total = _isShown ? total() : 0;
    }

    /// <summary>More is done.</summary>
    internal void Add(long bytes)
    {
        _done += bytes;
        if (_isShown && Environment.TickCount64 >= _nextAt)
        {
            _nextAt = Environment.TickCount64 + IntervalInMilliseconds;
            int cells = _total > 0 ? (int)Math.Min(Cells, _done * (double)Cells / _total) : 0;
            Write($"{Erase}[{new string('#', cells)}{new string('-', Cells - cells)}] {ByteSize.Text(_done)}{(_total > 0 ? $" of {ByteSize.Text(_total)}" : string.Empty)}");
        }
    }

    /// <summary>A way to say something that takes the bar away before.</summary>
    internal Action<string> Interrupt(Action<string> say) => line =>
    {
        Dispose();
        say(line);
    };

    /// <summary>Takes the bar away.</summary>
    public void Dispose()
    {
        if (_isShown)
        {
            Write(Erase);
        }
    }

    private static void Write(string text) => Descriptors.Write(Descriptors.StandardError, Encoding.UTF8.GetBytes(text), out _);
}
