using ImageFs.Storage;

namespace ImageFs.Commands;

/// <summary><c>-t TYPES</c> as mount(8) has it: the same as <c>-o fs=</c>; <c>auto</c>, <c>imagefs</c> and <c>fuse.imagefs</c> are none.</summary>
internal static class TypeOption
{
    private const string Prefix = "imagefs.";

    /// <summary>A list of mount options with the types before it: an option that says a format plainly counts more.</summary>
    /// <param name="types">The values of -t.</param>
    /// <param name="options">The list.</param>
    internal static string Join(string[]? types, string options)
    {
        string[] formats =
        [
            .. (types ?? []).SelectMany(list => list.Split(',', StringSplitOptions.RemoveEmptyEntries))
                .Select(type => type.StartsWith(Prefix, StringComparison.Ordinal) ? type[Prefix.Length..] : type)
                .Where(type => type is not ("auto" or "imagefs" or "fuse" or "fuse.imagefs")),
        ];
        string[] words = formats.Length == 0 ? [options] : [$"fs=\"{string.Join(',', formats)}\"", options];
        return string.Join(',', words.Where(word => word.Length > 0));
    }

    /// <summary>The same, split into options.</summary>
    internal static OptionList Parse(string[]? types, string options) => OptionList.Parse(Join(types, options));
}
