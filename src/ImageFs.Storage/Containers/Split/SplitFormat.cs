using System.Globalization;

namespace ImageFs.Storage.Containers.Split;

/// <summary>A raw image in parts: <c>disk.img.001</c>, <c>disk.img.002</c>, as split(1), 7-Zip and forensic tools make them.</summary>
public sealed class SplitFormat : ContainerFormat
{
    internal const string FormatName = "split";

    // A descriptor for each.
    private const int MaxParts = 999;

    /// <inheritdoc/>
    public override string Name => FormatName;

    /// <summary>Whether it is the first part, and there is a second.</summary>
    public override bool Probe(ImageFile file) => FirstNumber(file.Name) is { } number && file.Folder.Contains(NameOf(file.Name, number + 1));

    /// <inheritdoc/>
    public override Container Open(ImageFile file, MountOptions options, Action<string> warn)
    {
        var parts = new List<BlockSource> { file.Source };
        int first = FirstNumber(file.Name) ?? throw new UnsupportedFeatureException($"{file.Name}: a name that does not end in a number is");
        for (int number = first + 1; file.Folder.Contains(NameOf(file.Name, number)); number++)
        {
            if (parts.Count == MaxParts)
            {
                throw new UnsupportedFeatureException($"an image of more than {MaxParts} parts is");
            }

            parts.Add(file.OpenBeside(NameOf(file.Name, number), "part").Source);
        }

        return new SplitDisk(parts);
    }

    // Parts are counted from 0 or 1, by numbers of two digits at least.
    private static int? FirstNumber(string name)
    {
        string ending = Path.GetExtension(name).TrimStart('.');
        return ending.Length >= 2
            && int.TryParse(ending, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && number <= 1
            ? number
            : null;
    }

    private static string NameOf(string first, int number)
    {
        int digits = Path.GetExtension(first).Length - 1;
        return $"{Path.GetFileNameWithoutExtension(first)}.{number.ToString(CultureInfo.InvariantCulture).PadLeft(digits, '0')}";
    }
}
