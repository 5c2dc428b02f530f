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

// Threads that one made meanwhile which had not given up yet are found by looking again.
static int have_all_give_up(void)
{
    static pid_t threads[max_threads];
    int count = 0, found;
    threads[count++] = syscall(SYS_gettid);
    int signalled = 0;
    do {
        found = 0;
        DIR *tasks = opendir("/proc/self/task");
        if (tasks == NULL) {
            return errno;
        }

        for (struct dirent *entry; (entry = readdir(tasks)) != NULL;) {
            pid_t thread = atoi(entry->d_name);
            if (thread <= 0 || is_known(threads, count, thread)) {
                continue;
            }

            if (count == max_threads) {
                closedir(tasks);
                return EAGAIN;
            }

            threads[count++] = thread;
            if (syscall(SYS_tgkill, getpid(), thread, SIGRTMAX) == 0) {
                found++;
                signalled++;
            }
        }

        closedir(tasks);
        int late = wait_until_done(signalled);
        if (late != 0) {
            return late;
        }
    } while (found > 0 && error == 0);

    return error;
}

static int for_all_threads(void)
{
    struct sigaction ours = { .sa_handler = give_up_there, .sa_flags = SA_RESTART }, before;
    sigfillset(&ours.sa_mask);
    if (sigaction(SIGRTMAX, &ours, &before) != 0) {
        return errno;
    }

    int failure = give_up();
    failure = failure != 0 ? failure : have_all_give_up();
    sigaction(SIGRTMAX, &before, NULL);
    return failure;
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

enum { max_filter = 1500, filter_flags = SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_SPEC_ALLOW };
static struct sock_filter filter[max_filter];
static int length;

static void add(unsigned short code, unsigned char when, unsigned char otherwise, unsigned value)
{
    filter[length++] = (struct sock_filter){ code, when, otherwise, value };
}

static void load(size_t place)
{
    add(BPF_LD | BPF_W | BPF_ABS, 0, 0, place);
}

// The half of an argument that has its low bits.
static void load_argument(int number)
{
    load(offsetof(struct seccomp_data, args) + (size_t)number * 8 + (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0));
}

static void answer(unsigned action)
{
    add(BPF_RET | BPF_K, 0, 0, action);
}

// Numbers of calls that are allowed, from the first to the last.
struct range {
    unsigned first, last;
};

static int compare(const void *one, const void *other)
{
    unsigned a = *(const unsigned *)one, b = *(const unsigned *)other;
    return a < b ? -1 : a > b;
}

static int make_ranges(unsigned *numbers, int count, struct range *ranges)
{
    int made = 0;
    qsort(numbers, count, sizeof *numbers, compare);
    for (int i = 0; i < count; i++) {
        if (made > 0 && numbers[i] <= ranges[made - 1].last + 1) {
            ranges[made - 1].last = numbers[i];
        } else {
            ranges[made++] = (struct range){ numbers[i], numbers[i] };
        }
    }

    return made;
}

// By halves: the kernel tries a filter on each number there is when it is put in place, and a long way through it takes its time.
static void allow_ranges(const struct range *ranges, int count)
{
    if (count == 1) {
        add(BPF_JMP | BPF_JGE | BPF_K, 0, 2, ranges->first);
        add(BPF_JMP | BPF_JGT | BPF_K, 1, 0, ranges->last);
        answer(SECCOMP_RET_ALLOW);
        answer(SECCOMP_RET_ERRNO | EPERM);
        return;
    }

    int half = count / 2;
    add(BPF_JMP | BPF_JGE | BPF_K, 0, 1, ranges[half].first);
    int jump = length;
    add(BPF_JMP | BPF_JA, 0, 0, 0);
    allow_ranges(ranges, half);
    filter[jump].k = length - jump - 1;
    allow_ranges(ranges + half, count - half);
}

// A call with one of these values for an argument; with any other it is refused.
static void allow_values(int call, int argument, const unsigned *values, int count)
{
    add(BPF_JMP | BPF_JEQ | BPF_K, 0, 2 * count + 2, call);
    load_argument(argument);
    for (int i = 0; i < count; i++) {
        add(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, values[i]);
        answer(SECCOMP_RET_ALLOW);
    }

    answer(SECCOMP_RET_ERRNO | EPERM);
}

// A call unless an argument is this value (BPF_JEQ), or has one of these bits (BPF_JSET).
static void allow_unless(int call, int argument, unsigned test, unsigned value)
{
    add(BPF_JMP | BPF_JEQ | BPF_K, 0, 4, call);
    load_argument(argument);
    add(BPF_JMP | test | BPF_K, 0, 1, value);
    answer(SECCOMP_RET_ERRNO | EPERM);
    answer(SECCOMP_RET_ALLOW);
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

static void fail_call(int call, int with)
{
    add(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, call);
    answer(SECCOMP_RET_ERRNO | with);
}

// Threads, but no processes.
static void allow_threads(void)
{
    add(BPF_JMP | BPF_JEQ | BPF_K, 0, 4, SYS_clone);
    load_argument(0);
    add(BPF_JMP | BPF_JSET | BPF_K, 1, 0, CLONE_THREAD);
    answer(SECCOMP_RET_ERRNO | EPERM);
    answer(SECCOMP_RET_ALLOW);

    // What its flags are is in memory, which a filter cannot look at: the C library then calls clone(2).
    fail_call(SYS_clone3, ENOSYS);
}

// Memory that is written does not run, and the program makes no code. A file that is to be mapped to run is answered by `files`.
static void allow_memory(unsigned files)
{
    allow_unless(SYS_mprotect, 2, BPF_JSET, PROT_EXEC);
    add(BPF_JMP | BPF_JEQ | BPF_K, 0, 8, SYS_mmap);
    load_argument(2);
    add(BPF_JMP | BPF_JSET | BPF_K, 1, 0, PROT_EXEC);
    answer(SECCOMP_RET_ALLOW);
    add(BPF_JMP | BPF_JSET | BPF_K, 3, 0, PROT_WRITE);
    load_argument(3);
    add(BPF_JMP | BPF_JSET | BPF_K, 1, 0, MAP_ANONYMOUS);
    answer(files);
    answer(SECCOMP_RET_ERRNO | EPERM);
}

#define COUNT(array) (int)(sizeof(array) / sizeof *(array))

static void make_filter(int flags, int sender)
{
    length = 0;
    load(offsetof(struct seccomp_data, arch));
#if defined __x86_64__
    add(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, AUDIT_ARCH_X86_64);
#elif defined __aarch64__
    add(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, AUDIT_ARCH_AARCH64);
#else
#error "which architecture a filter of system calls is for"
#endif
    answer(SECCOMP_RET_KILL_PROCESS);
    load(offsetof(struct seccomp_data, nr));
    static unsigned numbers[COUNT(calls) + COUNT(network_calls) + COUNT(ring_calls) + COUNT(file_calls) + 1];
    static struct range ranges[COUNT(numbers)];
    int count = 0;
    memcpy(numbers, calls, sizeof calls);
    count += COUNT(calls);
    if (flags & confine_network) {
        memcpy(numbers + count, network_calls, sizeof network_calls);
        count += COUNT(network_calls);
        allow_values(SYS_socket, 0, families, COUNT(families));
    } else {
        // To whom it is connected already.
        const unsigned nobody = 0;
        allow_values(SYS_sendto, 4, &nobody, 1);
        if (sender >= 0) {
            allow_sender(sender);
        }
    }

    if (flags & confine_rings) {
        memcpy(numbers + count, ring_calls, sizeof ring_calls);
        count += COUNT(ring_calls);
    }

    if (flags & confine_files) {
        memcpy(numbers + count, file_calls, sizeof file_calls);
        count += COUNT(file_calls);
    }

    if (flags & confine_senders) {
        numbers[count++] = SYS_sendmsg;
    }

    const unsigned self = getpid(), own = 0;
    allow_values(SYS_kill, 0, &self, 1); // by which the runtime ends when a signal says so
    allow_values(SYS_tgkill, 0, &self, 1);
    allow_values(SYS_prlimit64, 0, &own, 1);
    allow_values(SYS_ioctl, 1, device_controls, COUNT(device_controls));
    allow_values(SYS_prctl, 0, process_controls, COUNT(process_controls));
    allow_threads();

    // Nobody knows which libraries finding a host takes (nsswitch.conf(5)).
    allow_memory(flags & confine_network ? SECCOMP_RET_ALLOW : SECCOMP_RET_TRAP);
    allow_ranges(ranges, make_ranges(numbers, count, ranges));
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
    int failure = for_all_threads();
    if (failure != 0) {
        return failure;
    }

    // After the credentials changed, which sets it by the system's liking.
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    if (!imagefs_has_filters()) {
        return 0;
    }

    make_filter(flags, sender);
    const struct sock_fprog program = { length, filter };
    long thread = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, filter_flags, &program);
    return thread == 0 ? 0 : thread < 0 ? errno : EAGAIN;
}

// The kernel looks at the flags, and then for a program where there is none.
int imagefs_has_filters(void)
{
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, filter_flags, NULL) != 0 && errno == EFAULT;
}
