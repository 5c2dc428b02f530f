using System.Runtime.InteropServices;

namespace ImageFs.Linux;

/// <summary>A system call failed: which one, on what, and the error number.</summary>
public sealed class LinuxException : IOException
{
    /// <summary>Describes a failed call.</summary>
    /// <param name="call">The call's name, as in its manual page.</param>
    /// <param name="errno">The error number.</param>
    /// <param name="subject">What it was called on: a path, mostly.</param>
    /// <param name="advice">What to do about it; null when that goes without saying.</param>
    public LinuxException(string call, Errno errno, string? subject = null, string? advice = null)
        : base($"{(subject is null ? string.Empty : $"{subject}: ")}{call}: {Text(errno)}{(advice is null ? string.Empty : $" ({advice})")}")
    {
        Call = call;
        Errno = errno;
    }

    /// <summary>The call's name, as in its manual page.</summary>
    public string Call { get; }

    /// <summary>The error number.</summary>
    public Errno Errno { get; }

    /// <summary>What strerror(3) says of an error number.</summary>
    public static string Text(Errno errno) => Marshal.GetPInvokeErrorMessage((int)errno);

    /// <summary>The exception for the call that this thread made last, from its errno.</summary>
    internal static LinuxException Last(string call, string? subject = null) =>
        new(call, LastError, subject);

    /// <summary>The error of the call that this thread made last, which failed.</summary>
    internal static Errno LastError => (Errno)Marshal.GetLastPInvokeError();

    /// <summary>The error of the call that this thread made last.</summary>
    /// <param name="result">What it returned: less than 0 when it failed.</param>
    internal static Errno ErrorOf(long result) => result < 0 ? LastError : Errno.None;
}
