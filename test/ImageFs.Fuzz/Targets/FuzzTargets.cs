using ImageFs.FileSystems.Ext;
using ImageFs.FileSystems.Fat;
using ImageFs.FileSystems.Iso9660;
using ImageFs.FileSystems.SquashFs;
using ImageFs.Fuzz.Mutation;

namespace ImageFs.Fuzz.Targets;

/// <summary>All parsers that are fuzzed.</summary>
internal static class FuzzTargets
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new FileSystemTarget(new Iso9660Format(), [.. Seed.Images(string.Empty, ".iso"), Seed.Image("invalid/good.iso"), Seed.Image("sample.iso", "norock,nojoliet")]),
        new FileSystemTarget(new ExtFormat(), [.. Seed.Images("ext"), Seed.Image("invalid/ext-good.img")]),
        new FileSystemTarget(new FatFormat(), [Seed.Image("fat/fat12.img"), Seed.Image("fat/fat16.img"), Seed.Image("fat/fat32.img"), Seed.Image("invalid/fat-good.img")]),
        new FileSystemTarget(new SquashFsFormat(), [Seed.Image("invalid/squashfs-good.img")]),
    ];

    /// <summary>Those of some names; all for "all".</summary>
    /// <exception cref="ArgumentException">There is none of a name.</exception>
    public static IReadOnlyList<FuzzTarget> Of(IEnumerable<string> names) =>
        [.. names.SelectMany(name => name == "all" ? All : [Find(name)]).Distinct()];

    private static FuzzTarget Find(string name) => All.FirstOrDefault(target => target.IsNamed(name))
        ?? throw new ArgumentException($"there is no target \"{name}\"; there are {string.Join(", ", All.Select(target => target.Name))}, all");
}
