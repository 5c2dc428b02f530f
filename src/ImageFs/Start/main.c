// Where the Native AOT program begins. A mount in the background is two processes: one that the caller waits for, and the server. A
// managed process cannot fork, so Background starts the program a second time, runtime and all, which is a third of the time of a mount.
// This forks before there is a runtime. What it passes over is started there: that costs time and nothing else. So are the keepers of commands that
// read an image.

#define _GNU_SOURCE
#include "start.h"
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// Where the server finds the descriptor to which it writes a byte when the mount answers, and that of its keeper; a command's keeper is its child.
static const char parent_variable[] = "IMAGEFS_PARENT", keeper_variable[] = "IMAGEFS_KEEPER", child_variable[] = "IMAGEFS_CHILD";

// Program.Main, under the name that the compiler gives it.
extern int __managed__Main(int count, char **words);

// ExitStatus.cs
enum { success = 0, system_failure = 2, bug = 4, interrupted = 8 };

static const int end_signals[] = { SIGHUP, SIGINT, SIGTERM };
enum { end_signal_count = sizeof end_signals / sizeof *end_signals };

static volatile pid_t server;

// What the terminal sends goes to both processes by itself.
static void end_server(int signal, siginfo_t *information, void *context)
{
    (void)signal, (void)context;
    if (information->si_code <= 0) {
        kill(server, SIGTERM);
    }
}

// `[mount] [-o OPTIONS] IMAGE DIR`, of which PlainMount has the last word.
static int is_plain_mount(int count, char **words)
{
    int first = count > 1 && strcmp(words[1], "mount") == 0 ? 2 : 1;
    int paths = 0;
    for (int i = first; i < count; i++) {
        if (strcmp(words[i], "-o") == 0) {
            if (++i < count && (strstr(words[i], "key-fd=") != NULL || strstr(words[i], "/dev/fd/") != NULL)) {
                return 0; // likewise
            }
        } else if (words[i][0] == '-' || strncmp(words[i], "/dev/fd/", 8) == 0 || strncmp(words[i], "/proc/", 6) == 0) {
            return 0; // another option, or a descriptor that is to stay open
        } else if (++paths == 1 && first == 1 && strpbrk(words[i], "/.") == NULL) {
            return 0; // a verb
        }
    }

    return paths == 2;
}

static int wait_for_end(void)
{
    int status;
    if (waitpid(server, &status, 0) < 0) {
        return bug;
    }

    if (WIFEXITED(status)) {
        return WEXITSTATUS(status);
    }

    for (int i = 0; i < end_signal_count; i++) {
        if (WTERMSIG(status) == end_signals[i]) {
            return interrupted;
        }
    }

    fprintf(stderr, "imagefs: the process that reads the image was ended by signal %d before the mount answered\n", WTERMSIG(status));
    return bug;
}

static _Noreturn void be_parent(int answer)
{
    char byte;
    _exit(read(answer, &byte, 1) == 1 ? success : wait_for_end());
}

static void set_number(const char *variable, int number)
{
    char text[16];
    snprintf(text, sizeof text, "%d", number);
    setenv(variable, text, 1);
}

// For who looks at the list of processes: the words of one that is started as a program, as far as there is room for them.
static void rename_keeper(int count, char **words, const char *of)
{
    char *place = words[0] + strlen(words[0]) + 1, *end = words[count - 1] + strlen(words[count - 1]), *directory = strdup(of);
    memset(place, 0, end - place);
    int length = snprintf(place, end - place + 1, "%s", KEEPER_WORD) + 1;
    if (directory != NULL && length < end - place) {
        snprintf(place + length, end - place - length + 1, "%s", directory);
    }

    free(directory);
}

static const char *find_directory(int count, char **words)
{
    const char *directory = "";
    for (int i = 1; i < count; i++) {
        if (strcmp(words[i], "-o") == 0) {
            i++;
        } else {
            directory = words[i];
        }
    }

    return directory;
}

static pid_t fork_keeper(const int *ends, pid_t of, int count, char **words)
{
    pid_t keeper = fork();
    if (keeper == 0) {
        rename_keeper(count, words, of == server ? find_directory(count, words) : "");
        dup2(ends[1], STDIN_FILENO);
        _exit(keep(of));
    }

    close(ends[1]);
    return keeper;
}

static void be_server(int parent, const int *keeper)
{
    set_number(parent_variable, parent);
    set_number(keeper_variable, keeper[0]);
    close(keeper[1]);
}

