using System.Globalization;

namespace ImageFs.Storage.Containers.AndroidSparse;

/// <summary>
/// The name of one of several files of a sparse image, which counts up without zeros in front: <c>super.img_sparsechunk.0</c>,
/// <c>system.img_sparsechunk1</c>, <c>system.img.0</c> (simg2simg).
/// </summary>
/// <param name="Prefix">What comes before the number.</param>
/// <param name="Number">The number.</param>
internal readonly record struct SparsePartName(string Prefix, int Number)
{
    private const string Chunk = "chunk";
    private const int MaxDigits = 4;

    /// <summary>Whether nothing else has such a name: what ends in a dot and a number only may be a version.</summary>
    public bool IsSure => Prefix.Contains(Chunk, StringComparison.Ordinal);

    /// <summary>The name.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Number}");

    /// <summary>The name of a file as that of a part; null when it is none.</summary>
    public static SparsePartName? Of(string path)
    {
        string name = Path.GetFileName(path);
        int digits = name.Length - name.AsSpan().TrimEnd("0123456789").Length;
        string prefix = name[..^digits];
        return digits is > 0 and <= MaxDigits
            && (digits == 1 || name[^digits] != '0')
            && (prefix.EndsWith('.') || prefix.EndsWith(Chunk, StringComparison.Ordinal))
                ? new SparsePartName(prefix, int.Parse(name.AsSpan(prefix.Length), CultureInfo.InvariantCulture))
                : null;
    }

    /// <summary>The names of all parts that are in a folder, by their numbers.</summary>
    /// <exception cref="TruncatedImageException">One between two others is missing.</exception>
    public IReadOnlyList<SparsePartName> FindAll(ImageFolder folder)
    {
        // A folder that does not tell what is in it knows a name.
        string prefix = Prefix;
        var numbers = new SortedSet<int> { Number };
        numbers.UnionWith(folder.List(string.Empty).Select(Of).OfType<SparsePartName>().Where(part => part.Prefix == prefix).Select(part => part.Number));
        if (numbers.Count > 1 || IsSure)
        {
            // They count from 0 or 1.
            int before = numbers.Min > 1 ? 0 : numbers.Min - 1;
            foreach (int number in numbers)
            {
                if (number > before + 1)
                {
                    throw new TruncatedImageException($"the part {prefix}{number - 1} of the sparse image is missing, and {prefix}{number} is there");
                }

                before = number;
            }
        }

        return [.. numbers.Select(number => new SparsePartName(prefix, number))];
    }
}
