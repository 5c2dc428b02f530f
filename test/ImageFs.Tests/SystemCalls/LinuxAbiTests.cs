using System.Runtime.InteropServices;
using ImageFs.Linux;
using ImageFs.Tests.Support;
using Tmds.Linux;

namespace ImageFs.Tests.SystemCalls;

/// <summary>The numbers and structures of ImageFs.Linux are those of the C headers.</summary>
public sealed class LinuxAbiTests
{
    [Test]
    public void Numbers_are_as_in_the_headers()
    {
        var assertions = new CAssertions("errno.h", "fcntl.h", "sys/mount.h", "sys/socket.h", "sys/mman.h");
        foreach (Errno errno in Enum.GetValues<Errno>().Where(errno => errno != Errno.None))
        {
            assertions.Equal(errno.ToString(), (long)errno);
        }

        assertions.Equal("O_RDWR", (long)OpenFlags.ReadWrite);
        assertions.Equal("O_EXCL", (long)OpenFlags.Exclusive);
        assertions.Equal("O_NONBLOCK", (long)OpenFlags.NonBlocking);
        assertions.Equal("O_CLOEXEC", (long)OpenFlags.CloseOnExec);
        assertions.Equal("O_PATH", (long)OpenFlags.Path);
        assertions.Equal("MS_RDONLY", (long)MountFlags.ReadOnly);
        assertions.Equal("MS_NOSUID", (long)MountFlags.NoSuid);
        assertions.Equal("MS_NODEV", (long)MountFlags.NoDev);
        assertions.Equal("MS_NOEXEC", (long)MountFlags.NoExec);
        assertions.EqualIfDefined("MS_NOSYMFOLLOW", (long)MountFlags.NoSymFollow);
        assertions.Equal("MS_NOATIME", (long)MountFlags.NoAtime);
        assertions.Equal("MS_NODIRATIME", (long)MountFlags.NoDirAtime);
        assertions.Equal("MNT_FORCE", (long)UnmountFlags.Force);
        assertions.Equal("MNT_DETACH", (long)UnmountFlags.Detach);
        assertions.Equal("MNT_EXPIRE", (long)UnmountFlags.Expire);
        assertions.Equal("UMOUNT_NOFOLLOW", (long)UnmountFlags.NoFollow);
        assertions.Equal("O_DIRECTORY", LibC.O_DIRECTORY);
        assertions.Equal("O_NOFOLLOW", LibC.O_NOFOLLOW);
        assertions.EqualIfDefined("O_DIRECT", LibC.O_DIRECT);
        assertions.Equal("MADV_DONTNEED", LibC.MADV_DONTNEED);
        assertions.Equal("MADV_NOHUGEPAGE", LibC.MADV_NOHUGEPAGE);
        assertions.Prove();
    }

    [Test]
    public void Structures_are_as_in_the_headers()
    {
        var assertions = new CAssertions("sys/socket.h", "sys/uio.h", "sys/stat.h", "spawn.h", "pwd.h", "grp.h");
        assertions.Equal("sizeof(struct iovec)", Marshal.SizeOf<iovec>());
        assertions.Equal("sizeof(struct msghdr)", Marshal.SizeOf<msghdr>());
        assertions.Equal("offsetof(struct msghdr, msg_iov)", OffsetOf<msghdr>(nameof(msghdr.msg_iov)));
        assertions.Equal("offsetof(struct msghdr, msg_control)", OffsetOf<msghdr>(nameof(msghdr.msg_control)));
        assertions.Equal("offsetof(struct msghdr, msg_controllen)", (long)Marshal.OffsetOf<msghdr>("_msg_controllen"));
        assertions.Equal("CMSG_SPACE(sizeof(int))", Marshal.SizeOf<Sockets.RightsMessage>());
        assertions.Equal("CMSG_LEN(0)", (long)Marshal.OffsetOf<Sockets.RightsMessage>(nameof(Sockets.RightsMessage.Descriptor)));
        assertions.Equal("offsetof(struct cmsghdr, cmsg_level)", OffsetOf<cmsghdr>(nameof(cmsghdr.cmsg_level)));
        assertions.Equal("sizeof(struct statx)", Marshal.SizeOf<statx>());
        assertions.Equal("offsetof(struct statx, stx_dev_minor)", (long)Marshal.OffsetOf<statx>(nameof(statx.stx_dev_minor)));
        assertions.Equal("offsetof(struct statx, stx_dio_offset_align)", Files.DirectOffsetAlignmentOffset);
        assertions.Equal("offsetof(struct passwd, pw_uid)", (long)Marshal.OffsetOf<MoreLibc.Account>(nameof(MoreLibc.Account.Id)));
        assertions.Equal("offsetof(struct group, gr_gid)", (long)Marshal.OffsetOf<MoreLibc.Account>(nameof(MoreLibc.Account.Id)));
        assertions.Equal($"sizeof(struct passwd) <= {Marshal.SizeOf<MoreLibc.Account>()}", 1);
        assertions.Equal($"sizeof(struct group) <= {Marshal.SizeOf<MoreLibc.Account>()}", 1);
        assertions.Equal("sizeof(posix_spawn_file_actions_t) <= 256", 1);
        assertions.Prove();
    }

