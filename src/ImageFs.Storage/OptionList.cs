using System.Globalization;
using ImageFs.Linux;

namespace ImageFs.Storage;

/// <summary>
/// A list of options, as mount(8) and every command that reads an image take it: <c>ro,uid=1000,norock</c>. Each layer takes those
/// that it knows; what is left in the end is unknown.
/// </summary>
public sealed class OptionList
{
    private readonly List<(string Name, string? Value)> _options = [];

    /// <summary>Options that are known by the names of those left.</summary>
    public IEnumerable<string> Names => _options.Select(option => option.Name);

    /// <summary>Splits a list at its commas; a comma inside double quotes does not count, as for mount(8).</summary>
    public static OptionList Parse(string? list)
    {
        var options = new OptionList();
        options.Add(list);
        return options;
    }

    /// <summary>Adds the options of a further list.</summary>
    public void Add(string? list)
    {
        foreach (string option in Split(list ?? string.Empty))
        {
            int equals = option.IndexOf('=', StringComparison.Ordinal);
            _options.Add(equals < 0 ? (option, null) : (option[..equals], option[(equals + 1)..].Trim('"')));
        }
    }

    /// <summary>The same options, to be taken from apart.</summary>
    public OptionList Copy()
    {
        var copy = new OptionList();
        copy._options.AddRange(_options);
        return copy;
    }

    /// <summary>Leaves only the options of these names.</summary>
    public void Keep(IReadOnlySet<string> names) => _options.RemoveAll(option => !names.Contains(option.Name));

    /// <summary>Refuses options that no layer has taken.</summary>
    /// <exception cref="OptionException">Options are left: none of them is known. All are named.</exception>
    public void RefuseRest()
    {
        string[] unknown = [.. Names.Distinct()];
        if (unknown.Length > 0)
        {
            throw new OptionException(string.Join(',', unknown), "unknown; see imagefs(1)");
        }
    }

    /// <summary>Takes an option that stands alone; of several the last counts, and all are taken.</summary>
    /// <exception cref="OptionException">It has a value.</exception>
    public bool TakeFlag(string name)
    {
        if (!TryTake(name, out string? value))
        {
            return false;
        }

        return value is null ? true : throw new OptionException($"{name}={value}", "takes no value");
    }

    /// <summary>Takes an option with a value; null when it was not given. Of several the last counts, and all are taken.</summary>
    /// <exception cref="OptionException">It has no value.</exception>
    public string? TakeValue(string name)
    {
        if (!TryTake(name, out string? value))
        {
            return null;
        }

        return string.IsNullOrEmpty(value) ? throw new OptionException(name, "needs a value") : value;
    }

    /// <summary>Takes an option whose value is one of a few words; null when it was not given.</summary>
    /// <param name="name">The option.</param>
    /// <param name="choices">The words; at least two.</param>
    /// <exception cref="OptionException">It has no value, or none of these.</exception>
    public string? TakeChoice(string name, params IReadOnlyList<string> choices)
    {
        string? value = TakeValue(name);
        return value is null || choices.Contains(value)
            ? value
            : throw new OptionException($"{name}={value}", $"must be {string.Join(", ", choices.SkipLast(1))} or {choices[^1]}");
    }

    /// <summary>Takes an option that may be given several times, with its values in that order.</summary>
    /// <exception cref="OptionException">It has no value.</exception>
    public IReadOnlyList<string> TakeValues(string name)
    {
        List<string> values = _options.FindAll(option => option.Name == name).ConvertAll(option => option.Value ?? string.Empty);
        _options.RemoveAll(option => option.Name == name);
        return values.Contains(string.Empty) ? throw new OptionException(name, "needs a value") : values;
    }

    /// <summary>Takes an option with a number; null when it was not given.</summary>
    /// <param name="name">The option.</param>
    /// <param name="octal">Whether it is in octal, as file modes are.</param>
    /// <param name="max">The largest that is allowed.</param>
    /// <exception cref="OptionException">It is no number, or too large.</exception>
    public uint? TakeNumber(string name, bool octal = false, uint max = uint.MaxValue)
    {
        string? text = TakeValue(name);
        if (text is null)
        {
            return null;
        }

        ulong number = 0;
        uint radix = octal ? 8u : 10u;
        foreach (char c in text)
        {
            uint digit = unchecked((uint)(c - '0'));
            number = digit < radix && number <= uint.MaxValue ? (number * radix) + digit : ulong.MaxValue;
            if (number > max)
            {
                throw new OptionException($"{name}={text}", octal ? $"must be an octal number up to {Convert.ToString(max, 8)}" : $"must be a number up to {max}");
            }
        }

        return (uint)number;
    }

    /// <summary>Takes an option with a user, by number or by name; null when it was not given.</summary>
    /// <exception cref="OptionException">It is no number, and this machine has no such user.</exception>
    public uint? TakeUser(string name) => TakeAccount(name, Accounts.FindUser, "user");

    /// <summary>Takes an option with a group, by number or by name; null when it was not given.</summary>
    /// <exception cref="OptionException">It is no number, and this machine has no such group.</exception>
    public uint? TakeGroup(string name) => TakeAccount(name, Accounts.FindGroup, "group");

    /// <summary>Takes an option with a size; null when it was not given: bytes, or a number of KiB, MiB or more: 512, 1M, 1MiB.</summary>
    /// <exception cref="OptionException">It is no size.</exception>
    public long? TakeSize(string name)
    {
        return TakeValue(name) is { } text ? ParseSize(name, text) : null;
    }

    /// <summary>Reads a size as <see cref="TakeSize"/> does.</summary>
    /// <param name="name">The option that it is the value of, for messages.</param>
    /// <param name="text">The size.</param>
    /// <exception cref="OptionException">It is none.</exception>
    public static long ParseSize(string name, string text)
    {
        string number = text.EndsWith("iB", StringComparison.Ordinal) ? text[..^2] : text;
        int shift = number.Length == 0 ? 0 : number[^1] switch { 'K' => 10, 'M' => 20, 'G' => 30, 'T' => 40, _ => 0 };
        if (shift > 0)
        {
            number = number[..^1];
        }

        return long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long value) && value <= long.MaxValue >> shift
            ? value << shift
            : throw new OptionException($"{name}={text}", "must be a number of bytes, or one followed by K, M, G or T");
    }

    /// <summary>Takes an option of either form; of several the last counts, and all are taken.</summary>
    public bool TryTake(string name, out string? value)
    {
        value = null;
        bool found = false;
        for (int i = 0; i < _options.Count; i++)
        {
            if (_options[i].Name == name)
            {
                value = _options[i].Value;
                found = true;
                _options.RemoveAt(i--);
            }
        }

        return found;
    }

    private uint? TakeAccount(string name, Func<string, uint?> find, string kind)
    {
        string? text = Copy().TakeValue(name);
        if (text is null || text.All(char.IsAsciiDigit))
        {
            return TakeNumber(name);
        }

        TryTake(name, out _);
        return find(text) ?? throw new OptionException($"{name}={text}", $"is neither a number nor a {kind} of this machine");
    }

    private static IEnumerable<string> Split(string list)
    {
        int start = 0;
        bool quoted = false;
        for (int i = 0; i <= list.Length; i++)
        {
            if (i == list.Length || (list[i] == ',' && !quoted))
            {
                if (i > start)
                {
                    yield return list[start..i];
                }

                start = i + 1;
            }
            else if (list[i] == '"')
            {
                quoted = !quoted;
            }
        }
    }
}
