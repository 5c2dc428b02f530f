// Stands in front of the C library for the calls that take replies to the kernel, and has them fail as a script says: a byte for each call.
// Only the thread that began a script is concerned. gcc -shared -fPIC -o libfaults.so faults.c; everything else is found in the C library.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static __thread const unsigned char *script;
static __thread int left, device, injected;

static const int errors[] = { EAGAIN, EINTR, EPIPE, ENOMEM, ENODEV, EINVAL, EIO, EFAULT };

// Begins a script. DEVICE stands for /dev/fuse: it takes whole messages.
void faults_begin(const unsigned char *bytes, int count, int to)
{
    script = bytes;
    left = count;
    device = to;
    injected = 0;
}

// Ends it, and says how many calls have failed or fallen short.
int faults_end(void)
{
    script = NULL;
    return injected;
}

// 0 for nothing, an error number, or less than 0: so many eighths of the bytes.
static int next_fault(void)
{
    if (script == NULL || left == 0) {
        return 0;
    }

    unsigned char word = *script++;
    left--;
    if (word < 0x80) {
        return 0;
    }

    injected++;
    return word & 8 ? -(1 + (word & 7)) : errors[word & 7];
}

static size_t part_of(size_t length, int fault)
{
    size_t part = fault < 0 ? length / 8 * (size_t)-fault : length;
    return part == 0 && length > 0 ? 1 : part;
}

static int fails(int fault)
{
    if (fault > 0) {
        errno = fault;
    }

    return fault > 0;
}

ssize_t splice(int in, off64_t *in_offset, int out, off64_t *out_offset, size_t length, unsigned flags)
{
    int fault = next_fault();
    if (fails(fault)) {
        return -1;
    }

    // A message in part is none: it has left the pipe, and reached nobody.
    if (fault < 0 && out == device && part_of(length, fault) < length) {
        static __thread char nowhere[4096];
        size_t part = part_of(length, fault), gone = 0;
        while (gone < part) {
            ssize_t count = read(in, nowhere, part - gone < sizeof nowhere ? part - gone : sizeof nowhere);
            if (count <= 0) {
                break;
            }

            gone += (size_t)count;
        }

        return (ssize_t)gone;
    }

    return syscall(SYS_splice, in, in_offset, out, out_offset, part_of(length, fault), flags);
}

ssize_t vmsplice(int pipe, const struct iovec *pieces, size_t count, unsigned flags)
{
    int fault = next_fault();
    if (fails(fault)) {
        return -1;
    }

    struct iovec first = *pieces;
    first.iov_len = part_of(first.iov_len, fault);
    return fault < 0 ? syscall(SYS_vmsplice, pipe, &first, 1, flags) : syscall(SYS_vmsplice, pipe, pieces, count, flags);
}

ssize_t writev(int to, const struct iovec *pieces, int count)
{
    return fails(next_fault()) ? -1 : syscall(SYS_writev, to, pieces, count);
}

ssize_t write(int to, const void *bytes, size_t length)
{
    int fault = next_fault();
    return fails(fault) ? -1 : syscall(SYS_write, to, bytes, to == device ? length : part_of(length, fault));
}

ssize_t pread(int from, void *bytes, size_t length, off_t offset)
{
    int fault = next_fault();
    return fails(fault) ? -1 : syscall(SYS_pread64, from, bytes, part_of(length, fault), offset);
}

ssize_t pread64(int from, void *bytes, size_t length, off64_t offset)
{
    return pread(from, bytes, length, offset);
}
