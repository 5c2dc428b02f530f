namespace ImageFs.FileSystems.Iso9660.Zisofs;

/// <summary>What a ZF entry says of a compressed file, and its header must say too.</summary>
/// <param name="Algorithm">The algorithm: <c>pz</c> is paged zlib; <c>PZ</c> the same in version 2.</param>
/// <param name="Version">Version of the format: 1 or 2.</param>
/// <param name="HeaderLength">Bytes of the file header.</param>
/// <param name="BlockShift">Base-2 logarithm of the uncompressed bytes in a block.</param>
/// <param name="Size">Bytes of the whole file when uncompressed.</param>
internal readonly record struct ZisofsParameters(ushort Algorithm, byte Version, int HeaderLength, byte BlockShift, ulong Size)
{
    /// <summary>Whether the blocks are compressed by zlib.</summary>
    public bool IsZlib => Algorithm == (('p' << 8) | 'z') || Algorithm == (('P' << 8) | 'Z');

    /// <summary>The two letters of the algorithm, as a number when they are none: they may be anything.</summary>
    public string AlgorithmName => char.IsAsciiLetter((char)(Algorithm >> 8)) && char.IsAsciiLetter((char)(Algorithm & 0xFF))
        ? new([(char)(Algorithm >> 8), (char)(Algorithm & 0xFF)])
        : $"0x{Algorithm:x4}";
}
