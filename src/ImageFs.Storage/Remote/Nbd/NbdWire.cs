namespace ImageFs.Storage.Remote.Nbd;

/// <summary>Numbers of the NBD protocol (doc/proto.md, "Values"). All on the wire are big-endian.</summary>
internal static class NbdWire
{
    /// <summary>"NBDMAGIC", the first eight bytes of a server.</summary>
    public const ulong InitMagic = 0x4E42_444D_4147_4943;

    /// <summary>"IHAVEOPT", of a newstyle server, and before each option.</summary>
    public const ulong OptionMagic = 0x4948_4156_454F_5054;

    /// <summary>Of an oldstyle server, which tells of its one export at once.</summary>
    public const ulong OldstyleMagic = 0x0000_4202_8186_1253;

    /// <summary>Before each reply to an option.</summary>
    public const ulong OptionReplyMagic = 0x0003_E889_0455_65A9;

    /// <summary>NBD_REQUEST_MAGIC.</summary>
    public const uint RequestMagic = 0x2560_9513;

    /// <summary>NBD_SIMPLE_REPLY_MAGIC.</summary>
    public const uint SimpleReplyMagic = 0x6744_6698;

    /// <summary>NBD_STRUCTURED_REPLY_MAGIC.</summary>
    public const uint StructuredReplyMagic = 0x668E_33EF;

    /// <summary>NBD_FLAG_FIXED_NEWSTYLE, and the client's answer to it.</summary>
    public const ushort FixedNewstyle = 1;

    /// <summary>NBD_FLAG_NO_ZEROES, and the client's answer to it.</summary>
    public const ushort NoZeroes = 2;

    /// <summary>Bytes of a string at most.</summary>
    public const int MaxString = 4096;

    /// <summary>The metadata context that tells where zeros are.</summary>
    public const string AllocationContext = "base:allocation";

    /// <summary>NBD_STATE_ZERO of <see cref="AllocationContext"/>: the bytes read as zeros.</summary>
    public const uint StateZero = 2;

    /// <summary>Bytes of a request.</summary>
    public const int RequestLength = 28;

    /// <summary>Bytes of a simple reply.</summary>
    public const int SimpleReplyLength = 16;

    /// <summary>Bytes of the header of a structured reply's chunk.</summary>
    public const int ChunkHeaderLength = 20;
}

/// <summary>Options of the handshake (NBD_OPT_*).</summary>
internal enum NbdOption : uint
{
    Abort = 2,
    List = 3,
    StartTls = 5,
    Go = 7,
    StructuredReply = 8,
    SetMetaContext = 10,
}

/// <summary>Replies to options (NBD_REP_*).</summary>
internal enum NbdOptionReply : uint
{
    Ack = 1,
    Server = 2,
    Info = 3,
    MetaContext = 4,
    ErrorFlag = 1u << 31,
    Unsupported = ErrorFlag | 1,
    Policy = ErrorFlag | 2,
    Invalid = ErrorFlag | 3,
    Platform = ErrorFlag | 4,
    TlsRequired = ErrorFlag | 5,
    Unknown = ErrorFlag | 6,
    Shutdown = ErrorFlag | 7,
    BlockSizeRequired = ErrorFlag | 8,
    TooBig = ErrorFlag | 9,
}

/// <summary>What a server tells of an export (NBD_INFO_*).</summary>
internal enum NbdInfo : ushort
{
    Export = 0,
    BlockSize = 3,
}

/// <summary>What an export can do (NBD_FLAG_*).</summary>
[Flags]
internal enum NbdFlags : ushort
{
    None = 0,
    HasFlags = 1,
    ReadOnly = 1 << 1,
    SendDontFragment = 1 << 7,
    CanMultiConnect = 1 << 8,
}

/// <summary>Requests (NBD_CMD_*).</summary>
internal enum NbdCommand : ushort
{
    Read = 0,
    Disconnect = 2,
    BlockStatus = 7,
}

/// <summary>Flags of a request (NBD_CMD_FLAG_*).</summary>
[Flags]
internal enum NbdCommandFlags : ushort
{
    None = 0,
    DontFragment = 1 << 2,
}

/// <summary>Chunks of a structured reply (NBD_REPLY_TYPE_*).</summary>
internal enum NbdChunk : ushort
{
    None = 0,
    OffsetData = 1,
    OffsetHole = 2,
    BlockStatus = 5,
    ErrorFlag = 1 << 15,
    Error = ErrorFlag | 1,
    ErrorOffset = ErrorFlag | 2,
}
