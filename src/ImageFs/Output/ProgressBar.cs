using System.Globalization;
using System.Text;
using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Output;

/// <summary>
/// A bar on the terminal that shows how much is done, and how long the rest will take; nothing where standard error is no terminal. What takes no
/// time has none.
/// </summary>
internal sealed class ProgressBar : IDisposable
{
    private const int Cells = 30;
    private const int FewestCells = 5;
    private const int UsualWidth = 80;
    private const int IntervalInMilliseconds = 100;

    // How fast it goes is not known at once.
    private const int SecondsToKnow = 1;
    private const string Erase = "\r\u001b[K";

    private readonly bool _isShown;
    private readonly Func<long, string> _text;
    private readonly Lazy<long> _total;
    private readonly long _start = Environment.TickCount64;
    private long _nextAt = Environment.TickCount64 + IntervalInMilliseconds;
    private long _done;
    private bool _isDrawn;

    /// <param name="total">Finds how much there is to do, in bytes, 0 where nobody knows; asked only where the bar is shown.</param>
    /// <param name="hasTerminal">Whether standard error comes to a terminal though it is none itself.</param>
    internal ProgressBar(Func<long> total, bool hasTerminal = false)
        : this(total, ByteSize.Text, hasTerminal)
    {
    }

    private ProgressBar(Func<long> total, Func<long, string> text, bool hasTerminal)
    {
        _isShown = hasTerminal || !Console.IsErrorRedirected;
        _total = new Lazy<long>(total, isThreadSafe: false);
        _text = text;
    }

    /// <summary>One for files that are looked at, of which nobody knows how many there are.</summary>
    internal static ProgressBar OfFiles() =>
        new(static () => 0, static count => string.Create(CultureInfo.InvariantCulture, $"{count} files"), hasTerminal: false);

    /// <summary>More is done.</summary>
    internal void Add(long amount)
    {
        _done += amount;
        if (_isShown && Environment.TickCount64 >= _nextAt)
        {
            int width = Terminals.FindWidth(Descriptors.StandardError) is > 0 and int columns ? columns : UsualWidth;
            Write($"{Erase}{Line(_done, _total.Value, (Environment.TickCount64 - _start) / 1000.0, width - 1)}");
            _isDrawn = true;
            _nextAt = Environment.TickCount64 + IntervalInMilliseconds;
        }
    }

    /// <summary>A way to say something that takes the bar away before.</summary>
    internal Action<string> Interrupt(Action<string> say) => line =>
    {
        Hide();
        say(line);
    };

    /// <summary>Takes the bar away until there is more to show.</summary>
    internal void Hide()
    {
        if (_isDrawn)
        {
            Write(Erase);
            _isDrawn = false;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Hide();

    // What there is no room for is left out: the bar first, and of the text its end.
    private string Line(long done, long total, double seconds, int width)
    {
        string text = total > 0 ? $"{_text(done)} of {_text(total)}" : _text(done);
        if (seconds >= SecondsToKnow && done > 0)
        {
            double rate = done / seconds;
            string left = total > done ? $", {TimeText((total - done) / rate)} left" : string.Empty;
            text = $"{text}, {_text((long)rate)}/s{left}";
        }

        int cells = Math.Min(Cells, width - text.Length - "[] ".Length);
        if (cells >= FewestCells)
        {
            int full = total > 0 ? (int)Math.Min(cells, done * (double)cells / total) : 0;
            text = $"[{new string('#', full)}{new string('-', cells - full)}] {text}";
        }

        return text[..Math.Clamp(width, 0, text.Length)];
    }

    private static string TimeText(double seconds) => seconds switch
    {
        < 100 => string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(seconds)} s"),
        < 6000 => string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(seconds / 60)} min"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{Math.Ceiling(seconds / 3600)} h"),
    };

    private static void Write(string text) => Descriptors.Write(Descriptors.StandardError, Encoding.UTF8.GetBytes(text), out _);
}
