using System.Runtime.InteropServices;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace ImageFs.Linux;

/// <summary>
/// A ring of io_uring(7), for one thread: the one that begins with it. Operations are put in, published, and start at the next
/// <see cref="Enter"/>; the completions are taken out. Files are used by their places in the ring's table, so a number that was
/// closed and given to another file cannot be read from by mistake. After it was made, nothing allocates.
/// </summary>
/// <remarks>
/// The kernel takes from it no other operations than those that are here (IORING_REGISTER_RESTRICTIONS): filters of system calls do not see them. Needs Linux 6.6 (IORING_SETUP_NO_SQARRAY). The kernel does its part of the work only inside <see cref="Enter"/>
/// (IORING_SETUP_DEFER_TASKRUN), so nothing completes behind the thread's back. The places in the ring are counted modulo 2^32.
/// </remarks>
public sealed unsafe class IoUring : IDisposable
{
    // What is younger than Tmds.LibC, by the names of linux/io_uring.h.
    private const uint IORING_SETUP_R_DISABLED = 1 << 6;
    private const uint IORING_SETUP_SUBMIT_ALL = 1 << 7;
    private const uint IORING_SETUP_SQE128 = 1 << 10;
    private const uint IORING_SETUP_SINGLE_ISSUER = 1 << 12;
    private const uint IORING_SETUP_DEFER_TASKRUN = 1 << 13;
    private const uint IORING_SETUP_NO_SQARRAY = 1 << 16;
    private const uint IORING_ENTER_REGISTERED_RING = 1 << 4;
    private const uint IORING_ENTER_NO_IOWAIT = 1 << 7;
    private const uint IORING_FEAT_NO_IOWAIT = 1 << 17;
    private const uint IORING_REGISTER_RESTRICTIONS = 11;
    private const uint IORING_REGISTER_ENABLE_RINGS = 12;
    private const uint IORING_REGISTER_RING_FDS = 20;
    private const ushort IORING_RESTRICTION_REGISTER_OP = 0;
    private const ushort IORING_RESTRICTION_SQE_OP = 1;
    private const ushort IORING_RESTRICTION_SQE_FLAGS_ALLOWED = 2;
    private const byte IORING_OP_URING_CMD = 46;
    private const byte IOSQE_CQE_SKIP_SUCCESS = 1 << 6;

    private readonly FileDescriptor _descriptor;
    private readonly byte* _ring;
    private readonly size_t _ringSize;
    private readonly IoUringSubmission* _submissions;
    private readonly size_t _submissionsSize;
    private readonly uint _submissionMask;
    private readonly uint* _submissionHead;
    private readonly uint* _submissionTail;
    private readonly io_uring_cqe* _completions;
    private readonly uint _completionMask;
    private readonly uint* _completionHead;
    private readonly uint* _completionTail;
    private int _enterDescriptor;
    private uint _enterFlags = IORING_ENTER_GETEVENTS;
    private uint _next;
    private bool _disposed;

    private IoUring(FileDescriptor descriptor, in io_uring_params parameters)
    {
        _descriptor = descriptor;
        _enterDescriptor = descriptor.Number;
        _ringSize = parameters.cq_off.cqes + (parameters.cq_entries * (size_t)sizeof(io_uring_cqe));
        _submissionsSize = parameters.sq_entries * (size_t)sizeof(IoUringSubmission);
        _ring = (byte*)Map(descriptor, _ringSize, IORING_OFF_SQ_RING);
        _submissions = (IoUringSubmission*)Map(descriptor, _submissionsSize, IORING_OFF_SQES);
        _submissionMask = parameters.sq_entries - 1;
        _submissionHead = (uint*)(_ring + parameters.sq_off.head);
        _submissionTail = (uint*)(_ring + parameters.sq_off.tail);
        _completions = (io_uring_cqe*)(_ring + parameters.cq_off.cqes);
        _completionMask = parameters.cq_entries - 1;
        _completionHead = (uint*)(_ring + parameters.cq_off.head);
        _completionTail = (uint*)(_ring + parameters.cq_off.tail);

        // Waiting for requests is not waiting for a disk (Linux 6.15).
        _enterFlags |= (parameters.features & IORING_FEAT_NO_IOWAIT) != 0 ? IORING_ENTER_NO_IOWAIT : 0;
    }

    /// <summary>Whether a completion can be taken without entering the kernel.</summary>
    public bool HasCompletion => *_completionHead != Volatile.Read(ref *_completionTail);

    /// <summary>Operations that were published and have not started.</summary>
    public int Published => unchecked((int)(*_submissionTail - Volatile.Read(ref *_submissionHead)));

    /// <summary>Room for further operations.</summary>
    public int Room => unchecked((int)(_submissionMask + 1 - (_next - Volatile.Read(ref *_submissionHead))));

