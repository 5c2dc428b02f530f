using ImageFs.Fuse.Abi;

namespace ImageFs.Fuse;

/// <summary>What kernel and session agreed on in INIT.</summary>
public sealed record FuseConnection
{
    /// <summary>Minor version of the protocol in use; the major is 7.</summary>
    public required int Minor { get; init; }

    /// <summary>Minor version of the kernel's interface.</summary>
    public required int KernelMinor { get; init; }

    /// <summary>What is in use.</summary>
    public required FuseInitFlags Flags { get; init; }

    /// <summary>Readahead that the kernel proposed, in bytes.</summary>
    public required long MaxReadahead { get; init; }

    /// <summary>Bytes that one READ asks for at most.</summary>
    public required int MaxRead { get; init; }

    /// <summary>Requests that the kernel has under way in the background at most.</summary>
    public required int MaxBackground { get; init; }
}
