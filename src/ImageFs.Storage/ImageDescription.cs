namespace ImageFs.Storage;

/// <summary>What <c>imagefs info</c> says of one thing in an image, and of the things inside it.</summary>
/// <param name="Kind">What it is: "iso9660", "el-torito", "partition".</param>
public sealed record ImageDescription(string Kind)
{
    /// <summary>Facts in the order to show them: a lower-case key, and a string, bool, long, or <see cref="DateTimeOffset"/>.</summary>
    public List<KeyValuePair<string, object>> Facts { get; } = [];

    /// <summary>What is inside.</summary>
    public List<ImageDescription> Children { get; } = [];

    /// <summary>The value of a fact; null when there is none of that key.</summary>
    public object? Find(string key) => Facts.Find(fact => fact.Key == key).Value;

    /// <summary>Adds a fact, unless it is null or an empty string.</summary>
    public ImageDescription With(string key, object? value)
    {
        if (value is not (null or ""))
        {
            Facts.Add(new KeyValuePair<string, object>(key, value));
        }

        return this;
    }
}