    /// <summary>Makes a ring, with which a thread has yet to <see cref="Begin"/>.</summary>
    /// <param name="operations">Operations that can be put in before the kernel is entered; a power of two.</param>
    /// <param name="completions">Completions that it holds; a power of two, no less.</param>
    /// <param name="files">Places in the table of files, all empty.</param>
    /// <exception cref="LinuxException">
    /// It cannot be made. EPERM: kernel.io_uring_disabled, or a filter of system calls; ENOSYS, EINVAL: the kernel is too old;
    /// ENOMEM: RLIMIT_MEMLOCK.
    /// </exception>
    public static IoUring Create(int operations, int completions, int files)
    {
        var parameters = new io_uring_params
        {
            flags = IORING_SETUP_CQSIZE | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_SQE128 | IORING_SETUP_SINGLE_ISSUER
                | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_NO_SQARRAY | IORING_SETUP_R_DISABLED,
            cq_entries = (uint)completions,
        };
        int number = io_uring_setup((uint)operations, &parameters);
        if (number < 0)
        {
            throw LinuxException.Last("io_uring_setup");
        }

        var descriptor = new FileDescriptor(number);
        try
        {
            Restrict(descriptor);
            MakeFileTable(descriptor, files);
            return new IoUring(descriptor, in parameters);
        }
        catch
        {
            descriptor.Dispose();
            throw;
        }
    }

    /// <summary>Has the kernel take operations, of the calling thread and no other from now on.</summary>
    /// <exception cref="LinuxException">It does not.</exception>
    public void Begin()
    {
        RegisterItself();
        Register(_descriptor, IORING_REGISTER_ENABLE_RINGS, null, 0);
    }

    /// <summary>Puts a file into the table; it stays open there, whatever becomes of the descriptor.</summary>
    /// <returns>Whether the kernel took it.</returns>
    public bool TryPutFile(int place, FileDescriptor file)
    {
        using DescriptorInUse use = file.Use();
        int number = use.Number;
        var update = new io_uring_files_update { offset = (uint)place, fds = (ulong)&number };
        return io_uring_register(_descriptor.Number, IORING_REGISTER_FILES_UPDATE, &update, 1) == 1;
    }

    /// <summary>Puts in an operation that does nothing (IORING_OP_NOP).</summary>
    public void Nop(ulong tag) => Next(IORING_OP_NOP, tag);

