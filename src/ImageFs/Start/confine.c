// Takes rights away from a running process. Landlock, credentials and capabilities are each thread's own, and the runtime has threads before the
// first line of C# runs: so a signal has every thread give up its own, as the C library does for setuid(2). The filter of system calls goes to
// all threads by itself.

#define _GNU_SOURCE
#include "start.h"
#include <dirent.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_landlock_restrict_self
#define SYS_landlock_restrict_self 446
#endif

enum { max_threads = 256, patience_in_milliseconds = 5000 };

static int rules;
static const unsigned *ids;
static int id_count;
static unsigned long long capabilities;
static volatile int done, error;

static int drop_capabilities(void)
{
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct sets[2];
    if (syscall(SYS_capget, &header, sets) != 0) {
        return -1;
    }

    for (int i = 0; i < 2; i++) {
        __u32 kept = sets[i].permitted & (__u32)(capabilities >> (32 * i));
        sets[i] = (struct __user_cap_data_struct){ .effective = kept, .permitted = kept };
    }

    return syscall(SYS_capset, &header, sets);
}

static int become_user(void)
{
    return syscall(SYS_setgroups, id_count - 2, ids + 2) != 0 || syscall(SYS_setresgid, ids[1], ids[1], ids[1]) != 0 ? -1
        : syscall(SYS_setresuid, ids[0], ids[0], ids[0]);
}

// Of the calling thread.
static int give_up(void)
{
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0
        || (rules >= 0 && syscall(SYS_landlock_restrict_self, rules, 0) != 0)
        || (ids != NULL && become_user() != 0)
        || drop_capabilities() != 0 ? errno : 0;
}

static void give_up_there(int signal)
{
    (void)signal;
    int before = errno, failure = give_up();
    if (failure != 0) {
        error = failure;
    }

    __atomic_add_fetch(&done, 1, __ATOMIC_SEQ_CST);
    errno = before;
}

static int wait_until_done(int count)
{
    for (int waited = 0; waited < patience_in_milliseconds * 20; waited++) {
        if (__atomic_load_n(&done, __ATOMIC_SEQ_CST) >= count) {
            return 0;
        }

        // Most have done so before this looks twice.
        if (waited < 200) {
            sched_yield();
        } else {
            const struct timespec moment = { .tv_nsec = 50 * 1000 };
            nanosleep(&moment, NULL);
        }
    }

    return ETIMEDOUT;
}

static int is_known(const pid_t *threads, int count, pid_t thread)
{
    for (int i = 0; i < count; i++) {
        if (threads[i] == thread) {
            return 1;
        }
    }

    return 0;
}

// Asks all threads that were not asked. Returns how many they were, or an error number as a negative one.
static int signal_threads(void)
{
    static pid_t threads[max_threads];
    static int count;
    if (count == 0) {
        threads[count++] = syscall(SYS_gettid);
    }

    int found = 0;
    DIR *tasks = opendir("/proc/self/task");
    if (tasks == NULL) {
        return -errno;
    }

    for (struct dirent *entry; (entry = readdir(tasks)) != NULL && found >= 0;) {
        pid_t thread = atoi(entry->d_name);
        if (thread <= 0 || is_known(threads, count, thread)) {
            continue;
        }

        if (count == max_threads) {
            found = -EAGAIN;
        } else {
            threads[count++] = thread;
            found += syscall(SYS_tgkill, getpid(), thread, SIGRTMAX) == 0;
        }
    }

    closedir(tasks);
    return found;
}

static void make_filter(int flags, int sender);

// What takes no time of theirs is done while the others are asked. Threads that one made meanwhile which had not given up yet are found by looking again.
static int for_all_threads(int flags, int sender)
{
    struct sigaction ours = { .sa_handler = give_up_there, .sa_flags = SA_RESTART }, before;
    sigfillset(&ours.sa_mask);
    if (sigaction(SIGRTMAX, &ours, &before) != 0) {
        return errno;
    }

    int found = signal_threads(), asked = found, failure = give_up();
    make_filter(flags, sender);
    while (failure == 0 && found > 0) {
        failure = wait_until_done(asked);
        failure = failure != 0 ? failure : error;
        found = failure == 0 ? signal_threads() : 0;
        asked += found;
    }

    sigaction(SIGRTMAX, &before, NULL);
    return failure != 0 ? failure : found < 0 ? -found : 0;
}

