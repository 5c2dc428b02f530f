// Times what touches a mount, so that neither the start of a managed process nor a hang of the mount is the benchmark's own.
// Each verb prints one line of numbers.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { READ_SIZE = 1 << 17 };

static char buffer[READ_SIZE];

static void fail(const char *what) {
    fprintf(stderr, "probe: %s: %s\n", what, strerror(errno));
    exit(1);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

// Seconds that all CPUs have been busy since boot: user, nice, system, irq, softirq (proc_stat(5)).
static double busy(void) {
    FILE *f = fopen("/proc/stat", "r");
    unsigned long long user, nice, system, idle, wait, irq, softirq;
    if (!f || fscanf(f, "cpu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system, &idle, &wait, &irq, &softirq) != 7)
        fail("/proc/stat");
    fclose(f);
    return (double)(user + nice + system + irq + softirq) / (double)sysconf(_SC_CLK_TCK);
}

static int run(char **command) {
    pid_t pid = fork();
    if (pid < 0)
        fail("fork");
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, 0);
        dup2(null, 1);
        execvp(command[0], command);
        fail(command[0]);
    }
    int status;
    if (waitpid(pid, &status, 0) < 0)
        fail("waitpid");
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// measure COMMAND...: seconds, CPU seconds of the whole machine
static void measure(char **command) {
    double cpu = busy(), start = now();
    int status = run(command);
    double end = now();
    if (status != 0) {
        fprintf(stderr, "probe: %s: exit status %d\n", command[0], status);
        exit(1);
    }
    printf("%.6f %.2f\n", end - start, busy() - cpu);
}

// mount DIR COMMAND...: seconds from the start of the mounting command to the first answer of a directory's mount
static void mount_time(const char *directory, char **command) {
    struct stat before, after;
    if (stat(directory, &before) != 0)
        fail(directory);
    double start = now();
    int status = run(command);
    if (status != 0) {
        fprintf(stderr, "probe: %s: exit status %d\n", command[0], status);
        exit(1);
    }
    for (;;) {
        DIR *d = opendir(directory);
        if (!d || fstat(dirfd(d), &after) != 0)
            fail(directory);
        errno = 0;
        int any = readdir(d) != NULL;
        if (errno != 0)
            fail(directory);
        closedir(d);
        if (any && after.st_dev != before.st_dev)
            break;
        if (now() - start > 20) {
            fprintf(stderr, "probe: %s: not mounted\n", directory);
            exit(1);
        }
        usleep(200);
    }
    printf("%.6f\n", now() - start);
}

static int open_file(const char *path) {
    int fd = open(path, O_RDONLY);
    if (fd < 0)
        fail(path);
    return fd;
}

static uint64_t read_all(int fd, const char *path) {
    uint64_t total = 0;
    ssize_t count;
    while ((count = read(fd, buffer, sizeof buffer)) > 0)
        total += (uint64_t)count;
    if (count < 0)
        fail(path);
    return total;
}

static uint64_t read_file(const char *path) {
    int fd = open_file(path);
    uint64_t total = read_all(fd, path);
    close(fd);
    return total;
}

static off_t largest;
static uint64_t files, bytes;

static int visit(const char *path, const struct stat *st, int type, struct FTW *ftw) {
    (void)ftw;
    if (type == FTW_F && S_ISREG(st->st_mode) && st->st_size <= largest) {
        bytes += read_file(path);
        files++;
    }
    return 0;
}

// small DIR SIZE: seconds, number and bytes of all files of at most a size, read to their ends
static void small(const char *directory, const char *size) {
    largest = atoll(size);
    double start = now();
    if (nftw(directory, visit, 64, FTW_PHYS) != 0)
        fail(directory);
    printf("%.6f %llu %llu\n", now() - start, (unsigned long long)files, (unsigned long long)bytes);
}

// lookup DIR NAMES COUNT: seconds of one lookup of COUNT different names among 0..NAMES-1, spread evenly
static void lookup(const char *directory, const char *names, const char *count) {
    int all = atoi(names), some = atoi(count);
    char path[4096];
    struct stat st;
    double start = now();
    for (int i = 0; i < some; i++) {
        // 7919 is prime, so that the order is not the directory's.
        long long n = (long long)i * 7919 % some * (all / some);
        snprintf(path, sizeof path, "%s/a name of some length %06lld.txt", directory, n);
        if (stat(path, &st) != 0)
            fail(path);
    }
    printf("%.9f\n", (now() - start) / some);
}

// Prints the bytes of an open file that are in the page cache (mincore(2)), and all.
static void print_cached(int fd, const char *path) {
    struct stat st;
    if (fstat(fd, &st) != 0)
        fail(path);
    size_t page = (size_t)sysconf(_SC_PAGESIZE), length = (size_t)st.st_size, pages = (length + page - 1) / page, there = 0;
    void *map = mmap(NULL, length, PROT_READ, MAP_SHARED, fd, 0);
    unsigned char *resident = malloc(pages);
    if (map == MAP_FAILED || !resident || mincore(map, length, resident) != 0)
        fail(path);
    for (size_t i = 0; i < pages; i++)
        there += resident[i] & 1;
    printf("%zu %zu\n", there * page, pages * page);
}

// cached FILE: bytes of it in the page cache, and all
static void cached(const char *path) { print_cached(open_file(path), path); }

// hold FILE: the same after it was read to its end. Some servers have the kernel drop a file's pages when it is opened again.
static void hold(const char *path) {
    int fd = open_file(path);
    read_all(fd, path);
    print_cached(fd, path);
}

// drop FILE: takes it out of the page cache
static void drop(const char *path) {
    if ((errno = posix_fadvise(open_file(path), 0, 0, POSIX_FADV_DONTNEED)) != 0)
        fail(path);
}

int main(int argc, char **argv) {
    const char *verb = argc > 2 ? argv[1] : "";
    if (!strcmp(verb, "measure"))
        measure(argv + 2);
    else if (!strcmp(verb, "mount") && argc > 3)
        mount_time(argv[2], argv + 3);
    else if (!strcmp(verb, "small") && argc == 4)
        small(argv[2], argv[3]);
    else if (!strcmp(verb, "lookup") && argc == 5)
        lookup(argv[2], argv[3], argv[4]);
    else if (!strcmp(verb, "cached"))
        cached(argv[2]);
    else if (!strcmp(verb, "hold"))
        hold(argv[2]);
    else if (!strcmp(verb, "drop"))
        drop(argv[2]);
    else if (!strcmp(verb, "read"))
        printf("%llu\n", (unsigned long long)read_file(argv[2]));
    else {
        fprintf(stderr, "usage: probe measure|mount|small|lookup|cached|hold|drop|read ...\n");
        return 2;
    }
    return 0;
}
