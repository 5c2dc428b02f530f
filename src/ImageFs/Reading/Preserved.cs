namespace ImageFs.Reading;

/// <summary>What of a file a copy keeps.</summary>
[Flags]
internal enum Preserved
{
    /// <summary>Its contents alone.</summary>
    None = 0,

    /// <summary>Who may read, write and execute it, and its access control lists.</summary>
    Permissions = 1 << 0,

    /// <summary>Set-user-ID and set-group-ID: a program runs as its owner, or with its group.</summary>
    SetId = 1 << 1,

    /// <summary>Owner and group.</summary>
    Ownership = 1 << 2,

    /// <summary>When it was read and changed.</summary>
    Times = 1 << 3,

    /// <summary>Hard links: several names are one file.</summary>
    Links = 1 << 4,

    /// <summary>Extended attributes of users.</summary>
    UserAttributes = 1 << 5,

    /// <summary>All others: <c>trusted.*</c>, and <c>security.*</c> with the capabilities of programs.</summary>
    SystemAttributes = 1 << 6,

    /// <summary>The security context of SELinux.</summary>
    Context = 1 << 7,

    /// <summary>Device nodes.</summary>
    Devices = 1 << 8,

    /// <summary>Whatever there is.</summary>
    All = (1 << 9) - 1,
}
