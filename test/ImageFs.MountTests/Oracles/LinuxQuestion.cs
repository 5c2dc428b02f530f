namespace ImageFs.MountTests.Oracles;

/// <summary>An image to mount with one of Linux's own drivers.</summary>
/// <param name="Image">Its file.</param>
/// <param name="Options">The driver's mount options; $N is the device of disk N.</param>
/// <param name="Type">The driver's name as mount(2) has it.</param>
internal sealed record LinuxQuestion(string Image, string Options = "", string Type = "iso9660")
{
    /// <summary>The further disks of a volume that lies on several.</summary>
    public IReadOnlyList<string> MoreImages { get; init; } = [];

    /// <summary>
    /// What to make of the disks first, in order; the last device made is mounted: "part=N" the kernel's partition N of the last device, "md=1.2"
    /// an array by its metadata, "dm=TABLE" a device-mapper table with ";" between its lines, in which $N is the device N so far; "fill=SCRIPT" has a
    /// script of busybox write to it (Native/guest.c).
    /// </summary>
    public IReadOnlyList<string> Steps { get; init; } = [];

    /// <summary>Bytes of a sector of the disks.</summary>
    public int SectorSize { get; init; } = 512;

    /// <summary>Whether the driver may write, to a copy, so that it recovers a journal.</summary>
    public bool IsWritable { get; init; }

    /// <summary>Whether it may write to the images themselves, to fill them.</summary>
    public bool WritesImages { get; init; }
}
