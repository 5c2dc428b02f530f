namespace ImageFs.Confinement;

/// <summary>How much is taken from a process before it looks at an image (<c>-o sandbox=</c>).</summary>
internal enum SandboxLevel
{
    /// <summary>Nothing.</summary>
    Off,

    /// <summary>
    /// It starts no program, gains no right, opens no file to write and, if the image is on this machine, has no network; it may read what its
    /// user may.
    /// </summary>
    Basic,

    /// <summary>It may also read nothing but the image's folder and what a program needs of the system, and has no capability.</summary>
    Strict,
}