    [Test]
    public void The_ring_is_as_in_the_header()
    {
        var assertions = new CAssertions("linux/io_uring.h");
        assertions.Equal("sizeof(struct io_uring_params)", Marshal.SizeOf<io_uring_params>());
        assertions.Equal("offsetof(struct io_uring_params, flags)", (long)Marshal.OffsetOf<io_uring_params>("flags"));
        assertions.Equal("offsetof(struct io_uring_params, features)", (long)Marshal.OffsetOf<io_uring_params>("features"));
        assertions.Equal("offsetof(struct io_uring_params, sq_off)", (long)Marshal.OffsetOf<io_uring_params>("sq_off"));
        assertions.Equal("offsetof(struct io_uring_params, cq_off)", (long)Marshal.OffsetOf<io_uring_params>("cq_off"));
        assertions.Equal("offsetof(struct io_sqring_offsets, tail)", (long)Marshal.OffsetOf<io_sqring_offsets>("tail"));
        assertions.Equal("offsetof(struct io_cqring_offsets, tail)", (long)Marshal.OffsetOf<io_cqring_offsets>("tail"));
        assertions.Equal("offsetof(struct io_cqring_offsets, cqes)", (long)Marshal.OffsetOf<io_cqring_offsets>("cqes"));
        assertions.Equal("sizeof(struct io_uring_cqe)", Marshal.SizeOf<io_uring_cqe>());
        assertions.Equal("offsetof(struct io_uring_cqe, res)", (long)Marshal.OffsetOf<io_uring_cqe>("res"));
        assertions.Equal("2 * sizeof(struct io_uring_sqe)", Marshal.SizeOf<IoUringSubmission>());
        foreach ((string field, string name) in new[]
        {
            ("Flags", "flags"), ("Fd", "fd"), ("Off", "off"), ("Off", "cmd_op"), ("Addr", "addr"), ("Len", "len"), ("UserData", "user_data"),
            ("Cmd", "cmd"),
        })
        {
            assertions.Equal($"offsetof(struct io_uring_sqe, {name})", (long)Marshal.OffsetOf<IoUringSubmission>(field));
        }

        assertions.Equal("IORING_OP_READ", 22);
        assertions.Equal("IORING_OP_URING_CMD", 46);
        assertions.Equal("IORING_SETUP_SQE128", 1 << 10);
        assertions.Equal("IORING_SETUP_SINGLE_ISSUER", 1 << 12);
        assertions.Equal("IORING_SETUP_DEFER_TASKRUN", 1 << 13);
        assertions.Equal("IOSQE_IO_LINK", 1 << 2);
        assertions.Equal("IOSQE_CQE_SKIP_SUCCESS", 1 << 6);
        assertions.Equal("IORING_REGISTER_FILES_UPDATE", 6);
        assertions.Equal("IORING_REGISTER_RING_FDS", 20);
        assertions.Prove();
    }

    // Of an automatic property.
    private static long OffsetOf<T>(string property) => (long)Marshal.OffsetOf<T>($"<{property}>k__BackingField");
}
