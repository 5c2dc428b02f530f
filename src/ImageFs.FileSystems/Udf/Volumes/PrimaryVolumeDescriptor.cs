using ImageFs.FileSystems.Udf.Structures;

namespace ImageFs.FileSystems.Udf.Volumes;

/// <summary>Primary volume descriptor (ECMA-167 3/10.1).</summary>
/// <param name="bytes">The descriptor; a block.</param>
internal readonly ref struct PrimaryVolumeDescriptor(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>Volume Identifier (3/10.1.4).</summary>
    public string VolumeIdentifier => CompressedUnicode.ReadField(_bytes.Slice(24, 32));

    /// <summary>Volume Set Identifier, as it is recorded (3/10.1.11).</summary>
    public ReadOnlySpan<byte> VolumeSetIdentifier => _bytes.Slice(72, 128);

    /// <summary>Application Identifier (3/10.1.16).</summary>
    public EntityIdentifier Application => new(_bytes[344..]);

    /// <summary>Recording Date and Time (3/10.1.17).</summary>
    public ReadOnlySpan<byte> RecordingTime => _bytes.Slice(376, TimeStamp.Length);

    /// <summary>Implementation Identifier (3/10.1.18).</summary>
    public EntityIdentifier Implementation => new(_bytes[388..]);
}
