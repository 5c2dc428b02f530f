using System.Buffers.Binary;
using System.Text;

namespace ImageFs.FileSystems.Udf.Structures;

/// <summary>An entity identifier: who made something, or what it belongs to (ECMA-167 1/7.4).</summary>
internal readonly ref struct EntityIdentifier
{
    /// <summary>Its length in bytes.</summary>
    public const int Length = 32;

    private const int IdentifierLength = 23;

    private readonly ReadOnlySpan<byte> _bytes;

    /// <param name="bytes">At least <see cref="Length"/> of them.</param>
    public EntityIdentifier(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes.Length, Length, nameof(bytes));
        _bytes = bytes;
    }

    /// <summary>Identifier, without the zeros after it (1/7.4.2).</summary>
    public ReadOnlySpan<byte> Identifier => _bytes.Slice(1, IdentifierLength).TrimEnd((byte)0);

    /// <summary>The UDF revision of a domain or UDF suffix: 0x0201 is 2.01 (UDF 2.1.5.3).</summary>
    public ushort Revision => BinaryPrimitives.ReadUInt16LittleEndian(_bytes[24..]);

    /// <summary>The identifier for a person to read.</summary>
    public string Text => Encoding.Latin1.GetString(Identifier);
}
