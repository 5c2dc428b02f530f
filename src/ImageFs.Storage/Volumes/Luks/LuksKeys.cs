using System.Security.Cryptography;
using ImageFs.Linux;
using ImageFs.Storage.Encryption;

namespace ImageFs.Storage.Volumes.Luks;

/// <summary>Opens key slots (LUKS1 4.1, LUKS2 3.2).</summary>
/// <param name="source">Where the header and its key slots are.</param>
/// <param name="header">The header.</param>
/// <param name="costs">What a key may cost.</param>
internal sealed class LuksKeys(BlockSource source, LuksHeader header, KeyCosts costs)
{
    private const int SectorSize = 512;

    /// <summary>Finds the key of a segment by a passphrase: of the slots that have it, those with the higher priority first.</summary>
    /// <param name="segment">The segment's number.</param>
    /// <param name="passphrase">The passphrase, or what stands for it.</param>
    /// <returns>The key; null when the passphrase opens none of the slots.</returns>
    /// <exception cref="ImageException">It opens none, and one of them is damaged or of a kind that is not read.</exception>
    public SecretMemory? Find(int segment, ReadOnlySpan<byte> passphrase)
    {
        ImageException? obstacle = null;
        foreach (KeySlot slot in header.Slots.Where(slot => slot.Priority > 0).OrderByDescending(slot => slot.Priority))
        {
            if (header.Digests.FirstOrDefault(digest => digest.Segments.Contains(segment) && digest.Slots.Contains(slot.Number)) is not { } digest)
            {
                continue;
            }

            SecretMemory? key = null;
            try
            {
                key = Open(slot, passphrase);
                if (IsRight(digest, key.Span))
                {
                    return key;
                }
            }
            catch (ImageException e)
            {
                obstacle ??= e;
            }

            key?.Dispose();
        }

        return obstacle is null ? null : throw obstacle;
    }

    private SecretMemory Open(KeySlot slot, ReadOnlySpan<byte> passphrase)
    {
        int length = slot.KeyLength * slot.Stripes;
        using var stripes = new SecretMemory((length + SectorSize - 1) / SectorSize * SectorSize);
        source.ReadAt(slot.Area, stripes.Span);
        var specification = CipherSpecification.Parse(slot.Encryption);
        HashFunction hash = CryptoHash.Find(slot.StripeHash);
        using (var areaKey = new SecretMemory(slot.AreaKeyLength))
        {
            slot.Function.Derive(passphrase, areaKey.Span, costs);
            new SectorCipher(specification, areaKey.Span, SectorSize).Decrypt(0, stripes.Span);
        }

        var key = new SecretMemory(slot.KeyLength);
        AntiForensicSplit.Merge(hash, stripes.Span[..length], key.Span);
        return key;
    }

    private bool IsRight(KeyDigest digest, ReadOnlySpan<byte> key)
    {
        byte[] value = new byte[digest.Value.Length];
        digest.Function.Derive(key, value, costs);
        return value.Length > 0 && CryptographicOperations.FixedTimeEquals(value, digest.Value);
    }
}
