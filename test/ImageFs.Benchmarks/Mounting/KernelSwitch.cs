namespace ImageFs.Benchmarks.Mounting;

/// <summary>A parameter of the kernel that is Y until this is disposed, and then what it was.</summary>
internal sealed class KernelSwitch : IDisposable
{
    private readonly string _path;
    private readonly string _before;

    /// <summary>Turns it on.</summary>
    public KernelSwitch(string path)
    {
        _path = path;
        _before = File.ReadAllText(path);
        File.WriteAllText(path, "Y");
    }

    /// <inheritdoc/>
    public void Dispose() => File.WriteAllText(_path, _before);
}
