using System.Runtime.InteropServices;
using static Tmds.Linux.LibC;

namespace ImageFs.Linux;

/// <summary>What a user may do with files: by being who it is and in its groups, and by nothing else.</summary>
public sealed unsafe class UserRights
{
    private const uint CapabilityVersion = 0x20080522; // _LINUX_CAPABILITY_VERSION_3
    private const int CapabilityWords = 2;
    private const uint FileCapabilities = (1 << 1) | (1 << 2); // CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
    private const uint NoId = uint.MaxValue;
    private const uint UnknownGroup = uint.MaxValue - 1; // For a user without an account: a group that nobody is in.
    private const int FirstBufferSize = 1024;
    private const int LastBufferSize = 1 << 20;
    private const int MaxGroups = 65536; // NGROUPS_MAX

    private readonly uint _group;
    private readonly uint[] _groups;

    private UserRights(uint user, uint group, uint[] groups)
    {
        User = user;
        _group = group;
        _groups = groups;
    }

    /// <summary>The user.</summary>
    public uint User { get; }

    /// <summary>Its group, then all groups that it is in.</summary>
    public IReadOnlyList<uint> Groups => [_group, .. _groups];

    /// <summary>The rights of a user, in the groups that this machine has it in (getgrouplist(3)); in none when it has no such user.</summary>
    public static UserRights Of(uint user)
    {
        for (int size = FirstBufferSize; ; size *= 4)
        {
            byte[] buffer = new byte[size];
            fixed (byte* strings = buffer)
            {
                MoreLibc.PasswordEntry account;
                MoreLibc.PasswordEntry* found = null;
                int error = MoreLibc.getpwuid_r(user, &account, strings, (nuint)size, &found);
                if ((Errno)error != Errno.ERANGE || size >= LastBufferSize)
                {
                    return found == null ? new UserRights(user, UnknownGroup, []) : new UserRights(user, found->Group, GroupsOf(found->Name, found->Group));
                }
            }
        }
    }

    /// <summary>
    /// Does something to files with these rights alone, in a thread of its own, so that the kernel itself checks them: modes, access
    /// control lists, and every folder on the way.
    /// </summary>
    /// <param name="action">What to do; it throws nothing.</param>
    /// <returns>False, with nothing done, when this process may not take a user's rights (CAP_SETUID, CAP_SETGID).</returns>
    public bool TryRun(Action action)
    {
        bool hasRun = false;
        var thread = new Thread(
            () =>
            {
                // The credentials of this thread only, which ends with them.
                if (TryTake())
                {
                    action();
                    hasRun = true;
                }
            },
            maxStackSize: 256 * 1024);
        thread.Start();
        thread.Join();
        return hasRun;
    }

    /// <summary>Whether it may list a folder, which is tried; false, too, where it cannot be tried (<see cref="TryRun"/>).</summary>
    /// <param name="folder">The folder's path.</param>
    public bool MayList(string folder)
    {
        bool mayList = false;
        _ = TryRun(() =>
        {
            using FileDescriptor? descriptor = Files.TryOpen(folder, OpenFlags.ReadOnly, out _);
            mayList = descriptor is not null;
        });
        return mayList;
    }

    /// <summary>Whether a file's mode gives a permission; what an access control list says is not known here.</summary>
    /// <param name="file">The file.</param>
    /// <param name="permission">4 to read, 1 to search a folder.</param>
    public bool Has(in FileStatus file, uint permission)
    {
        int shift = file.Uid == User ? 6 : file.Gid == _group || _groups.Contains(file.Gid) ? 3 : 0;
        return ((file.Mode >> shift) & permission) == permission;
    }

    private static uint[] GroupsOf(byte* name, uint group)
    {
        int count = 64;
        while (true)
        {
            uint[] groups = new uint[count];
            fixed (uint* first = groups)
            {
                if (MoreLibc.getgrouplist(name, group, first, &count) >= 0)
                {
                    return groups[..count];
                }
            }

            count = count > groups.Length ? count : groups.Length * 2;
            if (count > MaxGroups)
            {
                return [group];
            }
        }
    }

    private bool TryTake()
    {
        // The C library's setgroups would change all threads.
        int setgroups = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => 116,
            Architecture.Arm => 206,
            _ => 159,
        };
        fixed (uint* groups = _groups)
        {
            if ((int)syscall(setgroups, _groups.Length, groups) != 0)
            {
                return false;
            }
        }

        // Each answers what was before: only a second call tells whether the first was obeyed.
        _ = MoreLibc.setfsgid(_group);
        _ = MoreLibc.setfsuid(User);
        return MoreLibc.setfsgid(NoId) == _group && MoreLibc.setfsuid(NoId) == User && TryDropFileCapabilities();
    }

    // Root's went with setfsuid(2); another user may have been given them.
    private static bool TryDropFileCapabilities()
    {
        var header = new MoreLibc.CapabilityHeader { Version = CapabilityVersion };
        MoreLibc.CapabilityWord* words = stackalloc MoreLibc.CapabilityWord[CapabilityWords];
        if (MoreLibc.capget(&header, words) != 0)
        {
            return false;
        }

        words[0].Effective &= ~FileCapabilities;
        return MoreLibc.capset(&header, words) == 0;
    }
}
