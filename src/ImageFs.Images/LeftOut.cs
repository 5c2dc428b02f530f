using ImageFs.Storage;


namespace ImageFs.Images;

/// <summary>A volume of a disk whose files are not shown although those of others are.</summary>
/// <param name="Volume">The volume.</param>
/// <param name="Reason">Why: a sentence.</param>
public sealed record LeftOut(Volume Volume, string Reason)
{
    /// <summary>A volume whose files cannot be shown, for that reason.</summary>
    public LeftOut(Volume volume)
        : this(volume, volume.Foreign is { MayHaveFiles: false } foreign ? $"{foreign.Title} has no files" : volume.Obstacle!)
    {
    }

    /// <summary>Whether its files are missed: not those of swap space, nor of what was never written to.</summary>
    public bool MayHaveFiles => Volume.Foreign is not { MayHaveFiles: false };

    /// <summary>Number and name, type, size and reason, in one line.</summary>
    public override string ToString()
    {
        string[] facts = [.. new[] { Volume.Type, ByteSize.Text(Volume.Entry?.Length ?? Volume.Source.Length) }.OfType<string>()];
        return $"{Volume.DirectoryName} ({string.Join(", ", facts)}) is left out: {Reason}";
    }
}
