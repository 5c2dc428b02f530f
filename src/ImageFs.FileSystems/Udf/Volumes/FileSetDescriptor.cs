using System.Buffers.Binary;
using ImageFs.FileSystems.Udf.Structures;

namespace ImageFs.FileSystems.Udf.Volumes;

/// <summary>File set descriptor (ECMA-167 4/14.1).</summary>
/// <param name="bytes">The descriptor; a block.</param>
internal readonly ref struct FileSetDescriptor(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>Recording Date and Time (4/14.1.2).</summary>
    public ReadOnlySpan<byte> RecordingTime => _bytes.Slice(16, TimeStamp.Length);

    /// <summary>File Set Number (4/14.1.7).</summary>
    public uint Number => BinaryPrimitives.ReadUInt32LittleEndian(_bytes[40..]);

    /// <summary>File Set Identifier (4/14.1.12).</summary>
    public string Identifier => CompressedUnicode.ReadField(_bytes.Slice(304, 32));

    /// <summary>Root Directory ICB (4/14.1.15).</summary>
    public AllocationDescriptor RootDirectory => AllocationDescriptor.ReadLong(_bytes[400..]);

    /// <summary>System Stream Directory ICB: of length 0 when there is none (4/14.1.18).</summary>
    public AllocationDescriptor SystemStreamDirectory => AllocationDescriptor.ReadLong(_bytes[464..]);
}
