using ImageFs.Fuse.Mounting;
using ImageFs.Fuse.Ring;
using ImageFs.Linux;
using ImageFs.Storage.Decoding;

namespace ImageFs.Fuse;

/// <summary>How and where to mount.</summary>
public sealed record FuseMountOptions
{
    /// <summary>The directory to mount on; or <c>/dev/fd/N</c>, a descriptor of /dev/fuse that is mounted already.</summary>
    public required string MountPoint { get; init; }

    /// <summary>What /proc/mounts shows as the source: the image's path.</summary>
    public required string Source { get; init; }

    /// <summary>What follows "fuse." in the file system type.</summary>
    public string Subtype { get; init; } = "imagefs";

    /// <summary>Whose the mount is: the user who makes this, whoever the server becomes before it mounts.</summary>
    public uint UserId { get; init; } = Mounts.UserId;

    /// <summary>The group of <see cref="UserId"/>.</summary>
    public uint GroupId { get; init; } = Mounts.GroupId;

    /// <summary>Flags of the mount; it is read-only whatever they say.</summary>
    public MountFlags Flags { get; init; } = MountFlags.NoSuid | MountFlags.NoDev;

    /// <summary>What SELinux is told of the mount, as options of mount(2): <c>context="..."</c>; with mount(2) only.</summary>
    public string SecurityContexts { get; init; } = string.Empty;

    /// <summary>Whether other users may use the mount; root may always set it, others if /etc/fuse.conf permits.</summary>
    public bool AllowOther { get; init; }

    /// <summary>
    /// Whether root may use the mount besides its owner, and nobody else; needs the same permission as <see cref="AllowOther"/>. The kernel
    /// then keeps no names and attributes, but for files that are open.
    /// </summary>
    public bool AllowRoot { get; init; }

    /// <summary>How long the mount stays when nobody uses it; null to stay until it is unmounted.</summary>
    public TimeSpan? IdleTimeout { get; init; }

    /// <summary>Whether the kernel checks permissions by mode, user and group.</summary>
    public bool DefaultPermissions { get; init; }

    /// <summary>Threads that answer requests; 0 to choose by the number of processors.</summary>
    public int Workers { get; init; }

    /// <summary>How file bytes go to the kernel; null to choose for each reply. What cannot go that way is copied whatever this says.</summary>
    public ReplyWay? ForceReply { get; init; }

    /// <summary>
    /// Whether what the mount's cache keeps stays out of the image's cache: read past it where the device permits, else dropped from it.
    /// </summary>
    public bool CachesOnce { get; init; }

    /// <summary>
    /// Whether small files are put into the mount's cache ahead of a reader that takes those of a directory one after another. A tree
    /// that may change is never read ahead so.
    /// </summary>
    public bool StoresAhead { get; init; }

    /// <summary>Whether compressed files are decoded ahead of who reads them from one end to the other, into a quarter of <see cref="Decoded"/>.</summary>
    public bool DecodesAhead { get; init; } = true;

    /// <summary>Where the tree keeps decoded blocks; null when nobody says, and nothing is decoded ahead.</summary>
    public DecodedBlockCache? Decoded { get; init; }

    /// <summary>Whether the header of a spliced reply is copied into the pipe, and does not go by reference.</summary>
    public bool CopiesHeaders { get; init; }

    /// <summary>Whether a worker that answers one thread again and again moves to its processor.</summary>
    public bool FollowsReaders { get; init; } = true;

    /// <summary>
    /// How requests arrive: over the device where there is no ring. Replies other than copies, and reading past the image's cache, need the
    /// device.
    /// </summary>
    public FuseTransport Transport { get; init; } = FuseTransport.Device;

    /// <summary>Files that the kernel reads in place of this process (FUSE passthrough); null where all are served.</summary>
    public IBackingFiles? BackingFiles { get; init; }

    /// <summary>Takes a line about something wrong, from any thread.</summary>
    public Action<string> Log { get; init; } = static _ => { };

    /// <summary>Takes a line about each request and each reply; null for none.</summary>
    public Action<string>? Trace { get; init; }

    /// <summary>Gives the mount's status as JSON, to whoever asks by <see cref="FuseStatus"/>.</summary>
    public Func<string>? Status { get; init; }

    /// <summary>Who mounts and unmounts for a process that has given up its rights (<see cref="MountKeeper.Prepare"/>); null for this process itself.</summary>
    public MountKeeper? Keeper { get; init; }

    /// <summary>Rings that were made before, of which the mount takes what it needs; null for the mount to make them.</summary>
    public RingSupply? Rings { get; init; }

    /// <summary>By whom it is mounted.</summary>
    internal MountCalls Calls => Keeper?.Calls ?? MountCalls.Own;

    /// <summary>What is to go wrong with the ring, in tests.</summary>
    internal RingFault RingFault { get; init; }
}
