// Libraries that an image may need are loaded when it needs them. But nothing may come to be mapped to run once an image is read (confine.c): so their
// code is mapped before, and is only moved to its place when the loader asks for it. To load them all would take a third of the time of `imagefs info`.

#define _GNU_SOURCE
#include "start.h"
#include <dirent.h>
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

// As ImageFs.Linux looks for them. libgcc_s is what the C library wants to end a thread with, as libargon2 does.
static const char *const names[] = {
    "libargon2.so.1", "libbz2.so.1.0", "libcrypto.so.3", "libdeflate.so.0", "libgcc_s.so.1", "liblz4.so.1", "liblzma.so.5", "libssl.so.3", "libz.so.1",
    "libzstd.so.1",
};

enum { name_count = sizeof names / sizeof *names, max_codes = 64, header_size = 2048, path_size = 1024 };

// What the loader will ask for of a file: its one piece that runs.
static struct code {
    dev_t device;
    ino_t file;
    off_t offset;
    size_t length;
    void *place;
} codes[max_codes];
static int code_count;

// By the cache of the loader, which looks there before it looks through the folders of the system.
static char is_found[name_count];

enum kind { no_library, known, with_code_apart, with_code_among_data };

// A library's code is apart where it is one segment, and not the first: that one the loader maps with all that follows. So linkers have it on x86-64; on
// arm64 most have the code in the first.
static enum kind find_code(int file, struct code *code)
{
    union {
        ElfW(Ehdr) header;
        char bytes[header_size];
    } start;
    ssize_t size = pread(file, &start, sizeof start, 0);
    if (size < (ssize_t)sizeof start.header || memcmp(start.header.e_ident, ELFMAG, SELFMAG) != 0 || start.header.e_phentsize != sizeof(ElfW(Phdr))) {
        return no_library; // or one for programs of 32 bits
    }

    if (start.header.e_phoff > (size_t)size || (size - start.header.e_phoff) / sizeof(ElfW(Phdr)) < start.header.e_phnum) {
        return with_code_among_data;
    }

    const ElfW(Phdr) *segments = (const ElfW(Phdr) *)(start.bytes + start.header.e_phoff);
    size_t in_page = sysconf(_SC_PAGESIZE) - 1;
    int mapped = 0, run = 0;
    for (int i = 0; i < start.header.e_phnum; i++) {
        const ElfW(Phdr) *segment = segments + i;
        mapped += segment->p_type == PT_LOAD;
        if (segment->p_type == PT_LOAD && (segment->p_flags & PF_X)) {
            run += mapped == 1 || (segment->p_flags & PF_W) ? 2 : 1;
            code->offset = segment->p_offset & ~in_page;
            code->length = ((segment->p_vaddr + segment->p_filesz + in_page) & ~in_page) - (segment->p_vaddr & ~in_page);
        }
    }

    return run == 1 ? with_code_apart : with_code_among_data;
}

static int is_known(const struct stat *status)
{
    for (int i = 0; i < code_count; i++) {
        if (codes[i].device == status->st_dev && codes[i].file == status->st_ino) {
            return 1;
        }
    }

    return 0;
}

// Whether there is such a library.
static int keep_library(const char *path)
{
    struct stat status;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return 0;
    }

    struct code *code = codes + code_count;
    enum kind kind = fstat(file, &status) != 0 ? no_library : is_known(&status) ? known : code_count == max_codes ? no_library : find_code(file, code);
    if (kind == with_code_apart) {
        code->device = status.st_dev;
        code->file = status.st_ino;
        code->place = mmap(NULL, code->length, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, code->offset);
        code_count += code->place != MAP_FAILED;
    } else if (kind == with_code_among_data) {
        dlopen(path, RTLD_LAZY);
    }

    close(file);
    return kind != no_library;
}

// The modules of OpenSSL lie beside it: its legacy functions, and others that its configuration may name.
static void keep_modules(const char *path)
{
    char folder[path_size], module[path_size];
    const char *end = strrchr(path, '/');
    if (end == NULL || snprintf(folder, sizeof folder, "%.*s/ossl-modules", (int)(end - path), path) >= (int)sizeof folder) {
        return;
    }

    DIR *modules = opendir(folder);
    if (modules == NULL) {
        return;
    }

    for (struct dirent *entry; (entry = readdir(modules)) != NULL;) {
        if (entry->d_name[0] != '.' && snprintf(module, sizeof module, "%s/%s", folder, entry->d_name) < (int)sizeof module) {
            keep_library(module);
        }
    }

    closedir(modules);
}

static int keep_named(const char *name, const char *path)
{
    int is_there = keep_library(path);
    if (is_there && strcmp(name, "libcrypto.so.3") == 0) {
        keep_modules(path);
    }

    return is_there;
}

// Whether somebody has the loader look elsewhere first.
static int has_own_folders(void)
{
    int has = getenv("LD_LIBRARY_PATH") != NULL;
    for (const ElfW(Dyn) *entry = _DYNAMIC; !has && entry->d_tag != DT_NULL; entry++) {
        has = entry->d_tag == DT_RPATH || entry->d_tag == DT_RUNPATH;
    }

    return has;
}

