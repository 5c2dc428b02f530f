using System.Buffers.Binary;
using ImageFs.FileSystems.SquashFs.Metadata;
using ImageFs.Storage;

namespace ImageFs.FileSystems.SquashFs;

/// <summary>What follows the super block of version 4: how it was compressed, where that is not what is usual. Decoders need none of it.</summary>
internal static class CompressorOptions
{
    private const int MaxSize = 8;

    private static readonly string[] s_gzipStrategies = ["default", "filtered", "huffman_only", "run_length_encoded", "fixed"];
    private static readonly string[] s_lzoAlgorithms = ["lzo1x_1", "lzo1x_1_11", "lzo1x_1_12", "lzo1x_1_15", "lzo1x_999"];
    private static readonly string[] s_xzFilters = ["x86", "powerpc", "ia64", "arm", "armthumb", "sparc", "arm64", "riscv"];

    /// <summary>The options, as mksquashfs names them; empty when there are none.</summary>
    /// <param name="super">The super block.</param>
    /// <param name="metadata">The metadata.</param>
    /// <exception cref="ImageException">They are damaged.</exception>
    /// <exception cref="Linux.LinuxException">The device failed.</exception>
    public static string Describe(SuperBlock super, MetadataReader metadata)
    {
        if (super.Major < 4 || !super.Flags.HasFlag(SuperBlockFlags.CompressorOptions))
        {
            return string.Empty;
        }

        byte[] bytes = metadata.Read(SuperBlock.Size4).Bytes;
        Span<byte> padded = stackalloc byte[MaxSize];
        bytes.AsSpan(0, Math.Min(bytes.Length, MaxSize)).CopyTo(padded);
        uint first = BinaryPrimitives.ReadUInt32LittleEndian(padded);
        uint second = BinaryPrimitives.ReadUInt32LittleEndian(padded[sizeof(uint)..]);
        return super.Compression switch
        {
            1 => $"level {first}, window {second & 0xFFFF}{Named(", strategies", second >> 16, s_gzipStrategies)}",
            3 => $"algorithm {(first < s_lzoAlgorithms.Length ? s_lzoAlgorithms[first] : first)}{(first == 4 ? $", level {second}" : string.Empty)}",
            4 => $"dictionary {first}{Named(", filters", second, s_xzFilters)}",
            5 => $"version {first}{((second & 1) != 0 ? ", hc" : string.Empty)}",
            6 => $"level {first}",
            _ => string.Empty,
        };
    }

    private static string Named(string what, uint flags, string[] names)
    {
        string[] set = [.. names.Where((_, bit) => (flags >> bit & 1) != 0)];
        return set.Length == 0 ? string.Empty : $"{what} {string.Join(' ', set)}";
    }
}
