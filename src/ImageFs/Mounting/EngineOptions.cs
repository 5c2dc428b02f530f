using ImageFs.Manifest;
using ImageFs.Storage;

namespace ImageFs.Mounting;

/// <summary>Who serves a mount.</summary>
internal enum Engine
{
    /// <summary>A server of this program, over FUSE.</summary>
    Fuse,

    /// <summary>Linux by itself, or nobody.</summary>
    Kernel,

    /// <summary>Linux by itself where nothing is lost by that, else a server.</summary>
    Auto,
}

/// <summary>The options that say who serves a mount.</summary>
/// <param name="Engine">Who.</param>
/// <param name="CopyLimit">Bytes of files that may be copied for it at most.</param>
/// <param name="PassesThrough">Whether Linux is to read files by itself where a server serves the rest.</param>
internal sealed record EngineOptions(Engine Engine, long CopyLimit, bool PassesThrough)
{
    /// <summary>Takes them.</summary>
    /// <exception cref="OptionException">A value is not valid.</exception>
    internal static EngineOptions Take(OptionList options) => new(
        options.TakeChoice("engine", "fuse", "kernel", "auto") switch { "kernel" => Engine.Kernel, "auto" => Engine.Auto, _ => Engine.Fuse },
        options.TakeSize("engine-copy") ?? ManifestOptions.UsualCopyLimit,
        options.TakeFlag("passthrough"));
}
