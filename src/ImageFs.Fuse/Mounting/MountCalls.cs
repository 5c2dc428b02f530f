using ImageFs.Linux;

namespace ImageFs.Fuse.Mounting;

/// <summary>What of mounting takes rights: made by this process itself, or by a <see cref="MountKeeper"/> for one that has none.</summary>
internal abstract class MountCalls
{
    /// <summary>Those of this process.</summary>
    public static MountCalls Own { get; } = new OwnCalls();

    /// <summary>Opens /dev/fuse, and mount(2).</summary>
    /// <param name="words">What is mounted how.</param>
    public abstract Outcome Mount(in Words words);

    /// <summary>umount2(2).</summary>
    public abstract Errno Unmount(string mountPoint, UnmountFlags flags);

    /// <summary>Runs fusermount3 or its like.</summary>
    /// <returns>What came of it; null when there is no such program.</returns>
    /// <exception cref="LinuxException">It cannot be run for another reason.</exception>
    public abstract FuserMount.Outcome? Run(string program, params string[] arguments);

    /// <summary>Who uses a mount, as <see cref="MountUsers"/> tells, as far as that can be seen.</summary>
    public abstract IReadOnlyList<string> FindUsers(string mountPoint);

    /// <summary>Raises the kernel's readahead of a mount, where this is permitted: that is done when <see cref="Settle"/> has returned.</summary>
    /// <param name="device">Its device number.</param>
    /// <param name="kib">How far, in KiB.</param>
    public abstract void RaiseReadAhead(DeviceNumber device, int kib);

    /// <summary>Waits for what was begun.</summary>
    public virtual void Settle()
    {
    }

    /// <summary>The arguments of mount(2).</summary>
    /// <param name="Source">A word for /proc/mounts.</param>
    /// <param name="MountPoint">The directory.</param>
    /// <param name="Type">The file system type.</param>
    /// <param name="Flags">Flags.</param>
    /// <param name="Data">The options of FUSE, without <c>fd=</c>.</param>
    public readonly record struct Words(string Source, string MountPoint, string Type, MountFlags Flags, string Data);

    /// <summary>What came of mount(2).</summary>
    /// <param name="Connection">The device's descriptor that the mount is tied to; null when there is no mount.</param>
    /// <param name="Errno">Why there is none.</param>
    /// <param name="IsOfDevice">Whether that is of opening /dev/fuse.</param>
    public readonly record struct Outcome(FileDescriptor? Connection, Errno Errno, bool IsOfDevice);

    private sealed class OwnCalls : MountCalls
    {
        public override Outcome Mount(in Words words)
        {
            FileDescriptor? connection = FuseDevice.TryOpen(out Errno errno);
            if (connection is null)
            {
                return new Outcome(null, errno, IsOfDevice: true);
            }

            errno = Mounts.Mount(words.Source, words.MountPoint, words.Type, words.Flags, $"fd={connection.Number},{words.Data}");
            if (errno == Errno.None)
            {
                return new Outcome(connection, errno, IsOfDevice: false);
            }

            connection.Dispose();
            return new Outcome(null, errno, IsOfDevice: false);
        }

        public override Errno Unmount(string mountPoint, UnmountFlags flags) => Mounts.Unmount(mountPoint, flags);

        public override FuserMount.Outcome? Run(string program, params string[] arguments) => FuserMount.TryRun(program, arguments);

        public override IReadOnlyList<string> FindUsers(string mountPoint) =>
            Mounts.DeviceAt(mountPoint) is { } device ? MountUsers.Find(mountPoint, device) : [];

        public override void RaiseReadAhead(DeviceNumber device, int kib) => Session.ReadAhead.Write(device, kib);
    }
}
