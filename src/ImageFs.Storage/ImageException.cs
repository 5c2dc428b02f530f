using ImageFs.Linux;

namespace ImageFs.Storage;

/// <summary>What is wrong with an image, as opposed to the system: each kind has the error number that readers get.</summary>
/// <param name="message">What, where, and by which clause.</param>
public abstract class ImageException(string message) : Exception(message)
{
    /// <summary>What a system call on the damaged file answers.</summary>
    public abstract Errno Errno { get; }
}

/// <summary>A structure of the image contradicts its specification (EUCLEAN).</summary>
/// <param name="structure">The structure, in the format's own word: "path table", "directory record".</param>
/// <param name="address">Where it is, in bytes from the start of the volume.</param>
/// <param name="problem">What is wrong with it.</param>
/// <param name="clause">The clause that it breaks: "ECMA-119 9.1.3".</param>
public sealed class InvalidImageException(string structure, long address, string problem, string? clause = null)
    : ImageException($"{structure} at 0x{address:X}: {problem}{(clause is null ? string.Empty : $" ({clause})")}")
{
    /// <summary>The structure, in the format's own word.</summary>
    public string Structure => structure;

    /// <summary>Where it is, in bytes from the start of the volume.</summary>
    public long Address => address;

    /// <summary>What is wrong with it.</summary>
    public string Problem => problem;

    /// <summary>The clause of the specification.</summary>
    public string? Clause => clause;

    /// <inheritdoc/>
    public override Errno Errno => Errno.EUCLEAN;
}

/// <summary>Bytes that should be there lie outside of the image, mostly after its end (EIO).</summary>
public sealed class TruncatedImageException : ImageException
{
    /// <summary>Bytes are missing, and a message says which.</summary>
    /// <param name="message">What lies where.</param>
    public TruncatedImageException(string message)
        : base(message)
    {
    }

    /// <summary>They lie beyond the end.</summary>
    /// <param name="address">The first byte that is missing.</param>
    /// <param name="length">Where the image, or the layer of it, ends.</param>
    public TruncatedImageException(long address, long length)
        : this($"byte 0x{address:X} lies beyond the end of the image at 0x{length:X}")
    {
    }

    /// <inheritdoc/>
    public override Errno Errno => Errno.EIO;
}

/// <summary>Bytes lie on a further device or file that nobody gave (EIO): nothing is known to be wrong with them.</summary>
/// <param name="message">What is missing, and how it is given.</param>
public sealed class MissingDeviceException(string message) : ImageException(message)
{
    /// <inheritdoc/>
    public override Errno Errno => Errno.EIO;
}

/// <summary>Contents of a file are not what their checksum says, in no copy that there is (EIO).</summary>
/// <param name="address">Where they are, in bytes from the start of the volume.</param>
/// <param name="problem">What is wrong with them.</param>
public sealed class DamagedContentsException(long address, string problem) : ImageException($"contents at 0x{address:X}: {problem}")
{
    /// <inheritdoc/>
    public override Errno Errno => Errno.EIO;
}

/// <summary>The image is sound but uses something that this program does not read (EOPNOTSUPP).</summary>
/// <param name="feature">The feature by its own name, what it is a feature of, and in brackets what to do: "qcow2 with encryption".</param>
/// <param name="clause">Where it is specified.</param>
public sealed class UnsupportedFeatureException(string feature, string? clause = null)
    : ImageException($"not supported: {feature}{(clause is null ? string.Empty : $" ({clause})")}")
{
    /// <inheritdoc/>
    public override Errno Errno => Errno.EOPNOTSUPP;
}

/// <summary>An image names a file that it is not allowed to (EACCES).</summary>
/// <param name="role">What the file is to the image: "backing file".</param>
/// <param name="path">Its path, as the image has it.</param>
/// <param name="reason">Why not, and what would allow it.</param>
public sealed class ForbiddenFileException(string role, string path, string reason) : ImageException($"{role} \"{path}\" {reason}")
{
    /// <inheritdoc/>
    public override Errno Errno => Errno.EACCES;
}

/// <summary>A volume is encrypted, and there is no key for it (ENOKEY) or only a wrong one (EKEYREJECTED).</summary>
/// <param name="volume">What a person calls the volume.</param>
/// <param name="isRejected">Whether there was a key, and it was the wrong one.</param>
/// <param name="problem">What is wrong with the key by itself, as a sentence without its full stop; empty when it only does not fit.</param>
public sealed class LockedVolumeException(string volume, bool isRejected = false, string problem = "") : ImageException(
    isRejected ? $"{volume}: {(problem.Length > 0 ? problem : "the key or passphrase does not open it")}" : $"{volume} is encrypted: {Advice}")
{
    private const string Advice = "its key is given by -o key-file=FILE, by -o key-fd=N, or as a service's credential imagefs.key";

    /// <summary>Whether there was a key, and it was the wrong one.</summary>
    public bool IsRejected => isRejected;

    /// <inheritdoc/>
    public override Errno Errno => isRejected ? Errno.EKEYREJECTED : Errno.ENOKEY;
}