// The system calls of who reads an image. What is not here does not exist on some machine.
static const int calls[] = {
    SYS_read, SYS_writev, SYS_splice, SYS_vmsplice, SYS_write, SYS_pread64, SYS_futex, SYS_tee, SYS_preadv, SYS_preadv2, SYS_readv,
    SYS_fadvise64, SYS_lseek,
    SYS_ppoll, SYS_close, SYS_fcntl, SYS_fstat, SYS_newfstatat, SYS_statx, SYS_openat, SYS_openat2, SYS_faccessat, SYS_faccessat2,
    SYS_readlinkat,
    SYS_getdents64, SYS_statfs, SYS_fstatfs, SYS_getxattr, SYS_lgetxattr, SYS_fgetxattr, SYS_flock, SYS_getcwd, SYS_chdir, SYS_dup,
    SYS_dup3, SYS_pipe2,
    SYS_pwrite64, SYS_pwritev, SYS_pwritev2, SYS_ftruncate, SYS_fallocate, SYS_fsync, SYS_fdatasync, SYS_copy_file_range,
    SYS_sendfile, SYS_readahead,
    SYS_munmap, SYS_mremap, SYS_madvise, SYS_mincore, SYS_mlock, SYS_mlock2, SYS_munlock, SYS_brk, SYS_membarrier, SYS_get_mempolicy,
    SYS_mbind, SYS_set_mempolicy,
    SYS_set_robust_list, SYS_get_robust_list, SYS_rseq, SYS_set_tid_address, SYS_gettid, SYS_getpid, SYS_getppid, SYS_getpgid, SYS_getsid,
    SYS_setsid,
    SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid, SYS_getgroups, SYS_getresuid, SYS_getresgid, SYS_capget,
    SYS_setfsuid, SYS_setfsgid, SYS_setgroups, SYS_capset, // for files that images name, by who is left the rights (OwnerRule)
    SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_rt_sigtimedwait, SYS_sigaltstack, SYS_restart_syscall,
    SYS_sched_yield, SYS_sched_getaffinity, SYS_sched_setaffinity, SYS_sched_getscheduler, SYS_sched_setscheduler, SYS_sched_getparam,
    SYS_sched_getattr,
    SYS_sched_get_priority_max, SYS_sched_get_priority_min, SYS_getpriority, SYS_setpriority, SYS_getcpu,
    SYS_clock_gettime, SYS_clock_getres, SYS_clock_nanosleep, SYS_nanosleep, SYS_gettimeofday, SYS_getrusage, SYS_getrlimit, SYS_sysinfo,
    SYS_uname, SYS_getrandom,
    SYS_umask, SYS_exit, SYS_exit_group, SYS_wait4, SYS_recvmsg, SYS_recvfrom, SYS_shutdown, SYS_eventfd2, SYS_timerfd_create, SYS_timerfd_settime,
    SYS_epoll_create1, SYS_epoll_ctl, SYS_epoll_pwait, SYS_epoll_pwait2,
#ifdef SYS_open
    SYS_open, SYS_stat, SYS_lstat, SYS_access, SYS_readlink, SYS_poll, SYS_dup2, SYS_pipe, SYS_epoll_wait, SYS_getpgrp, SYS_time,
    SYS_eventfd, SYS_select,
#endif
#ifdef SYS_arch_prctl
    SYS_arch_prctl,
#endif
};

static const int network_calls[] = {
    SYS_connect, SYS_bind, SYS_sendto, SYS_sendmsg, SYS_sendmmsg, SYS_recvmmsg, SYS_getsockopt, SYS_setsockopt, SYS_getsockname,
    SYS_getpeername,
};

// For copies of what is in an image. Landlock says where something is made, removed or renamed; it does not know of owners, permissions, times and
// attributes.
static const int file_calls[] = {
    SYS_mkdirat, SYS_symlinkat, SYS_linkat, SYS_mknodat, SYS_unlinkat, SYS_renameat, SYS_renameat2, SYS_fchownat, SYS_fchmodat, SYS_utimensat,
    SYS_lsetxattr, SYS_fsetxattr,
};

// Rings are made, and take few operations (IoUring.cs).
static const int ring_calls[] = { SYS_io_uring_enter, SYS_io_uring_register };

// Of /dev/fuse FUSE_DEV_IOC_CLONE; of block devices BLKGETSIZE64, BLKSSZGET, BLKPBSZGET; of drives CDROMREADTOCHDR, CDROMREADTOCENTRY,
// CDROMMULTISESSION; of terminals to know their size, and to read a passphrase unseen.
static const unsigned device_controls[] = {
    0x8004E500, 0x80081272, 0x1268, 0x127B, 0x5305, 0x5306, 0x5310,
    TCGETS, TCSETS, TCSETSW, TCSETSF, TIOCGWINSZ, TIOCGPGRP, FIONREAD, FIONBIO, FIOCLEX,
};

