using ImageFs.Linux;

namespace ImageFs.Mounting;

/// <summary>
/// The folder of a user's session (XDG Base Directory Specification), and this program's in it: images are mounted there that are opened at a
/// desktop, and those with no place beside them.
/// </summary>
internal static class RuntimeFolder
{
    private const string Variable = "XDG_RUNTIME_DIR";
    private const string Name = "imagefs";

    /// <summary>The session's.</summary>
    internal static string Session => Environment.GetEnvironmentVariable(Variable) is ['/', ..] folder ? folder : $"/run/user/{Mounts.UserId}";

    /// <summary>This program's, with all links in it followed, made if it is not there: by nobody else's link.</summary>
    /// <exception cref="LinuxException">It cannot be made.</exception>
    internal static string Make()
    {
        using OutputFolder session = OpenSession();
        session.OpenOrCreateFolder(ByteText.ToBytes(Name)).Dispose();
        return Resolve();
    }

    /// <summary>The same where it is.</summary>
    internal static string Resolve()
    {
        string path = Path.Combine(Session, Name);
        return Paths.Resolve(path) ?? path;
    }

    private static OutputFolder OpenSession()
    {
        try
        {
            return OutputFolder.OpenOrCreate(Session);
        }
        catch (LinuxException e)
        {
            throw new LinuxException(e.Call, e.Errno, Session, $"the folder of a user's session, which {Variable} names; imagefs mount IMAGE DIR takes any folder");
        }
    }
}
