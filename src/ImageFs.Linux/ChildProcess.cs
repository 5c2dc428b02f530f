using System.Runtime.InteropServices;
using static Tmds.Linux.LibC;

namespace ImageFs.Linux;

/// <summary>
/// A program run by posix_spawn(3). <see cref="System.Diagnostics.Process"/> hands no descriptor over, watches all children of the
/// process by a signal and a thread, and takes longer to start with than the program.
/// </summary>
public sealed unsafe class ChildProcess
{
    /// <summary>The number that the descriptor handed over has in the child.</summary>
    public const int InheritedDescriptor = 3;

    // Larger than posix_spawn_file_actions_t of any C library: glibc's and musl's are 80 bytes.
    private const int FileActionsSize = 256;
    private const int StandardInput = 0;
    private const int StandardOutput = 1;
    private const int StandardError = 2;

    private readonly int _pid;

    private ChildProcess(int pid) => _pid = pid;

    /// <summary>Starts a program, found by PATH.</summary>
    /// <param name="arguments">The program, then its arguments.</param>
    /// <param name="variable">An environment variable to set, as NAME=VALUE.</param>
    /// <param name="inherited">Given to the child as <see cref="InheritedDescriptor"/>.</param>
    /// <param name="standardError">Given to the child as its standard error.</param>
    /// <exception cref="LinuxException">It cannot be started; ENOENT when there is no such program.</exception>
    public static ChildProcess Start(
        IReadOnlyList<string> arguments, string variable, FileDescriptor inherited, FileDescriptor standardError)
    {
        byte* actions = stackalloc byte[FileActionsSize];
        Check(MoreLibc.posix_spawn_file_actions_init(actions));
        byte** environment = ToNative([variable], MoreLibc.Environment);
        try
        {
            // A descriptor duplicated onto itself loses close-on-exec (glibc 2.29, musl), so the numbers need no care.
            Check(MoreLibc.posix_spawn_file_actions_adddup2(actions, standardError.Number, StandardError));
            Check(MoreLibc.posix_spawn_file_actions_adddup2(actions, inherited.Number, InheritedDescriptor));
            return Spawn(arguments, actions, environment);
        }
        finally
        {
            Free(environment, count: 1);
            _ = MoreLibc.posix_spawn_file_actions_destroy(actions);
        }
    }

    /// <summary>Starts a program that is to go on when this process has ended: it writes to /dev/null.</summary>
    /// <param name="arguments">The program's path, then its arguments.</param>
    /// <param name="standardError">Given to the child as its standard error; null for /dev/null.</param>
    /// <param name="standardInput">Given to the child as its standard input; null for /dev/null.</param>
    /// <exception cref="LinuxException">It cannot be started.</exception>
    public static ChildProcess StartServer(IReadOnlyList<string> arguments, FileDescriptor? standardError, FileDescriptor? standardInput = null)
    {
        // Our parent may have ignored the end of children: then the kernel would forget how the server ended.
        _ = MoreLibc.signal(SIGCHLD, 0);
        byte* actions = stackalloc byte[FileActionsSize];
        Check(MoreLibc.posix_spawn_file_actions_init(actions));
        try
        {
            Give(actions, standardInput, StandardInput);
            Give(actions, null, StandardOutput);
            Give(actions, standardError, StandardError);
            return Spawn(arguments, actions, MoreLibc.Environment);
        }
        finally
        {
            _ = MoreLibc.posix_spawn_file_actions_destroy(actions);
        }
    }

    /// <summary>A child that this process was given at its start.</summary>
    /// <param name="id">Its id.</param>
    public static ChildProcess Of(int id) => new(id);

    /// <summary>The process's id, which is its own until <see cref="Wait"/> has returned.</summary>
    public int Id => _pid;

    /// <summary>Asks it to end (SIGTERM).</summary>
    public void Terminate() => _ = kill(_pid, SIGTERM);

    /// <summary>Waits until it has ended.</summary>
    /// <returns>
    /// The exit code; 128 and the signal's number when a signal ended it; null when the runtime reaped it first, which it does in a
    /// process that was started with SIGCHLD ignored.
    /// </returns>
    public int? Wait()
    {
        int status;
        while (MoreLibc.waitpid(_pid, &status, 0) < 0)
        {
            if (LinuxException.LastError != Errno.EINTR)
            {
                return null;
            }
        }

        int signal = status & 0x7F;
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal;
    }

    private static void Give(byte* actions, FileDescriptor? descriptor, int number)
    {
        fixed (byte* nothing = "/dev/null\0"u8)
        {
            Check(descriptor is null
                ? MoreLibc.posix_spawn_file_actions_addopen(actions, number, nothing, O_RDWR, 0)
                : MoreLibc.posix_spawn_file_actions_adddup2(actions, descriptor.Number, number));
        }
    }

    private static ChildProcess Spawn(IReadOnlyList<string> arguments, byte* actions, byte** environment)
    {
        byte** block = ToNative(arguments, null);
        try
        {
            int pid;
            Check(MoreLibc.posix_spawnp(&pid, block[0], actions, null, block, environment), arguments[0]);
            return new ChildProcess(pid);
        }
        finally
        {
            Free(block, arguments.Count);
        }
    }

    private static void Check(int error, string? program = null)
    {
        if (error != 0)
        {
            throw new LinuxException("posix_spawn", (Errno)error, program);
        }
    }

    // Copies of strings, then the strings of another block as they are, and a null pointer for the end.
    private static byte** ToNative(IReadOnlyList<string> strings, byte** rest)
    {
        int more = 0;
        while (rest != null && rest[more] != null)
        {
            more++;
        }

        byte** block = (byte**)NativeMemory.AllocZeroed((nuint)(strings.Count + more + 1), (nuint)sizeof(byte*));
        for (int i = 0; i < strings.Count; i++)
        {
            block[i] = new NativeText(strings[i]).Start;
        }

        for (int i = 0; i < more; i++)
        {
            block[strings.Count + i] = rest[i];
        }

        return block;
    }

    private static void Free(byte** block, int count)
    {
        for (int i = 0; i < count; i++)
        {
            NativeMemory.Free(block[i]);
        }

        NativeMemory.Free(block);
    }
}
