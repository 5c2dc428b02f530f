using System.Buffers.Binary;
using ImageFs.FileSystems.Ntfs.Reparse;
using ImageFs.Storage;
using ImageFs.Storage.Decoding;

namespace ImageFs.FileSystems.Ntfs.Contents;

/// <summary>How the Windows Overlay Filter stores a file ([MS-FSCC] 2.1.2; WOF_EXTERNAL_INFO, FILE_PROVIDER_EXTERNAL_INFO_V1).</summary>
/// <param name="Codec">How its chunks are encoded.</param>
/// <param name="ChunkLength">Bytes of a chunk.</param>
internal readonly record struct OverlayFormat(Codec Codec, int ChunkLength)
{
    /// <summary>The stream that has the chunks.</summary>
    public const string StreamName = "WofCompressedData";

    /// <summary>What specifies it.</summary>
    public const string Clause = "FILE_PROVIDER_EXTERNAL_INFO_V1";

    private const int DataLength = 16;
    private const uint Version = 1;
    private const uint WimProvider = 1;
    private const uint FileProvider = 2;

    /// <summary>Reads it from a file's reparse point.</summary>
    /// <exception cref="ImageException">It is damaged, or of a kind that is not read.</exception>
    public static OverlayFormat Read(FileRecord record, ReparsePoint point)
    {
        ReadOnlySpan<byte> data = point.Data;
        if (data.Length < 8)
        {
            throw record.Damaged($"the reparse point of its compression has {data.Length} bytes", Clause);
        }

        uint provider = BinaryPrimitives.ReadUInt32LittleEndian(data[4..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(data) != Version || provider != FileProvider)
        {
            throw new UnsupportedFeatureException(
                provider == WimProvider
                    ? $"the file of record {record.Number}, whose contents are in a WIM image outside of the volume (WOF provider {provider})"
                    : $"the file of record {record.Number}, which is kept by the WOF provider {provider}",
                Clause);
        }

        if (data.Length < DataLength)
        {
            throw record.Damaged($"the reparse point of its compression has {data.Length} bytes", Clause);
        }

        return (BinaryPrimitives.ReadUInt32LittleEndian(data[8..]), BinaryPrimitives.ReadUInt32LittleEndian(data[12..])) switch
        {
            (Version, 0) => new OverlayFormat(Codecs.Xpress, 4096),
            (Version, 1) => new OverlayFormat(Codecs.Lzx, 32768),
            (Version, 2) => new OverlayFormat(Codecs.Xpress, 8192),
            (Version, 3) => new OverlayFormat(Codecs.Xpress, 16384),
            var (version, algorithm) => throw new UnsupportedFeatureException(
                $"the file of record {record.Number}, which is compressed by the algorithm {algorithm} of version {version} of Windows' system compression", Clause),
        };
    }
}
