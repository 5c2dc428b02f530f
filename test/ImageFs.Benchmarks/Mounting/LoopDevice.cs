namespace ImageFs.Benchmarks.Mounting;

/// <summary>An image as a loop device, until it is disposed.</summary>
internal sealed class LoopDevice(string image) : IDisposable
{
    /// <summary>The device's node.</summary>
    public string Path { get; } = Command.Run("losetup", "-f", "--show", "-r", image).Trim();

    /// <inheritdoc/>
    public void Dispose() => Command.Try("losetup", "-d", Path);
}
