using System.Buffers.Binary;
using ImageFs.Storage;

namespace ImageFs.FileSystems.Erofs.Compression;

/// <summary>
/// The compressors that a file system may have data of, and their settings behind the super block (z_erofs_lz4_cfgs, z_erofs_lzma_cfgs,
/// z_erofs_deflate_cfgs, z_erofs_zstd_cfgs).
/// </summary>
internal sealed class CompressorSettings
{
    private const int Known = 0xF;
    private const int Count = 4;
    private const int Alignment = 4;
    private const int MaxSettings = 32;
    private const int MinZstandardWindow = 10;

    private readonly int _available;
    private readonly string[] _details = new string[Count];

    private CompressorSettings(int available, bool isPadded)
    {
        _available = available;
        Codecs = new ClusterCodecs(isPadded);
    }

    /// <summary>How clusters are decoded.</summary>
    public ClusterCodecs Codecs { get; }

    /// <summary>Those that there may be, and what is known of each, for people.</summary>
    public IEnumerable<string> Names => from number in Enumerable.Range(0, Count)
                                        where IsAvailable((Compressor)number)
                                        let name = NameOf((Compressor)number)
                                        select _details[number] is { Length: > 0 } details ? $"{name} ({details})" : name;

    /// <summary>Whether there may be data of a compressor.</summary>
    public bool IsAvailable(Compressor compressor) => (_available >> (int)compressor & 1) != 0;

    /// <summary>Reads them.</summary>
    /// <param name="volume">The file system.</param>
    /// <exception cref="ImageException">They are damaged, or not read.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static CompressorSettings Read(ErofsVolume volume)
    {
        Geometry geometry = volume.Geometry;
        bool isPadded = geometry.Incompatible.HasFlag(IncompatibleFeatures.ZeroPadding);
        if (!geometry.Incompatible.HasFlag(IncompatibleFeatures.CompressorSettings))
        {
            // The field is the longest distance of LZ4.
            return new CompressorSettings(geometry.Compressors != 0 || isPadded ? 1 << (int)Compressor.Lz4 : 0, isPadded);
        }

        int available = geometry.Compressors;
        if ((available & ~Known) != 0)
        {
            throw new UnsupportedFeatureException($"EROFS with the compressors 0x{available & ~Known:X}", "available_compr_algs");
        }

        var settings = new CompressorSettings(available, isPadded);
        settings.ReadDetails(volume);
        return settings;
    }

    private static string NameOf(Compressor compressor) => compressor switch
    {
        Compressor.Lz4 => "lz4",
        Compressor.Lzma => "lzma",
        Compressor.Deflate => "deflate",
        _ => "zstd",
    };

    private void ReadDetails(ErofsVolume volume)
    {
        BlockCache metadata = volume.Metadata(isInMetabox: false);
        long address = SuperBlock.Address + volume.Geometry.SuperBlockSize;
        Span<byte> bytes = stackalloc byte[MaxSettings];
        for (int number = 0; number < Count; number++)
        {
            if (!IsAvailable((Compressor)number))
            {
                continue;
            }

            address = Geometry.Align(address, Alignment);
            metadata.ReadAt(address, bytes[..sizeof(ushort)]);
            int length = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
            bytes.Clear();
            metadata.ReadAt(address + sizeof(ushort), bytes[..Math.Min(length, bytes.Length)]);
            _details[number] = Describe((Compressor)number, bytes, length, volume.Geometry.BlockSize, address);
            address += sizeof(ushort) + length;
        }
    }

    private static string Describe(Compressor compressor, ReadOnlySpan<byte> settings, int length, int blockSize, long address)
    {
        int least = compressor is Compressor.Lz4 or Compressor.Lzma ? 14 : 6;
        if (length < least)
        {
            throw new InvalidImageException($"settings of {NameOf(compressor)}", address, $"they have {length} bytes, and need {least}");
        }

        int format = compressor switch
        {
            Compressor.Lzma => BinaryPrimitives.ReadUInt16LittleEndian(settings[4..]),
            Compressor.Zstandard => settings[0],
            _ => 0,
        };
        if (format != 0)
        {
            throw new UnsupportedFeatureException($"EROFS with {NameOf(compressor)} of the format {format}");
        }

        return compressor switch
        {
            Compressor.Lz4 => $"clusters of up to {Math.Max(BinaryPrimitives.ReadUInt16LittleEndian(settings[2..]), (ushort)1) * (long)blockSize} bytes",
            Compressor.Lzma => $"a dictionary of {BinaryPrimitives.ReadUInt32LittleEndian(settings)} bytes",
            Compressor.Deflate => $"a window of 2^{settings[0]} bytes",
            _ => $"a window of 2^{settings[1] + MinZstandardWindow} bytes",
        };
    }
}
