using System.Buffers.Binary;

namespace ImageFs.Storage.Volumes.BitLocker;

/// <summary>What the master key is protected by (BDE "Key protection types").</summary>
internal enum Protection
{
    /// <summary>Nothing: protection is suspended.</summary>
    Clear = 0,

    /// <summary>The machine's TPM.</summary>
    Tpm = 0x100,

    /// <summary>A key in a file.</summary>
    StartupKey = 0x200,

    /// <summary>The TPM together with a PIN.</summary>
    TpmAndPin = 0x500,

    /// <summary>The TPM together with a key in a file.</summary>
    TpmAndStartupKey = 0x600,

    /// <summary>The TPM, a PIN and a key in a file.</summary>
    TpmPinAndStartupKey = 0x700,

    /// <summary>A password of 48 digits.</summary>
    RecoveryPassword = 0x800,

    /// <summary>A key pair: a smart card, or a certificate.</summary>
    PublicKey = 0x1000,

    /// <summary>A password.</summary>
    Password = 0x2000,
}

/// <summary>The volume's master key, encrypted for one who may open it (BDE "FVE Volume Master Key").</summary>
/// <param name="Id">Its identifier, which Windows shows.</param>
/// <param name="Protection">What it is protected by.</param>
/// <param name="Key">The encrypted key; null when there is none that is read.</param>
/// <param name="Salt">Of a password, the salt; else empty.</param>
/// <param name="ClearKey">Where nothing protects it, the key that it is encrypted with; else empty.</param>
internal sealed record KeyProtector(Guid Id, Protection Protection, EncryptedKey? Key, ReadOnlyMemory<byte> Salt, ReadOnlyMemory<byte> ClearKey)
{
    private const int HeaderLength = 28;
    private const int KeyHeaderLength = 4;
    private const int SaltLength = 16;

    /// <summary>Whether somebody who has the right key can open it here.</summary>
    public bool IsUsable => Key is not null && Protection switch
    {
        Protection.Clear => ClearKey.Length > 0,
        Protection.Password or Protection.RecoveryPassword => Salt.Length > 0,
        Protection.StartupKey => true,
        _ => false,
    };

    /// <summary>What it is, for people.</summary>
    public string Name => Protection switch
    {
        Protection.Clear => "clear key",
        Protection.Tpm => "TPM",
        Protection.StartupKey => "startup key",
        Protection.TpmAndPin => "TPM and PIN",
        Protection.TpmAndStartupKey => "TPM and startup key",
        Protection.TpmPinAndStartupKey => "TPM, PIN and startup key",
        Protection.RecoveryPassword => "recovery password",
        Protection.PublicKey => "smart card or certificate",
        Protection.Password => "password",
        _ => $"protector of type 0x{(int)Protection:X}",
    };

    /// <summary>Whether the machine's TPM takes part.</summary>
    public bool NeedsTpm => Protection is Protection.Tpm or Protection.TpmAndPin or Protection.TpmAndStartupKey or Protection.TpmPinAndStartupKey;

    /// <summary>Reads a protector.</summary>
    /// <exception cref="InvalidImageException">It is damaged.</exception>
    public static KeyProtector Parse(MetadataEntry entry)
    {
        List<MetadataEntry> properties = entry.Properties(HeaderLength);
        MetadataEntry? stretch = Find(properties, EntryValue.StretchKey);
        MetadataEntry? clear = Find(properties, EntryValue.Key);
        MetadataEntry? key = Find(properties, EntryValue.EncryptedKey);
        stretch?.CheckLength(KeyHeaderLength + SaltLength);
        clear?.CheckLength(KeyHeaderLength);
        return new KeyProtector(
            new Guid(entry.Data.Span[..16]),
            (Protection)BinaryPrimitives.ReadUInt16LittleEndian(entry.Data.Span[26..]),
            key is { } encrypted ? new EncryptedKey(encrypted) : null,
            stretch?.Data.Slice(KeyHeaderLength, SaltLength) ?? default,
            clear?.Data[KeyHeaderLength..] ?? default);
    }

    private static MetadataEntry? Find(List<MetadataEntry> entries, EntryValue value) =>
        entries.FindIndex(entry => entry.Role == EntryRole.Property && entry.Value == value) is >= 0 and var index ? entries[index] : null;
}
