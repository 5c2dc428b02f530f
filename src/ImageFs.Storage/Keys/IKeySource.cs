using ImageFs.Linux;

namespace ImageFs.Storage.Keys;

/// <summary>
/// Where the key of an encrypted volume comes from. It is never an argument of the program or the value of an option, which others can read
/// in /proc: a file, a descriptor or the terminal has it.
/// </summary>
public interface IKeySource
{
    /// <summary>Whether there is a key without asking anybody for it: then it is tried on every volume that needs one.</summary>
    bool IsAtHand { get; }

    /// <summary>Gets a key for a volume. Whoever asks disposes of it as soon as it is used.</summary>
    /// <param name="request">What is asked for.</param>
    /// <returns>Null when there is no key, or no further one.</returns>
    /// <exception cref="Linux.LinuxException">It cannot be read.</exception>
    /// <exception cref="OptionException">The file or the descriptor holds no key.</exception>
    Key? Find(KeyRequest request);
}

/// <summary>A key, or the passphrase that opens one. Its memory is neither swapped out nor dumped, and is erased when it is disposed of.</summary>
public sealed class Key : IDisposable
{
    private readonly SecretMemory _memory;

    /// <summary>Copies a key to memory for secrets.</summary>
    /// <param name="bytes">The key; the caller erases its own copy.</param>
    public Key(ReadOnlySpan<byte> bytes)
    {
        _memory = new SecretMemory(bytes.Length);
        bytes.CopyTo(_memory.Span);
    }

    /// <summary>Its bytes, as they were read; none once it is disposed of.</summary>
    public ReadOnlySpan<byte> Bytes => _memory.Span;

    /// <inheritdoc/>
    public void Dispose() => _memory.Dispose();
}

/// <summary>No key at all: a volume that needs one cannot be opened.</summary>
public sealed class NoKeys : IKeySource
{
    /// <summary>The only one.</summary>
    public static NoKeys Instance { get; } = new();

    private NoKeys()
    {
    }

    /// <inheritdoc/>
    public bool IsAtHand => false;

    /// <inheritdoc/>
    public Key? Find(KeyRequest request) => null;
}
