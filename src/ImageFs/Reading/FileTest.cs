using System.Globalization;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs.Reading;

/// <summary>A test that a file meets or not, as find(1) has it.</summary>
/// <param name="isMet">Whether a file meets it.</param>
internal sealed class FileTest(Func<WalkedNode, bool> isMet)
{
    private const int SecondsOfDay = 86400;
    private const int BlockShift = 9; // 512 bytes.

    /// <summary>Whether a file meets it.</summary>
    /// <exception cref="ImageException">What decides cannot be read.</exception>
    internal bool IsMetBy(WalkedNode file) => isMet(file);

    /// <summary>The last name of the path matches a pattern.</summary>
    internal static FileTest Name(string glob, bool ignoresCase)
    {
        var pattern = new Glob(glob, ignoresCase);
        return new FileTest(file =>
        {
            string name = ByteText.FromBytes(file.Path.Name).TrimEnd('/');
            return pattern.Matches(name.Length == 0 ? "/" : name[(name.LastIndexOf('/') + 1)..]);
        });
    }

    /// <summary>The path matches a pattern, of which a star matches slashes too.</summary>
    internal static FileTest Path(string glob)
    {
        var pattern = new Glob(glob);
        return new FileTest(file => pattern.Matches(file.Path.ToString()));
    }

    /// <summary>It is of one of the types, by find's letters with commas between them.</summary>
    /// <exception cref="OptionException">There is no such letter.</exception>
    internal static FileTest Type(string letters)
    {
        NodeType[] types = [.. letters.Split(',').Select(letter => letter switch
        {
            "f" => NodeType.Regular,
            "d" => NodeType.Directory,
            "l" => NodeType.SymbolicLink,
            "b" => NodeType.BlockDevice,
            "c" => NodeType.CharacterDevice,
            "p" => NodeType.Fifo,
            "s" => NodeType.Socket,
            _ => throw new OptionException($"-type {letters}", "the types are f, d, l, b, c, p and s, with commas between them"),
        })];
        return new FileTest(file => types.Contains(file.Attributes.Type));
    }

    /// <summary>Its size in units, rounded up.</summary>
    /// <exception cref="OptionException">It is no size.</exception>
    internal static FileTest Size(string text)
    {
        string number = text.TrimEnd('c', 'w', 'b', 'k', 'M', 'G');
        int? shift = text[number.Length..] switch { "" or "b" => BlockShift, "c" => 0, "w" => 1, "k" => 10, "M" => 20, "G" => 30, _ => null };
        Func<long, bool> isWanted = shift is null ? throw NoSize() : Number(number, NoSize);
        return new FileTest(file => isWanted((file.Attributes.Size >> shift.Value) + ((file.Attributes.Size & ((1L << shift.Value) - 1)) == 0 ? 0 : 1)));

        OptionException NoSize() => new($"-size {text}", "must be a number of blocks of 512 bytes, or one followed by c (bytes), k, M or G, with + or - before it");
    }

    /// <summary>Whole days since it was changed.</summary>
    /// <exception cref="OptionException">It is no number.</exception>
    internal static FileTest Days(string text, DateTimeOffset now)
    {
        Func<long, bool> isWanted = Number(text, () => new OptionException($"-mtime {text}", "must be a number of days, with + or - before it"));
        return new FileTest(file => isWanted((now.ToUnixTimeSeconds() - file.Attributes.ModifyTime.Seconds) / SecondsOfDay));
    }

    /// <summary>It was changed later.</summary>
    internal static FileTest Newer(Timestamp than) => new(file =>
        (file.Attributes.ModifyTime.Seconds, file.Attributes.ModifyTime.Nanoseconds).CompareTo((than.Seconds, than.Nanoseconds)) > 0);

    /// <summary>A point in time that a user gives, of this machine's time zone where it names none.</summary>
    /// <param name="option">The option that it is the value of.</param>
    /// <param name="text">The time.</param>
    /// <exception cref="OptionException">It is none.</exception>
    internal static Timestamp ParseTime(string option, string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out DateTimeOffset time)
            ? new Timestamp(time.ToUnixTimeSeconds(), (uint)(time.UtcTicks % TimeSpan.TicksPerSecond) * 100)
            : throw new OptionException($"{option} {text}", "must be a time such as 2026-01-31 or '2026-01-31 12:00'");

    /// <summary>Its permissions, set-user-id and its like among them: just these, with a minus at least these, with a slash any of them.</summary>
    /// <exception cref="OptionException">They are none.</exception>
    internal static FileTest Permissions(string text)
    {
        uint mode = 0;
        string digits = text.TrimStart('-', '/');
        bool isMode = digits.Length is > 0 and <= 4 && text.Length - digits.Length <= 1 && digits.All(digit => digit is >= '0' and <= '7');
        foreach (char digit in isMode ? digits : throw new OptionException($"-perm {text}", "must be up to four octal digits, with - or / before them"))
        {
            mode = (mode << 3) | (uint)(digit - '0');
        }

        return new FileTest(text[0] switch
        {
            '-' => file => (file.Attributes.Permissions & mode) == mode,
            '/' => file => mode == 0 || (file.Attributes.Permissions & mode) != 0,
            _ => file => file.Attributes.Permissions == mode,
        });
    }

    /// <summary>It holds nothing.</summary>
    internal static FileTest Empty(FileSystem fileSystem) => new(file => file.Attributes.Type switch
    {
        NodeType.Regular => file.Attributes.Size == 0,
        NodeType.Directory => IsEmptyDirectory(fileSystem, file.Node),
        _ => false,
    });

    private static bool IsEmptyDirectory(FileSystem fileSystem, NodeId directory)
    {
        var contents = DirectoryContents.Read(fileSystem, directory);
        contents.ThrowIfDamaged();
        return contents.Entries.Count == 0;
    }

    private static Func<long, bool> Number(string text, Func<OptionException> fail)
    {
        bool isSigned = text is ['+' or '-', ..];
        long wanted = long.TryParse(isSigned ? text[1..] : text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : throw fail();
        return text[0] switch
        {
            '+' => value => value > wanted,
            '-' => value => value < wanted,
            _ => value => value == wanted,
        };
    }
}
