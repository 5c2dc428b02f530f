namespace ImageFs.Linux;

/// <summary>A mount, as the mount table has it (proc_pid_mountinfo(5)).</summary>
/// <param name="Directory">Where it is.</param>
/// <param name="Type">The type of its file system: "fuse.imagefs".</param>
/// <param name="Source">What is mounted.</param>
public sealed record MountedPlace(string Directory, string Type, string Source);
