namespace ImageFs.Linux;

/// <summary>A device number, in the kernel's two parts.</summary>
/// <param name="Major">The driver.</param>
/// <param name="Minor">The device.</param>
public readonly record struct DeviceNumber(uint Major, uint Minor)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Major}:{Minor}";
}
