namespace ImageFs.Linux;

/// <summary>The number of a descriptor that stays open, and no other file's, until this is disposed.</summary>
internal readonly ref struct DescriptorInUse
{
    private readonly FileDescriptor _descriptor;

    internal DescriptorInUse(FileDescriptor descriptor)
    {
        bool isHeld = false;
        descriptor.DangerousAddRef(ref isHeld);
        _descriptor = descriptor;
    }

    /// <summary>The number.</summary>
    internal int Number => _descriptor.Number;

    /// <summary>Lets go of the descriptor; errno as the last call left it stays.</summary>
    public void Dispose() => _descriptor.DangerousRelease();
}
