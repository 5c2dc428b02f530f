// Tells what a mounted tree holds, one line an entry, as the kernel tells it.
#define _GNU_SOURCE
#include "tree.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { MAX_DEPTH = 64, READ_SIZE = 1 << 17 };

static FILE *out;
static dev_t device_of_root;

// ---- SHA-256 (FIPS 180-4) ----

struct sha256 {
    uint32_t h[8];
    uint8_t block[64];
    uint64_t length;
};

static const uint32_t K[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be,
    0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
    0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85,
    0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
    0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f,
    0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t ror(uint32_t x, int n) { return x >> n | x << (32 - n); }

static void sha256_block(struct sha256 *s, const uint8_t *p)
{
    uint32_t w[64], v[8];
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)p[4 * i] << 24 | p[4 * i + 1] << 16 | p[4 * i + 2] << 8 | p[4 * i + 3];
    for (int i = 16; i < 64; i++)
        w[i] = w[i - 16] + w[i - 7] + (ror(w[i - 15], 7) ^ ror(w[i - 15], 18) ^ w[i - 15] >> 3) +
               (ror(w[i - 2], 17) ^ ror(w[i - 2], 19) ^ w[i - 2] >> 10);
    memcpy(v, s->h, sizeof v);
    for (int i = 0; i < 64; i++) {
        uint32_t a = v[7] + (ror(v[4], 6) ^ ror(v[4], 11) ^ ror(v[4], 25)) + ((v[4] & v[5]) ^ (~v[4] & v[6])) + K[i] + w[i];
        uint32_t b = (ror(v[0], 2) ^ ror(v[0], 13) ^ ror(v[0], 22)) + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
        memmove(v + 1, v, 7 * sizeof *v);
        v[4] += a;
        v[0] = a + b;
    }
    for (int i = 0; i < 8; i++)
        s->h[i] += v[i];
}

static void sha256_add(struct sha256 *s, const uint8_t *p, size_t n)
{
    size_t have = s->length % 64;
    s->length += n;
    for (; n > 0; have = 0) {
        size_t part = 64 - have < n ? 64 - have : n;
        memcpy(s->block + have, p, part);
        p += part, n -= part;
        if (have + part < 64)
            return;
        sha256_block(s, s->block);
    }
}

static void sha256_end(struct sha256 *s, char hex[65])
{
    uint64_t bits = s->length * 8;
    uint8_t tail[8];
    for (int i = 0; i < 8; i++)
        tail[i] = bits >> (56 - 8 * i);
    sha256_add(s, (const uint8_t *)"\x80", 1);
    while (s->length % 64 != 56)
        sha256_add(s, (const uint8_t *)"", 1);
    sha256_add(s, tail, 8);
    for (int i = 0; i < 8; i++)
        sprintf(hex + 8 * i, "%08x", s->h[i]);
}

// ---- the tree ----

static void put_name(const char *name)
{
    for (const uint8_t *p = (const uint8_t *)name; *p; p++)
        fprintf(out, *p > ' ' && *p < 127 && *p != '\\' ? "%c" : "\\x%02x", *p);
}

// Where SEEK_DATA and SEEK_HOLE say that there is data: from-to, or "!ERRNO".
static void put_data(int fd)
{
    off_t from, to = 0;
    fputs(" data=", out);
    while ((from = lseek(fd, to, SEEK_DATA)) >= to && (to = lseek(fd, from, SEEK_HOLE)) > from)
        fprintf(out, "%lld-%lld,", (long long)from, (long long)to);
    if (from >= 0 || errno != ENXIO)
        fprintf(out, "!%d", from < 0 || to < 0 ? errno : ELOOP);
}

// Where there is data, then the contents' SHA-256, or the first error as "!ERRNO". A read would make data of what is not yet written.
static void put_contents(int dir, const char *name)
{
    static uint8_t buffer[READ_SIZE];
    struct sha256 s = {{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}, {0}, 0};
    char hex[65];
    ssize_t n = -1;
    int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0) {
        put_data(fd);
        lseek(fd, 0, SEEK_SET);
    }
    while (fd >= 0 && (n = read(fd, buffer, sizeof buffer)) > 0)
        sha256_add(&s, buffer, n);
    fputs(" sha256=", out);
    if (n < 0) {
        fprintf(out, "!%d", errno);
    } else {
        sha256_end(&s, hex);
        fputs(hex, out);
    }
    if (fd >= 0)
        close(fd);
}

static void put_target(int dir, const char *name)
{
    char target[65536];
    ssize_t n = readlinkat(dir, name, target, sizeof target - 1);
    if (n < 0) {
        fprintf(out, "!%d", errno);
    } else {
        target[n] = 0;
        put_name(target);
    }
}

