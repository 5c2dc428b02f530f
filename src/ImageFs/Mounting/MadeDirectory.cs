using System.Runtime.InteropServices;
using ImageFs.Fuse;
using ImageFs.Images;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Storage.Containers;

namespace ImageFs.Mounting;

/// <summary>A directory that this program has made to mount on, for a mount without one. It goes with the mount.</summary>
internal sealed class MadeDirectory : IDisposable
{
    // Beside an image whose name has no extension to take away, as the folders of images inside are called (ImageFs.Images.Nested).
    private const string FolderExtension = ".d";

    private const string NamelessImage = "image";

    private readonly string _path;
    private readonly MountKeeper? _keeper;
    private readonly PosixSignalRegistration[] _ends;
    private bool _isKept;

    /// <param name="path">The directory.</param>
    /// <param name="keeper">Who removes it, where this process may not.</param>
    /// <param name="endsBySignals">Whether a signal may end this process while the directory is there, and nothing mounted on it.</param>
    internal MadeDirectory(string path, MountKeeper? keeper = null, bool endsBySignals = false)
    {
        _path = path;
        _keeper = keeper;
        AppDomain.CurrentDomain.ProcessExit += Remove;
        PosixSignal[] signals = endsBySignals ? [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP] : [];
        _ends = [.. signals.Select(signal => PosixSignalRegistration.Create(signal, _ => Remove(null, EventArgs.Empty)))];
    }

    /// <summary>
    /// Finds a directory to mount an image on: beside the image, and called like it without its extension. One with nothing in it is taken
    /// as it is, and the name gets a number where it is anything else's. What is no file of this machine has it in the current directory.
    /// </summary>
    /// <param name="image">The image, as given.</param>
    /// <returns>The directory, which no other mount gets until it is let go of.</returns>
    /// <exception cref="LinuxException">There is no such image.</exception>
    /// <exception cref="FuseMountException">There is no such directory, and none can be made.</exception>
    internal static ClaimedFolder Choose(string image)
    {
        var location = ImageLocation.Parse(image);

        // Of an image that is not there the directory might have the very name. Nothing is made in /dev.
        FileStatus? status = IsFile(location) ? Files.Status(location.Outer) : null;
        bool isBeside = status is { } found && (found.IsRegular || found.IsDirectory);
        string name = NameFor(location, isBeside);
        string folder = isBeside ? Path.GetDirectoryName(Paths.Full(location.Outer.TrimEnd('/'))) ?? "/" : Paths.CurrentFolder();
        if (NumberedFolder.TryTake(folder, name, out Errno errno) is { } beside)
        {
            return beside;
        }

        bool isRefused = errno is Errno.EACCES or Errno.EPERM or Errno.EROFS;
        if (isRefused && Paths.IsFolder(RuntimeFolder.Session) && NumberedFolder.TryTake(RuntimeFolder.Make(), name, out _) is { } own)
        {
            return own;
        }

        string problem = $"{Path.Combine(folder, name)}: {LinuxException.Text(errno)}: a directory to mount on cannot be made there";
        throw new FuseMountException($"{problem}; name one: imagefs mount {location.PublicName} DIR", isPermission: errno is Errno.EACCES or Errno.EPERM);
    }

    /// <summary>Leaves it there: the mount stays, or somebody else removes it.</summary>
    internal void Keep() => _isKept = true;

    /// <inheritdoc/>
    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= Remove;
        Array.ForEach(_ends, end => end.Dispose());
        Remove(null, EventArgs.Empty);
    }

    private static string NameFor(ImageLocation location, bool isBeside)
    {
        bool isDescriptor = location.Outer == PipedImage.StandardInput || FileDevice.FindDescriptor(location.Outer) is not null;
        bool isNameless = location.Inner.Count == 0 && isDescriptor;
        string name = isNameless ? string.Empty : location.BareName;
        return name switch
        {
            "" or "." or ".." => NamelessImage,
            _ when isBeside && name == location.Name => name + FolderExtension,
            _ => name,
        };
    }

    private static bool IsFile(ImageLocation location) =>
        location.IsPath && location.Outer != PipedImage.StandardInput && FileDevice.FindDescriptor(location.Outer) is null;

    // What cannot be removed is in use by somebody, who can.
    private void Remove(object? sender, EventArgs e)
    {
        if (_isKept)
        {
            return;
        }

        if (_keeper is not null)
        {
            _keeper.RemoveDirectory();
        }
        else
        {
            _ = FileWriting.TryRemoveFolder(_path);
        }
    }
}
