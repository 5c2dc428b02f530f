using ImageFs.Help;
using ImageFs.Tree;

namespace ImageFs.Advice;

/// <summary>Finds what was meant by an option of <c>-o</c> that is none, or by the value of one that has only some.</summary>
internal static class NearOption
{
    /// <summary>What may have been meant; null when that is nothing that is near.</summary>
    /// <param name="option">The option as it was given, with its value.</param>
    internal static string? Find(string option)
    {
        string[] terms = [.. MountOptionHelp.Groups.SelectMany(group => group.Rows).Select(row => row.Term)];
        (string name, string? value) = Split(option);
        string? term = terms.FirstOrDefault(term => Split(term).Name == name);
        if (term is null)
        {
            string? near = NearWord.Find(name, terms.Select(known => Split(known).Name));
            return near is null || value is null ? near : $"{near}={value}";
        }

        return value is not null && Split(term).Value?.Split('|') is { Length: > 1 } choices && NearWord.Find(value, choices) is { } choice && choice != value
            ? $"{name}={choice}"
            : null;
    }

    private static (string Name, string? Value) Split(string option) =>
        option.IndexOf('=', StringComparison.Ordinal) is >= 0 and var end ? (option[..end], option[(end + 1)..]) : (option, null);
}
