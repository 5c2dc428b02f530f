using ImageFs.Storage;
using ImageFs.Tests.Storage.Encryption;

namespace ImageFs.Fuzz.Mutation;

/// <summary>
/// A mutant whose encrypted sectors are plain in its seed, and are encrypted when they are read: so mutants are made of what its parser sees
/// after it has decrypted them.
/// </summary>
/// <param name="mutant">The mutant.</param>
/// <param name="plain">The seed.</param>
/// <param name="encrypted">The seed as it is read: most sectors of the mutant are those of the seed, and need not be encrypted again.</param>
/// <param name="encryption">How, and where.</param>
internal sealed class EncryptingDevice(MutantDevice mutant, byte[] plain, byte[] encrypted, SeedEncryption encryption) : Device
{
    private readonly byte[] _sector = new byte[encryption.SectorSize];

    /// <inheritdoc/>
    public override string Name => mutant.Name;

    /// <inheritdoc/>
    public override string Identity => mutant.Identity;

    /// <inheritdoc/>
    public override long Length => mutant.Length;

    /// <inheritdoc/>
    public override void Dispose()
    {
    }

    /// <inheritdoc/>
    protected internal override void ReadOwn(long offset, Span<byte> destination)
    {
        while (destination.Length > 0)
        {
            int within = (int)(offset % _sector.Length);
            long start = offset - within;
            int count = Math.Min(destination.Length, _sector.Length - within);

            // What is left of a sector where the mutant was cut is never read: it is none.
            if (encryption.IsEncrypted(start) && start <= Length - _sector.Length)
            {
                mutant.ReadAt(start, _sector);
                if (_sector.AsSpan().SequenceEqual(plain.AsSpan((int)start, _sector.Length)))
                {
                    encrypted.AsSpan((int)start, _sector.Length).CopyTo(_sector);
                }
                else
                {
                    encryption.Encrypt(start, _sector);
                }

                _sector.AsSpan(within, count).CopyTo(destination);
            }
            else
            {
                mutant.ReadAt(offset, destination[..count]);
            }

            offset += count;
            destination = destination[count..];
        }
    }
}

/// <summary>How the sectors of a seed are encrypted.</summary>
/// <param name="Cipher">The cipher: "aes-xts-plain64".</param>
/// <param name="Key">Its key.</param>
/// <param name="SectorSize">Bytes of a sector.</param>
/// <param name="IsEncrypted">Whether the sector at an address is encrypted.</param>
/// <param name="NumberOf">The number of the sector at an address.</param>
internal sealed record SeedEncryption(string Cipher, byte[] Key, int SectorSize, Func<long, bool> IsEncrypted, Func<long, ulong> NumberOf)
{
    /// <summary>A seed whose encrypted sectors are plain in it.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="passphrase">What opens the volume.</param>
    /// <param name="read">Gives its bytes.</param>
    public Seed MakeSeed(string name, byte[] passphrase, Func<byte[]> read)
    {
        var plain = new Lazy<byte[]>(read);
        var encrypted = new Lazy<byte[]>(() => Encrypt([.. plain.Value]));
        return new Seed(name, () => plain.Value) { Key = passphrase, Form = mutant => new EncryptingDevice(mutant, plain.Value, encrypted.Value, this) };
    }

    /// <summary>Encrypts the sector at an address.</summary>
    public void Encrypt(long address, Span<byte> sector) => SectorEncryption.Encrypt(Cipher, Key, NumberOf(address), sector);

    private byte[] Encrypt(byte[] bytes)
    {
        for (int at = 0; at + SectorSize <= bytes.Length; at += SectorSize)
        {
            if (IsEncrypted(at))
            {
                Encrypt(at, bytes.AsSpan(at, SectorSize));
            }
        }

        return bytes;
    }
}
