// Has a thread of another process call the kernel, with the rights and behind the walls that the thread has: inject THREAD CALL ARGUMENT...
// CALL is a number of x86-64; an argument is a number, or text, whose address is given. Prints the result, negative for an error number.

#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>

static long look(pid_t thread, unsigned long address)
{
    errno = 0;
    long word = ptrace(PTRACE_PEEKTEXT, thread, address, 0);
    if (errno != 0) {
        perror("peek");
        exit(2);
    }

    return word;
}

// An instruction `syscall` of the C library.
static unsigned long find_instruction(pid_t thread)
{
    char path[64], line[512];
    snprintf(path, sizeof path, "/proc/%d/maps", thread);
    FILE *maps = fopen(path, "r");
    while (maps != NULL && fgets(line, sizeof line, maps) != NULL) {
        unsigned long start, end;
        char rights[8];
        if (strstr(line, "libc.so.6") == NULL || sscanf(line, "%lx-%lx %7s", &start, &end, rights) != 3 || rights[2] != 'x') {
            continue;
        }

        for (unsigned long at = start; at < end; at += 8) {
            long word = look(thread, at);
            for (int i = 0; i < 7; i++) {
                if (((word >> (8 * i)) & 0xFFFF) == 0x050F) {
                    return at + i;
                }
            }
        }
    }

    fputs("no instruction found\n", stderr);
    exit(2);
}

// A filter may leave the answer to a handler of the thread's own: what the call returns once that is done.
static unsigned long long wait_for_handler(pid_t thread)
{
    struct user_regs_struct now = { 0 };
    int status, signal = SIGSYS;
    do {
        ptrace(PTRACE_SYSCALL, thread, 0, signal);
        waitpid(thread, &status, __WALL);
        ptrace(PTRACE_GETREGS, thread, 0, &now);
        signal = 0;
    } while (WIFSTOPPED(status) && now.orig_rax != SYS_rt_sigreturn);
    ptrace(PTRACE_SYSCALL, thread, 0, 0);
    waitpid(thread, &status, __WALL);
    ptrace(PTRACE_GETREGS, thread, 0, &now);
    return now.rax;
}

int main(int count, char **words)
{
    pid_t thread = atoi(words[1]);
    int status;
    if (count < 3 || ptrace(PTRACE_ATTACH, thread, 0, 0) != 0 || waitpid(thread, &status, __WALL) < 0) {
        perror("attach");
        return 2;
    }

    struct user_regs_struct before, now;
    ptrace(PTRACE_GETREGS, thread, 0, &before);
    now = before;
    unsigned long long *arguments[] = { &now.rdi, &now.rsi, &now.rdx, &now.r10, &now.r8, &now.r9 };
    unsigned long place = (before.rsp - 8192) & ~15UL; // below what the thread uses
    for (int i = 3; i < count && i < 9; i++) {
        char *end;
        *arguments[i - 3] = strtoull(words[i], &end, 0);
        if (*end != '\0') {
            char text[256] = { 0 };
            strncpy(text, words[i], sizeof text - 1);
            *arguments[i - 3] = place;
            for (size_t at = 0; at <= strlen(text); at += 8) {
                long word;
                memcpy(&word, text + at, 8);
                ptrace(PTRACE_POKEDATA, thread, place + at, word);
            }

            place += sizeof text;
        }
    }

    now.rip = find_instruction(thread);
    now.rax = strtoull(words[2], NULL, 0);
    now.orig_rax = -1; // the call that it was in is begun again afterwards
    ptrace(PTRACE_SETREGS, thread, 0, &now);
    if (ptrace(PTRACE_SINGLESTEP, thread, 0, 0) != 0 || waitpid(thread, &status, __WALL) < 0 || !WIFSTOPPED(status)) {
        printf("ended\n");
        return 1;
    }

    ptrace(PTRACE_GETREGS, thread, 0, &now);
    if (WSTOPSIG(status) == SIGSYS) {
        now.rax = wait_for_handler(thread);
    }

    printf("%lld\n", (long long)now.rax);
    ptrace(PTRACE_SETREGS, thread, 0, &before);
    ptrace(PTRACE_DETACH, thread, 0, 0);
    return 0;
}