    /// <summary>
    /// Puts in a read (IORING_OP_READ) that the following operation waits for. When it reads all it completes without a word. When
    /// it does not, it is the only one to complete: what was to follow does not happen.
    /// </summary>
    /// <param name="file">The file's place in the table.</param>
    /// <param name="offset">Where in the file, in bytes.</param>
    /// <param name="destination">Where the bytes go; it has to stay until the completion.</param>
    /// <param name="start">Where in it.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="tag">What the completion is to be known by.</param>
    public void LinkedRead(int file, long offset, PageBuffer destination, int start, int length, ulong tag)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, destination.Length - start);
        IoUringSubmission* operation = Next(IORING_OP_READ, tag);
        operation->Flags = (byte)(IOSQE_FIXED_FILE | IOSQE_IO_LINK | IOSQE_CQE_SKIP_SUCCESS);
        operation->Fd = file;
        operation->Off = (ulong)offset;
        operation->Addr = (ulong)(destination.DangerousGetHandle() + start);
        operation->Len = (uint)length;
    }

    /// <summary>Puts in a command (IORING_OP_URING_CMD) that a device takes.</summary>
    /// <param name="file">The device's place in the table.</param>
    /// <param name="command">Which command.</param>
    /// <param name="tag">What the completion is to be known by.</param>
    /// <returns>The command's arguments, zeroed, to be filled before publishing.</returns>
    public Span<byte> Command(int file, uint command, ulong tag)
    {
        IoUringSubmission* operation = Next(IORING_OP_URING_CMD, tag);
        operation->Flags = IOSQE_FIXED_FILE;
        operation->Fd = file;
        operation->Off = command;
        return new Span<byte>(operation->Cmd, IoUringSubmission.CommandSize);
    }

    /// <summary>Puts in a command that comes with two pieces of memory, which the device goes on using.</summary>
    /// <param name="file">The device's place in the table.</param>
    /// <param name="command">Which command.</param>
    /// <param name="tag">What the completion is to be known by.</param>
    /// <param name="memory">Holds both pieces, and at its end the list of them, until the command has started.</param>
    /// <param name="first">Bytes of the first piece, from the start of the memory.</param>
    /// <param name="secondStart">Where the second piece starts.</param>
    /// <param name="second">Bytes of the second piece.</param>
    /// <param name="list">Where the list is put: 32 bytes.</param>
    /// <returns>The command's arguments, zeroed, to be filled before publishing.</returns>
    public Span<byte> Command(int file, uint command, ulong tag, PageBuffer memory, int first, int secondStart, int second, int list)
    {
        Span<byte> arguments = Command(file, command, tag);
        byte* start = (byte*)memory.DangerousGetHandle();
        var vectors = (iovec*)(start + list);
        vectors[0] = new iovec { iov_base = start, iov_len = first };
        vectors[1] = new iovec { iov_base = start + secondStart, iov_len = second };
        IoUringSubmission* operation = Last();
        operation->Addr = (ulong)vectors;
        operation->Len = 2;
        return arguments;
    }

    /// <summary>Makes what was put in start at the next <see cref="Enter"/>.</summary>
    public void Publish() => Volatile.Write(ref *_submissionTail, _next);

    /// <summary>Takes back what was put in and not published.</summary>
    public void Discard() => _next = *_submissionTail;

    /// <summary>Starts what was published and waits for completions (io_uring_enter(2)), once.</summary>
    /// <param name="completions">How many to wait for; 0 not to wait.</param>
    /// <param name="errno">Why it failed: EINTR, EAGAIN and EBUSY are worth another try.</param>
    /// <returns>Whether it worked.</returns>
    public bool Enter(int completions, out Errno errno)
    {
        int result = io_uring_enter(_enterDescriptor, (uint)Published, (uint)completions, _enterFlags, null);
        errno = LinuxException.ErrorOf(result);
        return result >= 0;
    }

    /// <summary>Takes the next completion, if there is one.</summary>
    /// <param name="tag">The operation's tag.</param>
    /// <param name="result">What it came to: bytes, or a negative error number.</param>
    public bool TryTake(out ulong tag, out int result)
    {
        uint head = *_completionHead;
        if (head == Volatile.Read(ref *_completionTail))
        {
            tag = 0;
            result = 0;
            return false;
        }

        io_uring_cqe* completion = &_completions[head & _completionMask];
        tag = completion->user_data;
        result = completion->res;
        Volatile.Write(ref *_completionHead, unchecked(head + 1));
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _ = munmap(_submissions, _submissionsSize);
            _ = munmap(_ring, _ringSize);
            _descriptor.Dispose();
        }
    }

    private static void* Map(FileDescriptor descriptor, size_t length, ulong offset)
    {
        void* address = mmap(null, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, descriptor.Number, (long)offset);
        return address == MAP_FAILED ? throw LinuxException.Last("mmap of io_uring") : address;
    }

    private static void Restrict(FileDescriptor descriptor)
    {
        Span<Restriction> allowed =
        [
            new(IORING_RESTRICTION_SQE_OP, IORING_OP_NOP),
            new(IORING_RESTRICTION_SQE_OP, IORING_OP_READ),
            new(IORING_RESTRICTION_SQE_OP, IORING_OP_URING_CMD),
            new(IORING_RESTRICTION_SQE_FLAGS_ALLOWED, (byte)(IOSQE_FIXED_FILE | IOSQE_IO_LINK | IOSQE_CQE_SKIP_SUCCESS)),
            new(IORING_RESTRICTION_REGISTER_OP, (byte)IORING_REGISTER_FILES_UPDATE),
        ];
        fixed (Restriction* first = allowed)
        {
            Register(descriptor, IORING_REGISTER_RESTRICTIONS, first, allowed.Length);
        }
    }

    private static void MakeFileTable(FileDescriptor descriptor, int places)
    {
        Span<int> numbers = stackalloc int[places];
        numbers.Fill(-1);
        fixed (int* first = numbers)
        {
            Register(descriptor, IORING_REGISTER_FILES, first, places);
        }
    }

    private static void Register(FileDescriptor descriptor, uint what, void* argument, int count)
    {
        if (io_uring_register(descriptor.Number, what, argument, (uint)count) < 0)
        {
            throw LinuxException.Last("io_uring_register");
        }
    }

    /// <summary>Puts in an operation by its number.</summary>
    internal IoUringSubmission* Next(byte opcode, ulong tag)
    {
        if (Room == 0)
        {
            throw new InvalidOperationException("the ring is full");
        }

        IoUringSubmission* operation = &_submissions[_next & _submissionMask];
        _next = unchecked(_next + 1);
        *operation = default;
        operation->Opcode = opcode;
        operation->UserData = tag;
        return operation;
    }

    private IoUringSubmission* Last() => &_submissions[unchecked(_next - 1) & _submissionMask];

    // Saves the kernel looking up the descriptor at each call. Who cannot have it does without.
    private void RegisterItself()
    {
        var update = new io_uring_files_update { offset = uint.MaxValue, fds = (ulong)_descriptor.Number };
        if (io_uring_register(_descriptor.Number, IORING_REGISTER_RING_FDS, &update, 1) == 1)
        {
            _enterDescriptor = (int)update.offset;
            _enterFlags |= IORING_ENTER_REGISTERED_RING;
        }
    }

    // struct io_uring_restriction.
    [StructLayout(LayoutKind.Sequential, Size = 16)]
    private readonly struct Restriction(ushort kind, byte value)
    {
        public readonly ushort Kind = kind;
        public readonly byte Value = value;
    }
}
