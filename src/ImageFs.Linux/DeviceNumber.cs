namespace ImageFs.Linux;

/// <summary>A device number, in the kernel's two parts.</summary>
/// <param name="Major">The driver.</param>
/// <param name="Minor">The device.</param>
public readonly record struct DeviceNumber(uint Major, uint Minor)
{
    /// <summary>As Linux packs it into 32 bits, in file systems too (new_decode_dev): the minor number's lower 8 bits are the lowest.</summary>
    /// <param name="packed">Both parts.</param>
    public static DeviceNumber Unpack(uint packed) => new((packed >> 8) & 0xFFF, (packed & 0xFF) | ((packed >> 12) & 0xFFF00));

    /// <summary>The number as <see cref="Unpack"/> takes it (new_encode_dev): the lower 12 bits of the major number, and 20 of the minor.</summary>
    public uint Pack() => (Minor & 0xFF) | ((Major & 0xFFF) << 8) | ((Minor & 0xFFF00) << 12);

    /// <inheritdoc/>
    public override string ToString() => $"{Major}:{Minor}";
}