// The commands that read an image, and so have a keeper (ReaderSandbox), and who reads for the server of a folder of images (LibraryReader).
static int is_reading(int count, char **words)
{
    static const char *const verbs[] = {
        "info", "ls", "tree", "find", "cat", "sums", "diff", "extract", "tar", "export", "extents", "verify", "manifest", "__complete", "--reader",
    };
    for (size_t i = 0; count > 2 && i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(words[1], verbs[i]) == 0) {
            return 1;
        }
    }

    return 0;
}

static void fork_keeper_of_reader(int count, char **words)
{
    int ends[2];
    if (!is_reading(count, words) || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        return;
    }

    // Not in the place of standard output, where that was closed: what is written there would be taken for requests.
    int socket = fcntl(ends[0], F_DUPFD_CLOEXEC, 3);
    pid_t keeper = socket < 0 ? -1 : fork_keeper(ends, getpid(), count, words);
    close(ends[0]);
    if (keeper < 0) {
        close(ends[1]);
        close(socket);
        return;
    }

    set_number(keeper_variable, socket);
    set_number(child_variable, keeper);
}

static void fork_server(int count, char **words)
{
    if (getenv("NOTIFY_SOCKET") != NULL || !is_plain_mount(count, words)) {
        return;
    }

    // The server has no business with the caller's descriptors, whose readers would wait for it.
    syscall(SYS_close_range, 3, ~0U, 0);
    int answer[2], keeper[2];
    if (pipe2(answer, O_CLOEXEC) != 0 || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, keeper) != 0) {
        return;
    }

    sigset_t ends, before;
    sigemptyset(&ends);
    for (int i = 0; i < end_signal_count; i++) {
        sigaddset(&ends, end_signals[i]);
    }

    sigprocmask(SIG_BLOCK, &ends, &before);
    signal(SIGCHLD, SIG_DFL); // ignored, the kernel would forget how the server ended
    server = fork();
    if (server > 0) {
        for (int i = 0; i < end_signal_count; i++) {
            const struct sigaction action = { .sa_sigaction = end_server, .sa_flags = SA_RESTART | SA_SIGINFO };
            struct sigaction inherited;
            if (sigaction(end_signals[i], NULL, &inherited) == 0 && inherited.sa_handler != SIG_IGN) { // as nohup has it
                sigaction(end_signals[i], &action, NULL);
            }
        }
    }

    sigprocmask(SIG_SETMASK, &before, NULL);
    if (server > 0) {
        close(answer[1]);
        fork_keeper(keeper, server, count, words); // by who has nothing else to do, while the server starts its runtime
        close(keeper[0]);
        be_parent(answer[0]);
    }

    close(answer[0]);
    if (server == 0) {
        be_server(answer[1], keeper);
    } else {
        close(answer[1]);
        close(keeper[0]);
        close(keeper[1]);
    }
}

// The runtime reserves 256 GiB of addresses for its heap, and ends by SIGABRT where it may not have them (RLIMIT_AS, ulimit -v). Half of
// what there is will do for the heap; the other half is for libraries, stacks and pipes. In a range under 44 MiB its first regions may have no place,
// by where the kernel puts it, and it ends by SIGSEGV.
static const char heap_variable[] = "DOTNET_GCRegionRange";
static const rlim_t least_space = 96 << 20, usual_space = (rlim_t)512 << 30;

static void fit_heap(void)
{
    struct rlimit space;
    if (getrlimit(RLIMIT_AS, &space) != 0 || space.rlim_cur >= usual_space) {
        return;
    }

    if (space.rlim_cur < least_space) {
        fputs("imagefs: not enough memory: it needs 96 MiB of addresses (ulimit -v)\n", stderr);
        exit(system_failure);
    }

    // Each thread's arena of malloc takes 64 or 128 MiB of addresses for a moment, just when the heap may ask for its own.
    mallopt(M_ARENA_MAX, 1);
    char range[24];
    snprintf(range, sizeof range, "%llx", (unsigned long long)space.rlim_cur / 2);
    setenv(heap_variable, range, 0);
}

int main(int count, char **words)
{
    if (count > 1 && strcmp(words[1], KEEPER_WORD) == 0) {
        return keep(0);
    }

    unsetenv(parent_variable);
    unsetenv(keeper_variable);
    unsetenv(child_variable);
    fit_heap();
    fork_server(count, words);
    fork_keeper_of_reader(count, words);
    return __managed__Main(count, words);
}
