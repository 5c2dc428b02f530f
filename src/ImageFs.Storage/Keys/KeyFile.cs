using ImageFs.Linux;

namespace ImageFs.Storage.Keys;

/// <summary>
/// A key that is all bytes of a file (<c>key-file=</c>), of an open descriptor (<c>key-fd=</c>) or of a service's credential, a line feed at
/// the end among them, as cryptsetup(8) has it for files. It is read once, when a volume asks first: a pipe has it only once.
/// </summary>
public sealed class KeyFile : IKeySource, IDisposable
{
    /// <summary>The credential's name, in the folder that systemd makes for a service (systemd.exec(5), LoadCredential=).</summary>
    public const string Credential = "imagefs.key";

    /// <summary>The option with the number of a descriptor.</summary>
    public const string DescriptorOption = "key-fd";

    // cryptsetup's bound for a key in a file.
    private const int MaxLength = 8 << 20;

    private const string CredentialsVariable = "CREDENTIALS_DIRECTORY";

    private readonly string _name;
    private readonly Lock _gate = new();
    private Func<FileDescriptor> _open;
    private Key? _key;

    private KeyFile(string name, Func<FileDescriptor> open) => (_name, _open) = (name, open);

    /// <inheritdoc/>
    public bool IsAtHand => true;

    /// <summary>Takes <c>key-file=</c> and <c>key-fd=</c>; of both, the file counts. Nothing is read yet.</summary>
    /// <returns>Null when neither was given.</returns>
    /// <exception cref="OptionException">The descriptor is no number.</exception>
    public static KeyFile? Take(OptionList options)
    {
        uint? number = options.TakeNumber(DescriptorOption, max: int.MaxValue);
        return options.TakeValue("key-file") is { } path ? Of($"key-file={path}", path)
            : number is { } descriptor ? new KeyFile($"key-fd={descriptor}", () => Files.Duplicate((int)descriptor))
            : null;
    }

    /// <summary>The credential <see cref="Credential"/> of this service; null when it has none.</summary>
    public static KeyFile? FindCredential() =>
        Environment.GetEnvironmentVariable(CredentialsVariable) is { Length: > 0 } folder && File.Exists(Path.Combine(folder, Credential))
            ? Of($"the credential {Credential}", Path.Combine(folder, Credential))
            : null;

    /// <summary>Opens the file now, for who gives up the right to. Where that fails it is told when a volume asks.</summary>
    internal void OpenAhead()
    {
        try
        {
            FileDescriptor file = _open();
            _open = () => Files.Duplicate(file.Number);
        }
        catch (LinuxException e)
        {
            _open = () => throw e;
        }
    }

    /// <inheritdoc/>
    public Key? Find(KeyRequest request)
    {
        if (request.Attempt > 0)
        {
            return null;
        }

        lock (_gate)
        {
            _key ??= Read();
            return new Key(_key.Bytes);
        }
    }

    /// <summary>Erases the key.</summary>
    public void Dispose() => _key?.Dispose();

    private static KeyFile Of(string name, string path) => new(name, () => Files.Open(path, OpenFlags.ReadOnly));

    private Key Read()
    {
        using FileDescriptor file = _open();
        var bytes = new SecretMemory(4096);
        int length = 0;
        try
        {
            while (true)
            {
                int read = Descriptors.Read(file, bytes.Span[length..], out Errno errno);
                if (read < 0)
                {
                    throw new LinuxException("read", errno, _name);
                }

                length += read;
                if (read == 0)
                {
                    return length > 0 ? new Key(bytes.Span[..length]) : throw new OptionException(_name, "there is no key in it");
                }

                if (length == bytes.Length)
                {
                    bytes = length < MaxLength ? Enlarge(bytes) : throw new OptionException(_name, $"a key has {MaxLength} bytes at most");
                }
            }
        }
        finally
        {
            bytes.Dispose();
        }
    }

    private static SecretMemory Enlarge(SecretMemory bytes)
    {
        var larger = new SecretMemory(2 * bytes.Length);
        bytes.Span.CopyTo(larger.Span);
        bytes.Dispose();
        return larger;
    }
}
