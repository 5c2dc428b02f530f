// The keeper of a mount: the one process that may mount and unmount while the server has no rights any more. It reads no byte of an image. A command
// that reads an image has one, too, for the file that it writes.
// Before the server gives up its rights it says in one message, word by word, what there may be to do; from then on it can ask for one
// of these things by its number, and for nothing else. The keeper ends when the server does.
//
// In the first message each is a letter, the number of its words, and the words with a NUL behind each. Any further message is a number in one byte:
//   m SOURCE TARGET TYPE FLAGS DATA    opens /dev/fuse, and calls mount(2), with fd=N before DATA
//   u TARGET FLAGS                     calls umount2(2)
//   r PROGRAM WORD...                  runs a program that may send a descriptor over its _FUSE_COMMFD: fusermount3
//   s FOLDER PROGRAM WORD...           starts a program in a folder, with one end of a pair of sockets for its standard input, and gives the other end
//   p FILE                             writes the server's process id to a file, which is removed in the end
//   x FILE                             removes that file, if the number is still in it
//   d DIRECTORY                        removes a directory, which is done in the end, too
//   k DIRECTORY                        keeps it, whatever is in it
//   w FILE FLAGS                       opens a file to write, by the flags of open(2); one that it makes is removed in the end, unless n was done
//   n FILE NAME                        renames that file
//   f FILE                             removes that file
//   t FOLDER                           makes a file without a name in a folder, which is made where there is none
//   a KIB                              raises the kernel's readahead of what was mounted by m
//   e TARGET NUMBER...                 the last; in the end, when a dead mount is left on TARGET, these are done in turn until one works
// An answer is four bytes and what a program had to say; with a descriptor, where there is one. The four bytes are 0, or an error number,
// negative when it is of opening the device; of a program its exit status.

#define _GNU_SOURCE
#include "start.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { server = 0, max_actions = 32, max_words = 16, max_message = 256 << 10, max_text = 4096, program_socket = 3 };

struct action {
    char kind;
    int word_count;
    char *words[max_words + 1]; // a NULL behind the last
};

static struct action actions[max_actions];
static int action_count;
static pid_t server_id;
static char *pid_file;
static char *made_directory;
static char *unfinished;
static struct action at_end;
static struct statx mounted; // its device number, since nobody may find the mount in use later because this looks for it

struct answer {
    int32_t status;
    char text[max_text];
};

// Any descriptor that came, and how much of the message there is; -1 for an error or the end.
static ssize_t receive(int from, void *buffer, size_t size, int *descriptor)
{
    union { struct cmsghdr header; char space[CMSG_SPACE(sizeof(int))]; } rights;
    struct iovec vector = { buffer, size };
    struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1, .msg_control = &rights, .msg_controllen = sizeof rights };
    ssize_t count;
    do {
        count = recvmsg(from, &message, MSG_CMSG_CLOEXEC);
    } while (count < 0 && errno == EINTR);

    *descriptor = -1;
    struct cmsghdr *header = count > 0 ? CMSG_FIRSTHDR(&message) : NULL;
    if (header != NULL && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
        memcpy(descriptor, CMSG_DATA(header), sizeof *descriptor);
    }

    return count > 0 && (message.msg_flags & MSG_TRUNC) == 0 ? count : -1;
}

static void send_answer(const struct answer *answer, size_t text_length, int descriptor)
{
    union { struct cmsghdr header; char space[CMSG_SPACE(sizeof(int))]; } rights = {
        .header = { .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS },
    };
    struct iovec vector = { (void *)answer, sizeof answer->status + text_length };
    struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1 };
    if (descriptor >= 0) {
        memcpy(CMSG_DATA(&rights.header), &descriptor, sizeof descriptor);
        message.msg_control = &rights;
        message.msg_controllen = sizeof rights;
    }

    sendmsg(server, &message, MSG_NOSIGNAL);
}

static int32_t call_mount(char **words, int *connection)
{
    *connection = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    if (*connection < 0) {
        return -errno;
    }

    char *data;
    if (asprintf(&data, "fd=%d,%s", *connection, words[4]) < 0) {
        return ENOMEM;
    }

    int32_t error = mount(words[0], words[1], words[2], strtoul(words[3], NULL, 10), data) == 0 ? 0 : errno;
    free(data);
    if (error == 0) {
        statx(AT_FDCWD, words[1], AT_STATX_DONT_SYNC, 0, &mounted); // which does not ask the server
    }

    return error;
}

static void forget_signals(void)
{
    for (int signal_number = 1; signal_number < NSIG; signal_number++) {
        signal(signal_number, SIG_DFL);
    }
}

