namespace ImageFs.Benchmarks.Images;

/// <summary>How an image is laid out.</summary>
internal enum ImageFormat
{
    /// <summary>ISO 9660 with Rock Ridge.</summary>
    Iso,

    /// <summary>ext4.</summary>
    Ext4,

    /// <summary>squashfs, nothing compressed.</summary>
    Squashfs,

    /// <summary>squashfs, compressed by zlib.</summary>
    SquashfsGzip,

    /// <summary>squashfs, compressed by zstd.</summary>
    SquashfsZstd,

    /// <summary>squashfs, compressed by xz.</summary>
    SquashfsXz,

    /// <summary>erofs, nothing compressed.</summary>
    Erofs,

    /// <summary>erofs, compressed by lz4hc in clusters of 64 KiB.</summary>
    ErofsLz4hc,

    /// <summary>erofs, compressed by zstd in clusters of 64 KiB.</summary>
    ErofsZstd,

    /// <summary>FAT32.</summary>
    Fat32,

    /// <summary>UDF, beside ISO 9660.</summary>
    Udf,

    /// <summary>ext4 in a partition of a GPT disk in qcow2.</summary>
    Qcow2,

    /// <summary>XFS.</summary>
    Xfs,

    /// <summary>Btrfs, nothing compressed.</summary>
    Btrfs,

    /// <summary>Btrfs, compressed by zstd.</summary>
    BtrfsZstd,

    /// <summary>NTFS, nothing compressed.</summary>
    Ntfs,

    /// <summary>NTFS, compressed by itself (LZNT1).</summary>
    NtfsLznt1,

    /// <summary>ext4 in LUKS2, by AES-256 in XTS.</summary>
    Luks,
}
