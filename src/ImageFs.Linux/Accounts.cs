using System.Collections.Concurrent;

namespace ImageFs.Linux;

/// <summary>
/// Users and groups by their names, wherever this machine keeps them (nsswitch.conf(5)). A name is looked up once: who gives up its rights cannot
/// do so again, since that may take files, libraries and connections.
/// </summary>
public static unsafe class Accounts
{
    private const int FirstBufferSize = 1024;
    private const int LastBufferSize = 1 << 20; // A group with very many members.

    private static readonly ConcurrentDictionary<string, uint?> s_users = new();
    private static readonly ConcurrentDictionary<string, uint?> s_groups = new();

    private delegate int Query(byte* name, MoreLibc.Account* account, byte* buffer, nuint size, MoreLibc.Account** found);

    /// <summary>A user's id (getpwnam_r(3)); null when there is no such user.</summary>
    public static uint? FindUser(string name) => s_users.GetOrAdd(name, static name => Find(MoreLibc.getpwnam_r, name));

    /// <summary>A group's id (getgrnam_r(3)); null when there is no such group.</summary>
    public static uint? FindGroup(string name) => s_groups.GetOrAdd(name, static name => Find(MoreLibc.getgrnam_r, name));

    private static uint? Find(Query query, string name)
    {
        using var text = new NativeText(name);
        int size = FirstBufferSize;
        while (true)
        {
            byte[] buffer = new byte[size];
            fixed (byte* strings = buffer)
            {
                MoreLibc.Account account;
                MoreLibc.Account* found = null;
                int error = query(text.Start, &account, strings, (nuint)size, &found);
                if ((Errno)error != Errno.ERANGE || size >= LastBufferSize)
                {
                    return found == null ? null : found->Id;
                }
            }

            size *= 4;
        }
    }
}