static _Noreturn void run_program(char **words, int commands, int messages)
{
    forget_signals();
    dup2(messages, STDERR_FILENO);
    if (commands == program_socket) {
        fcntl(commands, F_SETFD, 0);
    } else {
        dup2(commands, program_socket);
    }

    char number[16];
    snprintf(number, sizeof number, "%d", program_socket);
    setenv("_FUSE_COMMFD", number, 1);
    execvp(words[0], words);
    _exit(errno == ENOENT || errno == ENOTDIR || errno == EACCES ? 127 : 126); // as FuserMount has it
}

// Its exit status: 127 when there is no such program that this user may run.
static int32_t run(char **words, int *connection, char *text, size_t *text_length)
{
    int commands[2], messages[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, commands) != 0
        || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, messages) != 0) {
        return 126;
    }

    pid_t child = fork();
    if (child == 0) {
        run_program(words, commands[1], messages[1]);
    }

    close(commands[1]);
    close(messages[1]);
    char byte;
    receive(commands[0], &byte, 1, connection);
    ssize_t count;
    while (*text_length < max_text && (count = read(messages[0], text + *text_length, max_text - *text_length)) > 0) {
        *text_length += count;
    }

    close(commands[0]);
    close(messages[0]);
    int status = 0;
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }

    return child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 126;
}

// Nobody waits for it: it ends when the other end closes.
static int32_t start(char **words, int *socket)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        return errno;
    }

    pid_t child = fork();
    if (child == 0) {
        pid_t program = fork();
        if (program == 0) {
            forget_signals();
            dup2(ends[1], STDIN_FILENO);
            if (chdir(words[0]) != 0) {
                // What is to be found from there is not: who needs it says so.
            }

            execv(words[1], words + 1);
        }

        _exit(program < 0);
    }

    close(ends[1]);
    int status = 0;
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }

    if (child < 0 || status != 0) {
        close(ends[0]);
        return EAGAIN;
    }

    *socket = ends[0];
    return 0;
}

// Whole at once: who finds the file finds the number in it.
static int32_t write_pid_file(char *file)
{
    char *unfinished, number[16];
    int length = snprintf(number, sizeof number, "%d\n", server_id);
    if (asprintf(&unfinished, "%s.%d", file, server_id) < 0) {
        return ENOMEM;
    }

    int to = open(unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    int32_t error = to >= 0 && write(to, number, length) == length && rename(unfinished, file) == 0 ? 0 : errno;
    close(to);
    free(unfinished);
    if (error == 0) {
        pid_file = file;
    }

    return error;
}

// Another server may have taken the file over.
static void remove_pid_file(void)
{
    char found[16] = { 0 };
    int from = pid_file == NULL ? -1 : open(pid_file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (from >= 0 && read(from, found, sizeof found - 1) > 0 && atoi(found) == server_id) {
        unlink(pid_file);
    }
}

// Once: one that is made under that name later is another's.
static int32_t remove_directory(void)
{
    if (made_directory != NULL && rmdir(made_directory) != 0) {
        return errno;
    }

    made_directory = NULL;
    return 0;
}

static int make_folder(char *path)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST) {
        return 0;
    }

    char *end = strrchr(path, '/');
    if (errno != ENOENT || end == NULL || end == path) {
        return -1;
    }

    *end = '\0';
    int made = make_folder(path);
    *end = '/';
    return made != 0 ? -1 : mkdir(path, 0700) == 0 || errno == EEXIST ? 0 : -1;
}

static int32_t open_to_write(char *file, const char *flags, int *descriptor)
{
    int how = atoi(flags);
    *descriptor = open(file, how | O_CLOEXEC, 0666);
    if (*descriptor >= 0 && (how & O_CREAT) != 0) {
        unfinished = file;
    }

    return *descriptor >= 0 ? 0 : errno;
}

static int32_t finish(const char *name)
{
    if (unfinished == NULL || rename(unfinished, name) != 0) {
        return unfinished == NULL ? ENOENT : errno;
    }

    unfinished = NULL;
    return 0;
}

static int32_t remove_unfinished(void)
{
    int32_t error = unfinished != NULL && unlink(unfinished) != 0 ? errno : 0;
    unfinished = NULL;
    return error;
}

