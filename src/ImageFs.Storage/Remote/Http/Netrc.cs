using System.Text;

namespace ImageFs.Storage.Remote.Http;

/// <summary>Users and passwords by the names of hosts, as in a file <c>~/.netrc</c> (netrc(5)).</summary>
/// <param name="text">The file's contents.</param>
internal sealed class Netrc(string text)
{
    private readonly List<Entry> _entries = Read(text);

    /// <summary>The user and the password for a host; null when there is none. The entry <c>default</c> is for all hosts not named before.</summary>
    /// <param name="host">The host's name.</param>
    /// <param name="user">The user, where it is known already; null for any.</param>
    internal (string User, string Password)? Find(string host, string? user)
    {
        foreach (Entry entry in _entries)
        {
            if ((entry.Host is null || string.Equals(entry.Host, host, StringComparison.OrdinalIgnoreCase)) && (user is null || entry.User == user) && entry.User is not null)
            {
                return (entry.User, entry.Password ?? string.Empty);
            }
        }

        return null;
    }

    private static List<Entry> Read(string text)
    {
        var entries = new List<Entry>();
        int at = 0;
        while (NextWord(text, ref at) is { } word)
        {
            switch (word)
            {
                case "machine":
                    entries.Add(new Entry(NextWord(text, ref at) ?? string.Empty));
                    break;
                case "default":
                    entries.Add(new Entry(null));
                    break;
                case "login" when entries.Count > 0:
                    entries[^1] = entries[^1] with { User = NextWord(text, ref at) };
                    break;
                case "password" when entries.Count > 0:
                    entries[^1] = entries[^1] with { Password = NextWord(text, ref at) };
                    break;
                case "account":
                    _ = NextWord(text, ref at);
                    break;
                case "macdef":
                    // A macro goes on to an empty line.
                    at = text.IndexOf("\n\n", at, StringComparison.Ordinal) is >= 0 and var end ? end : text.Length;
                    break;
            }
        }

        return entries;
    }

    // Words are parted by white space; one in quotes may have some in it, and a backslash before any sign. A comment begins with #.
    private static string? NextWord(string text, ref int at)
    {
        while (at < text.Length && (char.IsWhiteSpace(text[at]) || text[at] == '#'))
        {
            at = text[at] != '#' ? at + 1 : text.IndexOf('\n', at) is >= 0 and var end ? end : text.Length;
        }

        if (at == text.Length)
        {
            return null;
        }

        bool isQuoted = text[at] == '"';
        at += isQuoted ? 1 : 0;
        var word = new StringBuilder();
        while (at < text.Length && (isQuoted ? text[at] != '"' : !char.IsWhiteSpace(text[at])))
        {
            at += isQuoted && text[at] == '\\' && at + 1 < text.Length ? 1 : 0;
            word.Append(text[at++]);
        }

        at += isQuoted && at < text.Length ? 1 : 0;
        return word.ToString();
    }

    private sealed record Entry(string? Host, string? User = null, string? Password = null);
}
