namespace ImageFs.Storage.Volumes.Lvm;

/// <summary>A section of a configuration text: what it sets, and the sections in it, in the order of the text.</summary>
/// <param name="name">Its name; of the text as a whole empty.</param>
/// <param name="address">Where it begins, from the start of the physical volume.</param>
internal sealed class ConfigurationSection(string name, long address)
{
    private readonly Dictionary<string, IReadOnlyList<ConfigurationValue>> _settings = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ConfigurationSection> _sections = new(StringComparer.Ordinal);
    private readonly List<ConfigurationSection> _inOrder = [];

    /// <summary>Its name.</summary>
    public string Name => name;

    /// <summary>Where it begins, from the start of the physical volume.</summary>
    public long Address => address;

    /// <summary>The sections in it, in the order of the text.</summary>
    public IReadOnlyList<ConfigurationSection> Sections => _inOrder;

    /// <summary>The section of a name; null when there is none.</summary>
    public ConfigurationSection? FindSection(string key) => _sections.GetValueOrDefault(key);

    /// <summary>The values of an array, or the one value; null when it is not set.</summary>
    public IReadOnlyList<ConfigurationValue>? FindList(string key) => _settings.GetValueOrDefault(key);

    /// <summary>A number; null when it is not set.</summary>
    /// <exception cref="InvalidImageException">It is set to something else.</exception>
    public long? FindNumber(string key) => FindOne(key) is not { } value ? null : value.Number ?? throw Wrong(key, "is no number");

    /// <summary>A string; null when it is not set.</summary>
    /// <exception cref="InvalidImageException">It is set to something else.</exception>
    public string? FindText(string key) => FindOne(key) is not { } value ? null : value.Text ?? throw Wrong(key, "is no string");

    /// <summary>The strings of an array; none when it is not set.</summary>
    /// <exception cref="InvalidImageException">It has something else in it.</exception>
    public IReadOnlyList<string> Texts(string key) => [.. (FindList(key) ?? []).Select(value => value.Text ?? throw Wrong(key, "has something in it that is no string"))];

    /// <summary>A number that must be there.</summary>
    /// <param name="key">Its name.</param>
    /// <param name="most">What it may be at most; 0 is the least.</param>
    /// <exception cref="InvalidImageException">It is not there, no number, or too large.</exception>
    public long Number(string key, long most = long.MaxValue) =>
        FindNumber(key) is not { } number ? throw Wrong(key, "is not there")
        : number >= 0 && number <= most ? number
        : throw Wrong(key, $"is {number}, and at most {most} is possible");

    /// <summary>A string that must be there.</summary>
    /// <exception cref="InvalidImageException">It is not there, or no string.</exception>
    public string Text(string key) => FindText(key) ?? throw Wrong(key, "is not there");

    /// <summary>The error of a setting.</summary>
    /// <param name="key">Its name.</param>
    /// <param name="problem">What is wrong with it, as the end of a sentence.</param>
    public InvalidImageException Wrong(string key, string problem) => Wrong($"{key} {problem}");

    /// <summary>The error of the section.</summary>
    public InvalidImageException Wrong(string problem) => new(name.Length == 0 ? "LVM metadata" : $"LVM metadata, section {name}", address, problem, "lib/format_text/import_vsn1.c");

    /// <summary>Adds a setting; of two with one name the first counts.</summary>
    internal void Add(string key, IReadOnlyList<ConfigurationValue> values) => _settings.TryAdd(key, values);

    /// <summary>Adds a section, or finds the one that has its name already: what follows is added to it.</summary>
    internal ConfigurationSection Open(string key, long start)
    {
        if (!_sections.TryGetValue(key, out ConfigurationSection? section))
        {
            _sections[key] = section = new ConfigurationSection(key, start);
            _inOrder.Add(section);
        }

        return section;
    }

    private ConfigurationValue? FindOne(string key) =>
        FindList(key) is not { } list ? null : list is [var value] ? value : throw Wrong(key, $"has {list.Count} values instead of one");
}

/// <summary>A number or a string; of a number with a fraction, which volume groups have none of, its digits as a string.</summary>
/// <param name="Number">The number; null when it is a string.</param>
/// <param name="Text">The string; null when it is a number.</param>
internal readonly record struct ConfigurationValue(long? Number, string? Text);