// Folders of LD_LIBRARY_PATH, of the program, and of the system.
static void look_through_folders(void)
{
    int all = has_own_folders();
    if (!all && memchr(is_found, 0, sizeof is_found) == NULL) {
        return;
    }

    Dl_serinfo size, *folders;
    void *program = dlopen(NULL, RTLD_LAZY);
    if (program == NULL || dlinfo(program, RTLD_DI_SERINFOSIZE, &size) != 0 || (folders = malloc(size.dls_size)) == NULL) {
        return;
    }

    if (dlinfo(program, RTLD_DI_SERINFOSIZE, folders) == 0 && dlinfo(program, RTLD_DI_SERINFO, folders) == 0) {
        for (unsigned i = 0; i < folders->dls_cnt; i++) {
            for (int j = 0; j < name_count; j++) {
                char path[path_size];
                if ((all || !is_found[j]) && snprintf(path, sizeof path, "%s/%s", folders->dls_serpath[i].dls_name, names[j]) < (int)sizeof path) {
                    keep_named(names[j], path);
                }
            }
        }
    }

    free(folders);
}

// /etc/ld.so.cache, as glibc has had it since 2.32 (sysdeps/generic/dl-cache.h).
struct cache {
    char magic[20];
    uint32_t count, text_size;
    uint32_t unused[5];
    struct {
        int32_t flags;
        uint32_t name, path, unused;
        uint64_t processor;
    } entries[];
};

// Few of a cache's thousand names begin as one of those that are looked for.
static uint64_t start_of(const char *name)
{
    uint64_t start;
    memcpy(&start, name, sizeof start);
    return start;
}

static void look_through_cache(void)
{
    static const char magic[] = "glibc-ld.so.cache1.1";
    int file = open("/etc/ld.so.cache", O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (file < 0) {
        return;
    }

    size_t size = fstat(file, &status) == 0 ? status.st_size : 0;
    const struct cache *cache = size > sizeof *cache ? mmap(NULL, size, PROT_READ, MAP_PRIVATE, file, 0) : MAP_FAILED;
    close(file);
    if (cache == MAP_FAILED) {
        return;
    }

    const char *text = (const char *)cache;
    if (memcmp(cache->magic, magic, sizeof cache->magic) == 0 && cache->count <= (size - sizeof *cache) / sizeof *cache->entries) {
        for (unsigned i = 0; i < cache->count; i++) {
            size_t name = cache->entries[i].name, path = cache->entries[i].path;
            for (int j = 0; j < name_count && name < size - sizeof(uint64_t) && path < size; j++) {
                if (start_of(text + name) == start_of(names[j]) && strncmp(text + name, names[j], size - name) == 0 && memchr(text + path, 0, size - path) != NULL) {
                    is_found[j] |= keep_named(names[j], text + path);
                }
            }
        }
    }

    munmap((void *)cache, size);
}

#if defined __x86_64__
static long long argument(const ucontext_t *context, int number)
{
    static const int registers[] = { REG_RDI, REG_RSI, REG_RDX, REG_R10, REG_R8, REG_R9 };
    return context->uc_mcontext.gregs[registers[number]];
}

static void set_result(ucontext_t *context, long long result)
{
    context->uc_mcontext.gregs[REG_RAX] = result;
}
#else
static long long argument(const ucontext_t *context, int number)
{
    return context->uc_mcontext.regs[number];
}

static void set_result(ucontext_t *context, long long result)
{
    context->uc_mcontext.regs[0] = result;
}
#endif

static long long move_code(const ucontext_t *call)
{
    struct stat status;
    if (!(argument(call, 3) & MAP_FIXED) || fstat(argument(call, 4), &status) != 0) {
        return -EPERM;
    }

    for (int i = 0; i < code_count; i++) {
        struct code *code = codes + i;
        if (code->place != NULL && code->device == status.st_dev && code->file == status.st_ino && code->offset == argument(call, 5)
            && code->length == (size_t)argument(call, 1)) {
            void *from = code->place, *to = (void *)argument(call, 0);
            code->place = NULL; // once: what is there later is somebody else's
            return mremap(from, code->length, code->length, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to ? (long long)to : -errno;
        }
    }

    return -EPERM;
}

// The filter stops a call that would map a file to run, and has this answer it. Only system calls: the thread may be anywhere.
static void answer_mapping(int signal, siginfo_t *information, void *context)
{
    (void)signal;
    int before = errno;
    set_result(context, information->si_syscall == SYS_mmap ? move_code(context) : -ENOSYS);
    errno = before;
}

void keep_libraries(void)
{
    const struct sigaction action = { .sa_sigaction = answer_mapping, .sa_flags = SA_SIGINFO | SA_RESTART };
    look_through_cache();
    look_through_folders();
    sigaction(SIGSYS, &action, NULL);
}