static int compare_names(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

// The extended attributes by their names, each NAME:VALUE in hexadecimal.
static void put_attributes(int dir, const char *name)
{
    static char names[65536], value[65536], *sorted[65536 / 2];
    size_t count = 0;
    if (dir != AT_FDCWD && fchdir(dir) < 0)
        abort();
    ssize_t n = llistxattr(name, names, sizeof names);
    if (n < 0 && errno == EOPNOTSUPP)
        return;
    fputs(" xattr=", out);
    if (n < 0)
        fprintf(out, "!%d", errno);
    for (char *p = names; p < names + n; p += strlen(p) + 1)
        sorted[count++] = p;
    qsort(sorted, count, sizeof *sorted, compare_names);
    for (size_t i = 0; i < count; i++) {
        put_name(sorted[i]);
        fputc(':', out);
        ssize_t length = lgetxattr(name, sorted[i], value, sizeof value);
        if (length < 0)
            fprintf(out, "!%d", errno);
        for (ssize_t k = 0; k < length; k++)
            fprintf(out, "%02x", (uint8_t)value[k]);
        fputc(',', out);
    }
}

static void put_time(const char *key, struct statx_timestamp t) { fprintf(out, " %s=%lld.%09u", key, (long long)t.tv_sec, t.tv_nsec); }

// Which other spellings of a name lead to the same file: in capitals, in small letters, with a dot or a version after it.
static void put_spellings(int dir, const char *name, uint64_t ino)
{
    size_t n = strlen(name);
    char upper[n + 1], lower[n + 1], dot[n + 2], version[n + 3];
    struct { char letter; const char *name; } spellings[] = {{'U', upper}, {'L', lower}, {'D', dot}, {'V', version}};
    for (size_t i = 0; i <= n; i++) {
        upper[i] = name[i] >= 'a' && name[i] <= 'z' ? name[i] - 32 : name[i];
        lower[i] = name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i];
    }
    sprintf(dot, "%s.", name);
    sprintf(version, "%s;1", name);
    fputs(" spellings=", out);
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        struct stat st;
        if (strcmp(spellings[i].name, name) && !fstatat(dir, spellings[i].name, &st, AT_SYMLINK_NOFOLLOW) && st.st_ino == ino)
            fputc(spellings[i].letter, out);
    }
}

// Sizes in blocks, then files, as statfs(2) tells them of the root.
static void put_sizes(const char *root)
{
    struct statfs st;
    if (statfs(root, &st) < 0)
        fprintf(out, " statfs=!%d", errno);
    else
        fprintf(out, " statfs=%ld:%llu:%llu:%llu:%llu:%llu:%ld", (long)st.f_bsize, (unsigned long long)st.f_blocks, (unsigned long long)st.f_bfree,
                (unsigned long long)st.f_bavail, (unsigned long long)st.f_files, (unsigned long long)st.f_ffree, (long)st.f_namelen);
}

static void put_directory(int fd, const char *path, int depth);

// An entry by name and by its place in the listing; of what readdir said only what stat should agree with.
static void put_entry(int dir, const char *name, const char *path, const struct dirent *said, unsigned order, int depth)
{
    struct statx st;
    put_name(path);
    if (statx(dir, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_BASIC_STATS | STATX_BTIME, &st) < 0) {
        fprintf(out, " error=%d\n", errno);
        return;
    }
    fprintf(out, " mode=%o uid=%u gid=%u size=%llu nlink=%u blocks=%llu ino=%llu", st.stx_mode, st.stx_uid, st.stx_gid,
            (unsigned long long)st.stx_size, st.stx_nlink, (unsigned long long)st.stx_blocks, (unsigned long long)st.stx_ino);
    if (!said)
        device_of_root = makedev(st.stx_dev_major, st.stx_dev_minor);
    else if (makedev(st.stx_dev_major, st.stx_dev_minor) != device_of_root)
        fprintf(out, " dev=%u,%u", st.stx_dev_major, st.stx_dev_minor);
    put_time("atime", st.stx_atime);
    put_time("mtime", st.stx_mtime);
    put_time("ctime", st.stx_ctime);
    if (st.stx_mask & STATX_BTIME)
        put_time("btime", st.stx_btime);
    put_attributes(dir, name);
    if (said && (said->d_ino != st.stx_ino || (said->d_type != DT_UNKNOWN && said->d_type != (st.stx_mode & S_IFMT) >> 12)))
        fprintf(out, " readdir=ino:%llu,type:%u", (unsigned long long)said->d_ino, said->d_type);
    if (said) {
        put_spellings(dir, name, st.stx_ino);
        fprintf(out, " order=%u", order);
    } else {
        put_sizes(name);
    }
    if (S_ISCHR(st.stx_mode) || S_ISBLK(st.stx_mode))
        fprintf(out, " rdev=%u,%u", st.stx_rdev_major, st.stx_rdev_minor);
    if (S_ISLNK(st.stx_mode)) {
        fputs(" target=", out);
        put_target(dir, name);
    }
    if (S_ISREG(st.stx_mode))
        put_contents(dir, name);
    int fd = -1;
    if (S_ISDIR(st.stx_mode) && depth >= MAX_DEPTH)
        fprintf(out, " list=!%d", ELOOP);
    else if (S_ISDIR(st.stx_mode) && (fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0)
        fprintf(out, " list=!%d", errno);
    fputc('\n', out);
    if (fd >= 0)
        put_directory(fd, path, depth);
}

static void put_directory(int fd, const char *path, int depth)
{
    DIR *d = fdopendir(fd);
    struct dirent *e;
    unsigned order = 0;
    while (errno = 0, (e = readdir(d)) != NULL) {
        char *below;
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
            continue;
        if (asprintf(&below, "%s%s%s", path, path[1] ? "/" : "", e->d_name) < 0)
            abort();
        put_entry(fd, e->d_name, below, e, order++, depth + 1);
        free(below);
    }
    if (errno) {
        int error = errno;
        put_name(path);
        fprintf(out, " list=!%d\n", error);
    }
    closedir(d);
}

void put_tree(FILE *to, const char *root)
{
    out = to;
    put_entry(AT_FDCWD, root, "/", NULL, 0, 0);
}