// It cannot be given a name later: O_EXCL.
static int32_t make_unnamed(char *folder, int *file)
{
    if (make_folder(folder) != 0) {
        return errno;
    }

    *file = open(folder, O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    return *file >= 0 ? 0 : errno;
}

// Only root may: whoever may not keeps what there is.
static int32_t raise_readahead(const char *kib)
{
    char path[64];
    snprintf(path, sizeof path, "/sys/class/bdi/%u:%u/read_ahead_kb", mounted.stx_dev_major, mounted.stx_dev_minor);
    int setting = open(path, O_WRONLY | O_CLOEXEC);
    int32_t error = setting >= 0 && write(setting, kib, strlen(kib)) > 0 ? 0 : errno;
    close(setting);
    return error;
}

static int32_t act(const struct action *action, int *descriptor, char *text, size_t *text_length)
{
    char **words = (char **)action->words;
    switch (action->kind) {
    case 'm':
        return call_mount(words, descriptor);
    case 'u':
        return umount2(words[0], atoi(words[1])) == 0 ? 0 : errno;
    case 'r':
        return run(words, descriptor, text, text_length);
    case 's':
        return start(words, descriptor);
    case 't':
        return make_unnamed(words[0], descriptor);
    case 'a':
        return raise_readahead(words[0]);
    case 'p':
        return write_pid_file(words[0]);
    case 'd':
        return remove_directory();
    case 'k':
        made_directory = NULL;
        return 0;
    case 'w':
        return open_to_write(words[0], words[1], descriptor);
    case 'n':
        return finish(words[1]);
    case 'f':
        return remove_unfinished();
    default:
        remove_pid_file();
        return 0;
    }
}

static void serve(int number)
{
    struct answer answer = { .status = EPERM };
    size_t text_length = 0;
    int descriptor = -1;
    if (number < action_count) {
        answer.status = act(&actions[number], &descriptor, answer.text, &text_length);
    }

    // A mount ends with the last descriptor of its connection: the server is to have the only one.
    send_answer(&answer, text_length, descriptor);
    close(descriptor);
}

static int words_of(char kind)
{
    return kind == 'm' ? 5 : kind == 'u' || kind == 'w' || kind == 'n' || kind == 's' ? 2 : 1;
}

// Returns what is behind it; NULL when it is none of the kinds above.
static char *parse(struct action *action, char *place, char *end)
{
    static const char kinds[] = { 'm', 'u', 'r', 's', 'p', 'x', 't', 'd', 'k', 'w', 'n', 'f', 'a', 'e' };
    if (end - place < 2 || memchr(kinds, place[0], sizeof kinds) == NULL || (unsigned char)place[1] > max_words) {
        return NULL;
    }

    action->kind = *place++;
    for (int count = *place++; action->word_count < count;) {
        char *behind = memchr(place, '\0', end - place);
        if (behind == NULL) {
            return NULL;
        }

        action->words[action->word_count++] = place;
        place = behind + 1;
    }

    return action->word_count >= words_of(action->kind) ? place : NULL;
}

static int learn(void)
{
    char *message = malloc(max_message);
    int none;
    ssize_t length = message == NULL ? 0 : receive(server, message, max_message, &none);
    char *place = length > 0 ? message : NULL;
    while (place != NULL && action_count < max_actions) {
        struct action action = { 0 };
        place = parse(&action, place, message + length);
        if (place != NULL && action.kind == 'e') {
            at_end = action;
            return place == message + length;
        }

        if (action.kind == 'd') {
            made_directory = action.words[0];
        }

        actions[action_count++] = action;
    }

    return 0;
}

static int is_dead(const char *target)
{
    struct statx status;
    return statx(AT_FDCWD, target, AT_STATX_FORCE_SYNC | AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &status) != 0
        && (errno == ENOTCONN || errno == ECONNABORTED);
}

static void end(void)
{
    remove_pid_file();
    for (int i = 1; i < at_end.word_count && is_dead(at_end.words[0]); i++) {
        int connection = -1, number = atoi(at_end.words[i]);
        char text[max_text];
        size_t text_length = 0;
        if (number < action_count) {
            act(&actions[number], &connection, text, &text_length);
        }
    }

    remove_unfinished();
    remove_directory();
}

int keep(pid_t of)
{
    // Whatever ends the server or its terminal leaves this to its work.
    for (int signal_number = 1; signal_number < NSIG; signal_number++) {
        if (signal_number != SIGCHLD) {
            signal(signal_number, SIG_IGN);
        }
    }

    signal(SIGCHLD, SIG_DFL);
    prctl(PR_SET_NAME, "imagefs-keeper");
    setsid();

    // Who waits for the end of what the server has to say is not to wait for this.
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    dup2(nothing, STDOUT_FILENO);
    dup2(nothing, STDERR_FILENO);
    syscall(SYS_close_range, 3, ~0U, 0);
    struct ucred other = { .pid = of };
    socklen_t size = sizeof other;
    if (chdir("/") != 0 || (of == 0 && getsockopt(server, SOL_SOCKET, SO_PEERCRED, &other, &size) != 0)) {
        return 1;
    }

    server_id = other.pid;
    if (!learn()) {
        return 1;
    }

    unsigned char number;
    int none;
    while (receive(server, &number, 1, &none) == 1) {
        serve(number);
    }

    end();
    return 0;
}
