using System.Globalization;
using System.Security.Cryptography;
using ImageFs.Linux;

namespace ImageFs.Storage.Keys;

/// <summary>
/// A key that is all bytes of a file (<c>key-file=</c>) or of an open descriptor (<c>key-fd=</c>), a line feed at its end among them, as
/// cryptsetup(8) has it for files. It is read once, when a volume asks first: a pipe has it only once.
/// </summary>
public sealed class KeyFile : IKeySource
{
    // cryptsetup's bound for a key in a file.
    private const int MaxLength = 8 << 20;

    private readonly string _option;
    private readonly Func<FileDescriptor> _open;
    private readonly Lock _gate = new();
    private Key? _key;

    private KeyFile(string option, Func<FileDescriptor> open) => (_option, _open) = (option, open);

    /// <summary>Takes <c>key-file=</c> and <c>key-fd=</c>; of both, the file counts. Nothing is read yet.</summary>
    /// <returns>Null when neither was given.</returns>
    /// <exception cref="OptionException">The descriptor is no number.</exception>
    public static KeyFile? Take(OptionList options)
    {
        uint? number = options.TakeNumber("key-fd", max: int.MaxValue);
        return options.TakeValue("key-file") is { } path ? new KeyFile($"key-file={path}", () => Files.Open(path, OpenFlags.ReadOnly))
            : number is { } descriptor ? new KeyFile($"key-fd={descriptor}", () => Files.Open($"/dev/fd/{descriptor.ToString(CultureInfo.InvariantCulture)}", OpenFlags.ReadOnly))
            : null;
    }

    /// <inheritdoc/>
    public Key? Find(string volume, int attempt)
    {
        if (attempt > 0)
        {
            return null;
        }

        lock (_gate)
        {
            _key ??= Read();
            return new Key(_key.Bytes);
        }
    }

    private Key Read()
    {
        using FileDescriptor file = _open();
        byte[] bytes = GC.AllocateUninitializedArray<byte>(4096, pinned: true);
        int length = 0;
        try
        {
            while (true)
            {
                int read = Descriptors.Read(file, bytes.AsSpan(length), out Errno errno);
                if (read < 0)
                {
                    throw new LinuxException("read", errno, _option);
                }

                length += read;
                if (read == 0)
                {
                    return length > 0 ? new Key(bytes.AsSpan(0, length)) : throw new OptionException(_option, "there is no key in it");
                }

                if (length == bytes.Length)
                {
                    bytes = length < MaxLength ? Enlarge(bytes) : throw new OptionException(_option, $"a key has {MaxLength} bytes at most");
                }
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(bytes);
        }
    }

    private static byte[] Enlarge(byte[] bytes)
    {
        byte[] larger = GC.AllocateUninitializedArray<byte>(2 * bytes.Length, pinned: true);
        bytes.CopyTo(larger, 0);
        CryptographicOperations.ZeroMemory(bytes);
        return larger;
    }
}
