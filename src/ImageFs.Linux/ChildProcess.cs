using System.Collections;
using System.Runtime.InteropServices;
using System.Text;

namespace ImageFs.Linux;

/// <summary>
/// A program run with a descriptor handed over, which <see cref="System.Diagnostics.Process"/> cannot do: it closes all but the
/// standard three.
/// </summary>
public sealed unsafe class ChildProcess
{
    /// <summary>The number that the descriptor handed over has in the child.</summary>
    public const int InheritedDescriptor = 3;

    // Larger than posix_spawn_file_actions_t of any C library: glibc's and musl's are 80 bytes.
    private const int FileActionsSize = 256;
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
        Check(Libc.posix_spawn_file_actions_init(actions));
        byte** argumentBlock = ToNative(arguments);
        byte** environmentBlock = ToNative([.. CurrentEnvironment(), variable]);
        try
        {
            // A descriptor duplicated onto itself loses close-on-exec (glibc 2.29, musl), so the numbers need no care.
            Check(Libc.posix_spawn_file_actions_adddup2(actions, standardError.Number, StandardError));
            Check(Libc.posix_spawn_file_actions_adddup2(actions, inherited.Number, InheritedDescriptor));
            int pid;
            Check(Libc.posix_spawnp(&pid, arguments[0], actions, null, argumentBlock, environmentBlock), arguments[0]);
            return new ChildProcess(pid);
        }
        finally
        {
            Free(argumentBlock);
            Free(environmentBlock);
            _ = Libc.posix_spawn_file_actions_destroy(actions);
        }
    }

    /// <summary>Waits until it has ended.</summary>
    /// <returns>
    /// The exit code; 128 and the signal's number when a signal ended it; null when the runtime reaped it first, which it does in a
    /// process that was started with SIGCHLD ignored.
    /// </returns>
    public int? Wait()
    {
        int status;
        while (Libc.waitpid(_pid, &status, 0) < 0)
        {
            if ((Errno)Marshal.GetLastPInvokeError() != Errno.EINTR)
            {
                return null;
            }
        }

        int signal = status & 0x7F;
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal;
    }

    private static IEnumerable<string> CurrentEnvironment()
    {
        foreach (DictionaryEntry entry in Environment.GetEnvironmentVariables())
        {
            yield return $"{entry.Key}={entry.Value}";
        }
    }

    private static void Check(int error, string? program = null)
    {
        if (error != 0)
        {
            throw new LinuxException("posix_spawn", (Errno)error, program);
        }
    }

    private static byte** ToNative(IReadOnlyList<string> strings)
    {
        byte** block = (byte**)NativeMemory.AllocZeroed((nuint)strings.Count + 1, (nuint)sizeof(byte*));
        for (int i = 0; i < strings.Count; i++)
        {
            byte[] text = Encoding.UTF8.GetBytes(strings[i]);
            block[i] = (byte*)NativeMemory.AllocZeroed((nuint)text.Length + 1);
            text.CopyTo(new Span<byte>(block[i], text.Length));
        }

        return block;
    }

    private static void Free(byte** block)
    {
        for (byte** item = block; *item != null; item++)
        {
            NativeMemory.Free(*item);
        }

        NativeMemory.Free(block);
    }
}
