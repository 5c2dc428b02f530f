using ImageFs.Advice;
using ImageFs.Fuse;
using ImageFs.Images;
using ImageFs.Linux;
using ImageFs.Mounting;
using ImageFs.Reading;
using ImageFs.Storage;
using ImageFs.Tree;

namespace ImageFs;

/// <summary>The error that ended a command, as a line on standard error and an exit status.</summary>
internal static class Failure
{
    private const int ToldFrames = 6;

    private static readonly byte[] s_noMemory = [.. "imagefs: not enough memory\n"u8];

    /// <summary>Reports an error.</summary>
    /// <param name="error">What was thrown.</param>
    /// <param name="findImage">Finds the image that the command was given; null where it has none.</param>
    /// <param name="isOfPath">Whether it is the error of a path in the image, which <paramref name="findImage"/> names too: then no file of this machine was meant.</param>
    /// <returns>The exit status.</returns>
    internal static int Tell(Exception error, Func<string?> findImage, bool isOfPath = false)
    {
        try
        {
            return TellAll(error, findImage, isOfPath);
        }
        catch (OutOfMemoryException)
        {
            // There may be no memory for a message either.
            _ = Descriptors.Write(Descriptors.StandardError, s_noMemory, out _);
            return ExitStatus.System;
        }
    }

    /// <summary>Reports what is wrong.</summary>
    /// <returns>The exit status.</returns>
    internal static int Tell(string message, int status)
    {
        Log.WriteToStandardError(message);
        return status;
    }

    /// <summary>Reports what is wrong with one file, where others are gone on with.</summary>
    internal static void TellOfFile(FilePath path, Exception error) => Log.WriteToStandardError($"{path}: {error.Message}");

    private static int TellAll(Exception error, Func<string?> findImage, bool isOfPath)
    {
        switch (error)
        {
            case TypeInitializationException { InnerException: { } inner }:
                return TellAll(inner, findImage, isOfPath);
            case OptionException wrong:
                return Tell($"{error.Message}{Question.Of(NearOption.Find(wrong.Option))}", ExitStatus.Usage);
            case OperationCanceledException:
                return Tell("interrupted", ExitStatus.Interrupted);
            case LockedVolumeException:
                return Tell(findImage() is { } locked ? $"{locked}: {error.Message}" : error.Message, ExitStatus.NoKey);
            case ImageException:
                return Tell(findImage() is { } image ? $"{image}: {error.Message}" : error.Message, ExitStatus.MountFailure);
            case LinuxException { Errno: Errno.EPIPE }:
                // The reader of the output has read enough: `imagefs cat ... | head`.
                return ExitStatus.BrokenPipe;
            case LinuxException or FuseMountException:
                bool isPermission = error is LinuxException { Errno: Errno.EPERM or Errno.EACCES } or FuseMountException { IsPermission: true };
                string advice = !isOfPath && error is LinuxException failed && findImage() is { } path && Advice(failed.Errno, path) is { } found ? $" ({found})" : string.Empty;
                return Tell($"{error.Message}{advice}", isPermission ? ExitStatus.NotPermitted : ExitStatus.MountFailure);
            case IOException or UnauthorizedAccessException:
                return Tell(error.Message, ExitStatus.System);
            case OutOfMemoryException:
                return Tell("not enough memory: a limit of this process, or of its control group (ulimit -v, memory.max)", ExitStatus.System);
            case ThreadStartException:
                return Tell("a thread cannot be started: a limit of this user, or of its control group (ulimit -u, pids.max)", ExitStatus.System);
            case DllNotFoundException:
                return Tell($"a library cannot be loaded: {error.Message}", ExitStatus.System);
            default:
                return Tell($"a bug: {error.GetType().Name}: {error.Message} ({Where(error)})", ExitStatus.Bug);
        }
    }

    // What was meant by a path that is no image.
    private static string? Advice(Errno errno, string image)
    {
        if (errno == Errno.ENOENT)
        {
            return !ImageLocation.IsAddress(image) && NearPath.OnHost(image) is { } near ? $"did you mean {near}?" : null;
        }

        if (errno == Errno.EISDIR && Directory.Exists(image))
        {
            return "a folder: imagefs mount --tree shows the images in it";
        }

        // Inside an image it has its advice already.
        string? outer = errno == Errno.ENOTDIR && ImageLocation.Parse(image).Inner.Count == 0 ? Path.GetDirectoryName(image) : null;
        while (outer is { Length: > 0 } && !Paths.IsFile(outer))
        {
            outer = Path.GetDirectoryName(outer);
        }

        return outer is { Length: > 0 } ? $"two slashes lead into an image: {outer}/{image[outer.Length..]}" : null;
    }

    // For whoever gets the report; a line is enough to find it.
    private static string Where(Exception error) => string.Join(" < ", (error.StackTrace ?? string.Empty).Split('\n').Take(ToldFrames).Select(frame => frame.Trim()));
}