static const unsigned process_controls[] = {
    PR_SET_NAME, PR_GET_NAME, PR_SET_DUMPABLE, PR_GET_DUMPABLE, 0x53564D41 /* PR_SET_VMA */, PR_CAPBSET_READ, PR_GET_NO_NEW_PRIVS,
};

static const unsigned families[] = { AF_INET, AF_INET6, AF_UNIX, AF_NETLINK };

enum { max_filter = 1500, max_calls = 1024, filter_flags = SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW };

// A filter is written from its end: so what an instruction goes on with is there, and is named by its number. The kernel compiles it, tries it on each call there
// is, and takes its time for that: so it is short, and finds a call by halves.
static struct sock_filter filter[max_filter];
static int length;

// A comparison reaches 255 instructions; another of them may come between, to jump.
enum { reach = 250 };

static int add(unsigned short code, unsigned value)
{
    filter[length] = (struct sock_filter){ code, 0, 0, value };
    return length++;
}

static int jump(int to)
{
    return add(BPF_JMP | BPF_JA, length - 1 - to);
}

static int compare(unsigned test, unsigned value, int when, int otherwise)
{
    when = length - when > reach ? jump(when) : when;
    otherwise = length - otherwise > reach ? jump(otherwise) : otherwise;
    filter[length] = (struct sock_filter){ BPF_JMP | test | BPF_K, length - 1 - when, length - 1 - otherwise, value };
    return length++;
}

static int load(size_t place, int next)
{
    if (next != length - 1) {
        jump(next);
    }

    return add(BPF_LD | BPF_W | BPF_ABS, place);
}

// The half of an argument that has its low bits.
static int load_argument(int number, int next)
{
    return load(offsetof(struct seccomp_data, args) + (size_t)number * 8 + (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0), next);
}

static int answer(unsigned action)
{
    return add(BPF_RET | BPF_K, action);
}

// The latest of each.
static int allowed, refused;

static int allow(void)
{
    return allowed = length - allowed > reach ? answer(SECCOMP_RET_ALLOW) : allowed;
}

static int refuse(void)
{
    return refused = length - refused > reach ? answer(SECCOMP_RET_ERRNO | EPERM) : refused;
}

// What goes on with each call: the number of an instruction. The first two are what most calls go on with.
enum { is_refused, is_allowed };
static short calls_to[max_calls];

static void allow_calls(const int *numbers, int count)
{
    for (int i = 0; i < count; i++) {
        calls_to[numbers[i]] = is_allowed;
    }
}

// A call with one of these values for an argument; with any other it is refused.
static void allow_values(int call, int argument, const unsigned *values, int count)
{
    int next = refuse();
    for (int i = count; i-- > 0;) {
        next = compare(BPF_JEQ, values[i], allow(), next);
    }

    calls_to[call] = load_argument(argument, next);
}

// A call unless an argument is this value (BPF_JEQ), or has one of these bits (BPF_JSET).
static void allow_unless(int call, int argument, unsigned test, unsigned value)
{
    calls_to[call] = load_argument(argument, compare(test, value, refuse(), allow()));
}

// Descriptors over one socket, which is connected for good. A filter cannot look at the address that a message is for, and a socket of datagrams takes
// any: so the number stays that socket's, and none of the others is used.
static void allow_sender(unsigned sender)
{
    allow_values(SYS_sendmsg, 0, &sender, 1);
    allow_unless(SYS_close, 0, BPF_JEQ, sender);
    allow_unless(SYS_dup3, 1, BPF_JEQ, sender);
#ifdef SYS_dup2
    allow_unless(SYS_dup2, 1, BPF_JEQ, sender);
#endif
}

// Threads, but no processes.
static void allow_threads(void)
{
    calls_to[SYS_clone] = load_argument(0, compare(BPF_JSET, CLONE_THREAD, allow(), refuse()));

    // What its flags are is in memory, which a filter cannot look at: the C library then calls clone(2).
    calls_to[SYS_clone3] = answer(SECCOMP_RET_ERRNO | ENOSYS);
}

// Memory that is written does not run, and the program makes no code. A file that is to be mapped to run is answered by `files`.
static void allow_memory(unsigned files)
{
    allow_unless(SYS_mprotect, 2, BPF_JSET, PROT_EXEC);
    int file = load_argument(3, compare(BPF_JSET, MAP_ANONYMOUS, refuse(), answer(files)));
    int code = compare(BPF_JSET, PROT_WRITE, refuse(), file);
    calls_to[SYS_mmap] = load_argument(2, compare(BPF_JSET, PROT_EXEC, code, allow()));
}

