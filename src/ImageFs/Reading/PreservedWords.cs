using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Reading;

/// <summary>The words that cp(1) has for what a copy keeps, and which extended attribute belongs to which.</summary>
internal static class PreservedWords
{
    private static readonly (string Word, Preserved Meaning)[] s_words =
    [
        ("mode", Preserved.Permissions | Preserved.SetId),
        ("ownership", Preserved.Ownership),
        ("timestamps", Preserved.Times),
        ("links", Preserved.Links),
        ("xattr", Preserved.UserAttributes | Preserved.SystemAttributes),
        ("context", Preserved.Context),
        ("devices", Preserved.Devices),
        ("all", Processes.IsRoot ? Preserved.All : Preserved.All & ~Preserved.Ownership),
    ];

    /// <summary>
    /// What is kept without a word: all that can do no harm where it comes to lie. An image is untrusted, and what gives its files
    /// power over this machine has to be asked for.
    /// </summary>
    internal static Preserved Default =>
        Preserved.Permissions | Preserved.Times | Preserved.Links | Preserved.UserAttributes | (Processes.IsRoot ? Preserved.Ownership : 0);

    /// <summary>The words, for people.</summary>
    internal static string Listing => string.Join(", ", s_words.Select(known => known.Word));

    /// <summary>Reads a list of words with commas between.</summary>
    /// <param name="option">The option that it is the value of, for messages.</param>
    /// <param name="list">The list.</param>
    /// <exception cref="OptionException">A word is unknown.</exception>
    internal static Preserved Parse(string option, string list) => list.Split(',', StringSplitOptions.TrimEntries).Aggregate(
        Preserved.None,
        (kept, word) => kept | (Array.Find(s_words, known => known.Word == word) is { Word: not null } found
            ? found.Meaning
            : throw new OptionException($"{option}={list}", $"must be a list of {Listing}")));

    /// <summary>What has to be kept for an extended attribute to be.</summary>
    /// <param name="name">The attribute's name with its prefix.</param>
    internal static Preserved OfAttribute(ReadOnlySpan<byte> name) =>
        name.StartsWith("user."u8) ? Preserved.UserAttributes
        : name.StartsWith("system.posix_acl_"u8) ? Preserved.Permissions
        : name.SequenceEqual("security.selinux"u8) ? Preserved.Context
        : Preserved.SystemAttributes;
}
