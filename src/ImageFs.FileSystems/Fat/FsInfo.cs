using System.Buffers.Binary;

namespace ImageFs.FileSystems.Fat;

/// <summary>The FSInfo structure of FAT32 (fatgen103 5).</summary>
internal readonly ref struct FsInfo
{
    /// <summary>Bytes in it.</summary>
    public const int Length = 512;

    private readonly ReadOnlySpan<byte> _bytes;

    public FsInfo(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, Length, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>FSI_LeadSig and FSI_StrucSig: whether it is one.</summary>
    public bool IsValid =>
        BinaryPrimitives.ReadUInt32LittleEndian(_bytes) == 0x4161_5252
        && BinaryPrimitives.ReadUInt32LittleEndian(_bytes[484..]) == 0x6141_7272;

    /// <summary>FSI_Free_Count: the last known number of free clusters; all bits set when it is unknown.</summary>
    public uint FreeCount => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[488..]);
}
