using ImageFs.Linux;
using ImageFs.Storage;

namespace ImageFs.Fuse.Ring;

/// <summary>The files that a ring reads from and writes to: the connection, and the image's devices as they come up.</summary>
internal sealed class RingFiles
{
    /// <summary>The place of the FUSE connection.</summary>
    public const int Connection = 0;

    /// <summary>Places that there are: most trees lie on one device, an image in pieces on several.</summary>
    public const int Places = 16;

    // A refusal now and then may have another cause than the device; so many in a row have not.
    private const int RefusalsBelieved = 4;

    private readonly IoUring _ring;
    private readonly FileDevice?[] _devices = new FileDevice?[Places];
    private readonly int[] _refusals = new int[Places];

    /// <summary>Puts the connection into the ring's table.</summary>
    /// <exception cref="LinuxException">The kernel refuses it.</exception>
    public RingFiles(IoUring ring, FileDescriptor connection)
    {
        _ring = ring;
        if (!ring.TryPutFile(Connection, connection))
        {
            throw new LinuxException("io_uring_register", Errno.EBADF);
        }
    }

    /// <summary>The place of a device.</summary>
    /// <returns>False when it has none: the table is full, or the device does not take reads by the ring.</returns>
    public bool TryFind(FileDevice device, out int place)
    {
        for (place = Connection + 1; place < Places; place++)
        {
            if (ReferenceEquals(_devices[place], device))
            {
                return _refusals[place] < RefusalsBelieved;
            }

            if (_devices[place] is null)
            {
                _devices[place] = device;
                _refusals[place] = _ring.TryPutFile(place, device.Descriptor) ? 0 : RefusalsBelieved;
                return _refusals[place] == 0;
            }
        }

        return false;
    }

    /// <summary>Takes note of a device that did not take a read: EAGAIN, EINVAL, EOPNOTSUPP.</summary>
    public void NoteRefusal(int place) => _refusals[place]++;
}
