using System.Runtime.InteropServices;
using System.Text;
using ImageFs.Linux;

namespace ImageFs.Storage.Volumes.BitLocker;

/// <summary>Finds the key of sectors by what somebody has: a password, a recovery password, or a file with a startup key.</summary>
/// <param name="metadata">The volume's metadata.</param>
internal sealed class BitLockerKeys(BitLockerMetadata metadata)
{
    private const int MaxText = 1 << 16;

    /// <summary>What opens the volume, for a person: "password or recovery password".</summary>
    public string What
    {
        get
        {
            string? recovery = metadata.Protectors.FirstOrDefault(protector => protector is { Protection: Protection.RecoveryPassword, IsUsable: true }) is { } protector
                ? $"recovery password (ID {BitLockerMetadata.IdOf(protector)[..8]})"
                : null;
            string? password = Has(Protection.Password) ? "password" : null;
            return password is not null && recovery is not null ? $"{password} or {recovery}" : password ?? recovery ?? "startup key";
        }
    }

    /// <summary>Why nobody can open the volume here, and what to do; null when somebody can.</summary>
    public string? WhyNot =>
        metadata.Protectors.Any(protector => protector.IsUsable) ? null
        : metadata.Protectors.Any(protector => protector.NeedsTpm) ? "a BitLocker volume that needs the TPM of its machine (manage-bde -protectors -add -RecoveryPassword makes a recovery password there)"
        : $"a BitLocker volume with no protector that is read here, only with: {string.Join(", ", metadata.Protectors.Select(protector => protector.Name))}";

    /// <summary>Whether the metadata are what was written with the master key; true until that was opened, and where nothing tells it.</summary>
    public bool IsIntact { get; private set; } = true;

    /// <summary>The key of sectors of a volume that nothing protects.</summary>
    /// <exception cref="InvalidImageException">It is damaged.</exception>
    public SecretMemory OpenClear()
    {
        KeyProtector protector = metadata.ClearProtector!;
        using SecretMemory master = protector.Key!.Decrypt(protector.ClearKey.Span) ?? throw new InvalidImageException("BitLocker metadata", 0, "the master key is not encrypted with the clear key beside it");
        return OpenVolumeKey(master.Span);
    }

    /// <summary>Finds the key of sectors.</summary>
    /// <param name="secret">What somebody has.</param>
    /// <param name="problem">What is wrong with it by itself, as a sentence without its full stop; null when it only does not fit.</param>
    /// <returns>Null when it opens none of the protectors.</returns>
    /// <exception cref="ImageException">The keys are damaged, or libcrypto is missing.</exception>
    public SecretMemory? Find(ReadOnlySpan<byte> secret, out string? problem)
    {
        problem = null;
        if (StartupKeyFile.TryRead(secret, out StartupKeyFile file))
        {
            return FindByFile(file, out problem);
        }

        using var memory = new SecretMemory(sizeof(char) * (Math.Min(secret.Length, MaxText) + 1));
        ReadOnlySpan<char> text = Decode(secret[..Math.Min(secret.Length, MaxText)], MemoryMarshal.Cast<byte, char>(memory.Span));
        (int start, int length) = text.Contains('\n') ? RecoveryPassword.Find(text) : (0, 0);
        ReadOnlySpan<char> digits = length > 0 ? text.Slice(start, length) : text;
        return RecoveryPassword.HasForm(digits) ? FindByDigits(digits, out problem) : FindByPassword(text, out problem);
    }

    private SecretMemory? FindByFile(StartupKeyFile file, out string? problem)
    {
        problem = null;
        foreach (KeyProtector protector in Those(Protection.StartupKey))
        {
            if (protector.Id == file.Id)
            {
                return Open(protector, file.Key);
            }
        }

        problem = $"This startup key is that of another volume: its ID is {file.Id.ToString().ToUpperInvariant()}";
        return null;
    }

    private SecretMemory? FindByDigits(ReadOnlySpan<char> digits, out string? problem)
    {
        using var typed = new SecretMemory(RecoveryPassword.KeySize);
        int wrong = RecoveryPassword.Parse(digits, typed.Span);
        problem = wrong > 0 ? $"Group {wrong} of the recovery password is mistyped" : Has(Protection.RecoveryPassword) ? null : "This volume has no recovery password";
        if (problem is not null)
        {
            return null;
        }

        using var key = new SecretMemory(StretchedKey.Size);
        foreach (KeyProtector protector in Those(Protection.RecoveryPassword))
        {
            StretchedKey.OfRecoveryPassword(typed.Span, protector.Salt.Span, key.Span);
            if (Open(protector, key.Span) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    private SecretMemory? FindByPassword(ReadOnlySpan<char> text, out string? problem)
    {
        problem = Has(Protection.Password) ? null : $"This volume has no password: it needs its {What}";
        using var key = new SecretMemory(StretchedKey.Size);
        foreach (KeyProtector protector in Those(Protection.Password))
        {
            StretchedKey.OfPassword(MemoryMarshal.AsBytes(text), protector.Salt.Span, key.Span);
            if (Open(protector, key.Span) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    private SecretMemory? Open(KeyProtector protector, ReadOnlySpan<byte> key)
    {
        using SecretMemory? master = protector.Key!.Decrypt(key);
        return master is null ? null : OpenVolumeKey(master.Span);
    }

    // What sectors are encrypted with: of the two keys of a diffuser, each is in 32 bytes whatever its length (BDE "Full Volume Encryption Key").
    private SecretMemory OpenVolumeKey(ReadOnlySpan<byte> master)
    {
        EncryptedKey encrypted = metadata.VolumeKey ?? throw new InvalidImageException("BitLocker metadata", 0, "there is no key of sectors");
        using SecretMemory stored = encrypted.Decrypt(master) ?? throw new InvalidImageException("BitLocker metadata", 0, "the key of sectors is not encrypted with the master key");
        IsIntact = metadata.Block.HasIntegrity(master);
        bool hasTwo = metadata.Cipher != "aes-cbc-eboiv";
        int length = metadata.KeyBits / 8;
        int second = metadata.Cipher == "aes-cbc-elephant" ? 32 : length;
        if (stored.Length < (hasTwo ? second : 0) + length)
        {
            throw new InvalidImageException("BitLocker metadata", 0, $"the key of sectors has {stored.Length} bytes, too few for {metadata.Cipher} with {metadata.KeyBits} bits");
        }

        var key = new SecretMemory(hasTwo ? 2 * length : length);
        stored.Span[..length].CopyTo(key.Span);
        if (hasTwo)
        {
            stored.Span.Slice(second, length).CopyTo(key.Span[length..]);
        }

        return key;
    }

    // A text of UTF-8, or as Windows writes it: UTF-16 with its mark. A line feed at the end is not a part of it: nobody types one.
    private static ReadOnlySpan<char> Decode(ReadOnlySpan<byte> bytes, Span<char> text)
    {
        bool isWide = bytes.StartsWith(Encoding.Unicode.Preamble);
        Encoding encoding = isWide ? Encoding.Unicode : Encoding.UTF8;
        bytes = bytes.StartsWith(encoding.Preamble) ? bytes[encoding.Preamble.Length..] : bytes;
        ReadOnlySpan<char> decoded = text[..encoding.GetChars(bytes, text)];
        decoded = decoded.EndsWith("\n") ? decoded[..^1] : decoded;
        return decoded.EndsWith("\r") ? decoded[..^1] : decoded;
    }

    private bool Has(Protection protection) => Those(protection).Any();

    private IEnumerable<KeyProtector> Those(Protection protection) => metadata.Protectors.Where(protector => protector.IsUsable && protector.Protection == protection);
}
