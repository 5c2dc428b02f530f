namespace ImageFs.Fuse;

/// <summary>A mount could not be made, asked or taken away. The message says what is wrong and what to do next.</summary>
/// <param name="message">What, and what next.</param>
/// <param name="isPermission">Whether another user might have been allowed to.</param>
public sealed class FuseMountException(string message, bool isPermission = false) : Exception(message)
{
    /// <summary>Whether it is for want of permission: another user might have been allowed to.</summary>
    public bool IsPermission => isPermission;
}
