namespace ImageFs.Fuse;

/// <summary>A mount could not be made, queried or removed. The message says what is wrong and what to do next.</summary>
/// <param name="message">What is wrong, and what to do next.</param>
/// <param name="isPermission">Whether another user might have been allowed to.</param>
public sealed class FuseMountException(string message, bool isPermission = false) : Exception(message)
{
    /// <summary>Whether permission is missing: another user might be allowed to.</summary>
    public bool IsPermission => isPermission;
}
