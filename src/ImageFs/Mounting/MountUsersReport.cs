using ImageFs.Linux;

namespace ImageFs.Mounting;

/// <summary>
/// This program started once more by the keeper of a mount, to tell a server in a sandbox who uses its mount: that takes rights to see.
/// </summary>
internal static class MountUsersReport
{
    /// <summary>The word that makes such a process, before the mount point.</summary>
    internal const string Word = "--users";

    /// <summary>In that process: its whole life. It writes a line for each user to standard error.</summary>
    /// <returns>False when this process is none.</returns>
    internal static bool TryRun(string[] arguments)
    {
        if (arguments is not [Word, var mountPoint])
        {
            return false;
        }

        if (Mounts.DeviceAt(mountPoint) is { } device)
        {
            string lines = string.Concat(MountUsers.Find(mountPoint, device).Select(user => $"{user}\n"));
            Descriptors.Write(Descriptors.StandardError, ByteText.ToBytes(lines), out _);
        }

        return true;
    }
}
