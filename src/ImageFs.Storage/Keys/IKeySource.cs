using System.Security.Cryptography;

namespace ImageFs.Storage.Keys;

/// <summary>
/// Where the key of an encrypted volume comes from. It is never an argument of the program or the value of an option, which others can read
/// in /proc: a file, a descriptor or the terminal has it.
/// </summary>
public interface IKeySource
{
    /// <summary>Gets a key for a volume. Whoever asks disposes of it as soon as it is used.</summary>
    /// <param name="volume">What a person calls the volume: "2-secret".</param>
    /// <param name="attempt">0 at first; 1 and so on when the key before was not the right one.</param>
    /// <returns>Null when there is no key, or no further one.</returns>
    /// <exception cref="Linux.LinuxException">It cannot be read.</exception>
    /// <exception cref="OptionException">The file or the descriptor holds no key.</exception>
    Key? Find(string volume, int attempt);
}

/// <summary>A key, or the passphrase that opens one. Its bytes are erased when it is disposed of.</summary>
public sealed class Key : IDisposable
{
    private readonly byte[] _bytes;

    /// <summary>Copies a key to where the runtime makes no further copies of it.</summary>
    /// <param name="bytes">The key; the caller erases its own copy.</param>
    public Key(ReadOnlySpan<byte> bytes)
    {
        _bytes = GC.AllocateUninitializedArray<byte>(bytes.Length, pinned: true);
        bytes.CopyTo(_bytes);
    }

    /// <summary>Its bytes, as they were read; all zero once it is disposed of.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <inheritdoc/>
    public void Dispose() => CryptographicOperations.ZeroMemory(_bytes);
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
    public Key? Find(string volume, int attempt) => null;
}
