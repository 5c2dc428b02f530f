namespace ImageFs.Fuse.Abi;

/// <summary><c>enum fuse_uring_cmd</c> of linux/fuse.h (7.42).</summary>
internal enum FuseUringCommand : uint
{
    Invalid = 0,
    Register = 1,
    CommitAndFetch = 2,
}