// Calls from the first on, up to the next one's.
static struct range {
    unsigned first;
    int to;
} ranges[max_calls + 1];

static int find_ranges(void)
{
    int count = 0;
    for (unsigned call = 0; call <= max_calls; call++) {
        int to = call < max_calls ? calls_to[call] : is_refused;
        if (count == 0 || ranges[count - 1].to != to) {
            ranges[count++] = (struct range){ call, to };
        }
    }

    return count;
}

static int find_call(const struct range *from, int count)
{
    if (count == 1) {
        return from->to == is_allowed ? allow() : from->to == is_refused ? refuse() : from->to;
    }

    int half = count / 2, later = find_call(from + half, count - half);
    return compare(BPF_JGE, from[half].first, later, find_call(from, half));
}

#define COUNT(array) (int)(sizeof(array) / sizeof *(array))

static void make_filter(int flags, int sender)
{
    memset(calls_to, is_refused, sizeof calls_to);
    length = 0;
    refused = answer(SECCOMP_RET_ERRNO | EPERM);
    allowed = answer(SECCOMP_RET_ALLOW);
    const unsigned self = getpid(), own = 0, nobody = 0;
    allow_calls(calls, COUNT(calls));
    allow_values(SYS_kill, 0, &self, 1); // by which the runtime ends when a signal says so
    allow_values(SYS_tgkill, 0, &self, 1);
    allow_values(SYS_prlimit64, 0, &own, 1);
    allow_values(SYS_ioctl, 1, device_controls, COUNT(device_controls));
    allow_values(SYS_prctl, 0, process_controls, COUNT(process_controls));
    allow_threads();

    // Nobody knows which libraries finding a host takes (nsswitch.conf(5)).
    allow_memory(flags & confine_network ? SECCOMP_RET_ALLOW : SECCOMP_RET_TRAP);
    if (flags & confine_network) {
        allow_calls(network_calls, COUNT(network_calls));
        allow_values(SYS_socket, 0, families, COUNT(families));
    } else {
        // To whom it is connected already.
        allow_values(SYS_sendto, 4, &nobody, 1);
        if (sender >= 0) {
            allow_sender(sender);
        }
    }

    if (flags & confine_senders) {
        calls_to[SYS_sendmsg] = is_allowed;
    }

    if (flags & confine_rings) {
        allow_calls(ring_calls, COUNT(ring_calls));
    }

    if (flags & confine_files) {
        allow_calls(file_calls, COUNT(file_calls));
    }

    int call = load(offsetof(struct seccomp_data, nr), find_call(ranges, find_ranges()));
#if defined __x86_64__
    const unsigned architecture = AUDIT_ARCH_X86_64;
#elif defined __aarch64__
    const unsigned architecture = AUDIT_ARCH_AARCH64;
#else
#error "which architecture a filter of system calls is for"
#endif
    int other = answer(SECCOMP_RET_KILL_PROCESS);
    load(offsetof(struct seccomp_data, arch), compare(BPF_JEQ, architecture, call, other));
    for (int i = 0; i < length / 2; i++) {
        struct sock_filter later = filter[i];
        filter[i] = filter[length - 1 - i];
        filter[length - 1 - i] = later;
    }
}

int imagefs_confine(int wanted_rules, const unsigned *wanted_ids, int wanted_id_count, unsigned long long wanted_capabilities, int flags, int sender)
{
    rules = wanted_rules;
    ids = wanted_ids;
    id_count = wanted_id_count;
    capabilities = wanted_capabilities;
    done = error = 0;
    if (!(flags & confine_network)) {
        keep_libraries();
    }

    const struct rlimit nothing = { 0, 0 };
    setrlimit(RLIMIT_CORE, &nothing);
    int failure = for_all_threads(flags, sender);
    if (failure != 0) {
        return failure;
    }

    // After the credentials changed, which sets it by the system's liking.
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    if (!imagefs_has_filters()) {
        return 0;
    }

    const struct sock_fprog program = { length, filter };
    long thread = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, filter_flags, &program);
    return thread == 0 ? 0 : thread < 0 ? errno : EAGAIN;
}

// The kernel looks at the flags, and then for a program where there is none.
int imagefs_has_filters(void)
{
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, filter_flags, NULL) != 0 && errno == EFAULT;
}
