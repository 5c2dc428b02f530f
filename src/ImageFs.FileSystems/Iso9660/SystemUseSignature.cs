namespace ImageFs.FileSystems.Iso9660;

/// <summary>Signature words of System Use Entries: two ASCII letters, the first in the high byte.</summary>
internal static class SystemUseSignature
{
    /// <summary>Continuation area (SUSP 5.1).</summary>
    public const int CE = ('C' << 8) | 'E';

    /// <summary>System Use Sharing Protocol indicator (SUSP 5.3).</summary>
    public const int SP = ('S' << 8) | 'P';

    /// <summary>Terminator (SUSP 5.4). PD, padding (5.2), and ES, the extension selector (5.6), mean nothing to a reader.</summary>
    public const int ST = ('S' << 8) | 'T';

    /// <summary>Extensions reference (SUSP 5.5).</summary>
    public const int ER = ('E' << 8) | 'R';

    /// <summary>POSIX file attributes (RRIP 4.1.1).</summary>
    public const int PX = ('P' << 8) | 'X';

    /// <summary>POSIX device number (RRIP 4.1.2).</summary>
    public const int PN = ('P' << 8) | 'N';

    /// <summary>Symbolic link (RRIP 4.1.3).</summary>
    public const int SL = ('S' << 8) | 'L';

    /// <summary>Alternate name (RRIP 4.1.4).</summary>
    public const int NM = ('N' << 8) | 'M';

    /// <summary>Child link (RRIP 4.1.5.1).</summary>
    public const int CL = ('C' << 8) | 'L';

    /// <summary>Parent link (RRIP 4.1.5.2).</summary>
    public const int PL = ('P' << 8) | 'L';

    /// <summary>Relocated directory (RRIP 4.1.5.3).</summary>
    public const int RE = ('R' << 8) | 'E';

    /// <summary>Time stamps (RRIP 4.1.6).</summary>
    public const int TF = ('T' << 8) | 'F';

    /// <summary>Sparse file (RRIP 4.1.7).</summary>
    public const int SF = ('S' << 8) | 'F';

    /// <summary>zisofs compression.</summary>
    public const int ZF = ('Z' << 8) | 'F';

    /// <summary>zisofs compression, version 2, where old readers shall not see it.</summary>
    public const int Z2 = ('Z' << 8) | '2';

    /// <summary>Whether entries of a signature mean something here.</summary>
    public static bool IsKnown(int signature) => signature is CE or SP or ST or ER or PX or PN or SL or NM or CL or PL or RE or TF or SF or ZF or Z2;
}
