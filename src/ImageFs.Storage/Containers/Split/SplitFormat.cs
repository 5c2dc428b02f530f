namespace ImageFs.Storage.Containers.Split;

/// <summary>
/// A raw image in parts: <c>disk.img.001</c>, <c>disk.img.002</c>, as 7-Zip and forensic tools make them; <c>disk.img.aa</c>,
/// <c>disk.img.ab</c>, as split(1) does.
/// </summary>
public sealed class SplitFormat : ContainerFormat
{
    internal const string FormatName = "split";

    // A descriptor for each.
    private const int MaxParts = 999;

    /// <inheritdoc/>
    public override string Name => FormatName;

    /// <inheritdoc/>
    public override string Title => "a raw image in parts";

    /// <inheritdoc/>
    public override IReadOnlyList<string> FileExtensions => [".001"];

    /// <inheritdoc/>
    public override bool HoldsFile => true;

    /// <inheritdoc/>
    public override string HeldName(string name) => name[..Math.Max(name.LastIndexOf('.'), 0)];

    /// <summary>Whether it is the first part, and there is a second or later one.</summary>
    public override bool Probe(ImageFile file) =>
        PartName.First(file.Name) is { } first && (first.FindNext(file.Folder) ?? first.FindBehindGap(file.Folder)) is not null;

    /// <inheritdoc/>
    public override Container Open(ImageFile file, OpenContext context)
    {
        var parts = new List<BlockSource> { file.Source };
        PartName name = PartName.First(file.Name)
            ?? throw new UnsupportedFeatureException($"a first part of the name {file.Name} (it ends in .001, .000 or .aa)");
        for (PartName? next = name.FindNext(file.Folder); next is not null; next = next.FindNext(file.Folder))
        {
            if (parts.Count == MaxParts)
            {
                throw new UnsupportedFeatureException($"an image of more than {MaxParts} parts");
            }

            parts.Add(file.OpenBeside(next.Name, "part").Source);
            name = next;
        }

        if (name.FindBehindGap(file.Folder) is { } behind)
        {
            // What is read beyond is an error then, since the volume goes on.
            context.Warn($"parts between {name.Name} and {behind.Name} are missing: the disk ends with {name.Name}, and what lies beyond cannot be read");
        }

        WarnOfLengths(parts, context.Warn);
        return new SplitDisk(parts);
    }

    // All but the last are as long as the first, unless somebody wanted it otherwise.
    private static void WarnOfLengths(List<BlockSource> parts, Action<string> warn)
    {
        long length = parts[0].Length;
        int odd = parts.FindIndex(part => part.Length != length);
        if (odd >= 0 && (odd < parts.Count - 1 || parts[odd].Length > length))
        {
            warn($"part {odd + 1} of {parts.Count} has {parts[odd].Length} bytes, the first {length}: one of them may be cut short");
        }
    }
}
