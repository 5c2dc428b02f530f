using ImageFs.Tree;

namespace ImageFs.Output;

/// <summary>The colours of names, as <c>LS_COLORS</c> gives them (dir_colors(5)), or as ls(1) has them by itself.</summary>
internal sealed class FileColours
{
    /// <summary>The variable.</summary>
    internal const string Variable = "LS_COLORS";

    private const uint SetUid = 0x800;
    private const uint SetGid = 0x400;
    private const uint Sticky = 0x200;
    private const uint OthersWrite = 2;
    private const uint Execute = 0x49; // --x--x--x

    private static readonly Dictionary<string, string> s_usual = new()
    {
        ["di"] = "01;34",
        ["ln"] = "01;36",
        ["pi"] = "40;33",
        ["so"] = "01;35",
        ["bd"] = "40;33;01",
        ["cd"] = "40;33;01",
        ["su"] = "37;41",
        ["sg"] = "30;43",
        ["tw"] = "30;42",
        ["ow"] = "34;42",
        ["st"] = "37;44",
        ["ex"] = "01;32",
    };

    private readonly Dictionary<string, string> _kinds = new(s_usual);
    private readonly List<(string End, string Code)> _ends = [];

    /// <param name="text">What the variable says; empty for the usual colours.</param>
    internal FileColours(string? text)
    {
        foreach (string entry in (text ?? string.Empty).Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            int equals = entry.IndexOf('=', StringComparison.Ordinal);
            string code = equals > 0 ? entry[(equals + 1)..] : string.Empty;

            // Whatever else it may hold has nothing to do with colours.
            if (equals <= 0 || !code.All(character => char.IsAsciiDigit(character) || character == ';'))
            {
                continue;
            }

            if (entry[0] == '*')
            {
                _ends.Add((entry[1..equals], code));
            }
            else
            {
                _kinds[entry[..equals]] = code;
            }
        }
    }

    /// <summary>What stands before a name and after it; both are empty for one without a colour.</summary>
    /// <param name="attributes">What the name is of.</param>
    /// <param name="name">The name.</param>
    internal (string Before, string After) Of(in NodeAttributes attributes, string name)
    {
        string kind = KindOf(attributes);
        string? code = _kinds.GetValueOrDefault(kind);

        // The last that fits counts.
        if (kind == "fi" && _ends.FindLast(end => name.EndsWith(end.End, StringComparison.Ordinal)) is { Code: { } found })
        {
            code = found;
        }

        return string.IsNullOrEmpty(code) || code is "0" or "00" ? (string.Empty, string.Empty) : ($"\e[{code}m", "\e[0m");
    }

    private static string KindOf(in NodeAttributes attributes)
    {
        uint mode = attributes.Permissions;
        return attributes.Type switch
        {
            NodeType.Directory => ((mode & Sticky) != 0, (mode & OthersWrite) != 0) switch
            {
                (true, true) => "tw",
                (false, true) => "ow",
                (true, false) => "st",
                _ => "di",
            },
            NodeType.SymbolicLink => "ln",
            NodeType.Fifo => "pi",
            NodeType.Socket => "so",
            NodeType.BlockDevice => "bd",
            NodeType.CharacterDevice => "cd",
            _ when (mode & SetUid) != 0 => "su",
            _ when (mode & SetGid) != 0 => "sg",
            _ when (mode & Execute) != 0 => "ex",
            _ => "fi",
        };
    }
}
