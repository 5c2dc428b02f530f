// The init of the guest that Oracles/LinuxGuest boots: it mounts the disks of a question by Linux's own driver and tells what the tree
// holds. Questions come and answers go by the virtio port; the guest powers off when nobody is at its other end any more.
//
// A question is a line of fields with tabs between: the type of file system, its options, the SCSI targets of the disks with commas
// between, then steps, each of which makes a device; the last device made, or the first disk, is what is mounted. In options $N is the N-th
// device. Steps:
//   part=N       the kernel's own partition N of the last device
//   md=1.2       an array of the devices so far, by their metadata of that version
//   dm=TABLE     a device-mapper table, its lines with ";" between; $N is the N-th device so far
//   fill=SCRIPT  what would be mounted is mounted to write to it, for a script of busybox's shell that runs in its root
//   sysrq=c      a crash, for those who want to see what becomes of it
// The answer is lines: "/..." is an entry of the tree, "error ERRNO WHAT" says what did not work, "kernel ..." is of the kernel's log, and
// "end" is the last.
#define _GNU_SOURCE
#include "tree.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/btrfs.h>
#include <linux/dm-ioctl.h>
#include <linux/major.h>
#include <linux/raid/md_u.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_DEVICES = 64, PATIENCE = 60 * 1000 };

static FILE *out;
static char *devices[MOST_DEVICES];
static int device_count, array_count, map_count;

static int fail(const char *what)
{
    fprintf(out, "error %d %s\n", errno, what);
    return -1;
}

// A text that is kept: the guest does not live long enough for so few to matter.
__attribute__((format(printf, 1, 2))) static char *text(const char *format, ...)
{
    char *made;
    va_list arguments;
    va_start(arguments, format);
    if (vasprintf(&made, format, arguments) < 0)
        abort();
    va_end(arguments);
    return made;
}

// ---- the machine ----

static int run(char *const command[])
{
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        execv(command[0], command);
        _exit(127);
    }
    waitpid(child, &status, 0);
    return status;
}

static void modprobe(const char *name) { run((char *[]){"/sbin/modprobe", "-q", (char *)name, NULL}); }

static int write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    int error = fd < 0 || write(fd, text, strlen(text)) < 0;
    close(fd);
    return error ? -1 : 0;
}

// The first name in a directory, or NULL.
static char *first_name(const char *directory)
{
    char *name = NULL;
    DIR *d = opendir(directory);
    for (struct dirent *e; d && !name && (e = readdir(d));)
        if (*e->d_name != '.')
            name = text("%s", e->d_name);
    if (d)
        closedir(d);
    return name;
}

static char *wait_for_name(const char *directory)
{
    char *name;
    for (int ms = 0; !(name = first_name(directory)) && ms < PATIENCE; ms += 2)
        usleep(2000);
    return name;
}

// Opens a device, which is there a moment after its name is.
static int open_device(const char *path, int flags)
{
    int fd;
    for (int ms = 0; (fd = open(path, flags | O_CLOEXEC)) < 0 && (errno == ENOENT || errno == ENXIO) && ms < PATIENCE / 10; ms += 2)
        usleep(2000);
    return fd;
}

static int add_device(char *path)
{
    int fd = open_device(path, O_RDONLY);
    if (fd < 0)
        return fail(path);
    close(fd);
    if (device_count == MOST_DEVICES)
        return errno = EMFILE, fail(path);
    devices[device_count++] = path;
    return 0;
}

// ---- disks ----

static int add_disk(const char *target)
{
    char *directory = text("/sys/class/scsi_device/0:0:%s:0/device/block", target), *name = wait_for_name(directory);
    return name ? add_device(text("/dev/%s", name)) : (errno = ENODEV, fail(directory));
}

// ---- steps ----

static int step_part(const char *number)
{
    const char *disk = devices[device_count - 1], *last = disk + strlen(disk) - 1;
    return add_device(text("%s%s%s", disk, *last >= '0' && *last <= '9' ? "p" : "", number));
}

static int step_md(const char *version)
{
    mdu_array_info_t array = {0};
    int from = device_count;
    if (sscanf(version, "%d.%d", &array.major_version, &array.minor_version) != 2)
        return errno = EINVAL, fail("md");
    modprobe("md_mod");
    write_text("/sys/module/md_mod/parameters/start_ro", "1");
    char *path = text("/dev/md%d", array_count);
    if (mknod(path, S_IFBLK | 0600, makedev(MD_MAJOR, array_count)) < 0 && errno != EEXIST)
        return fail(path);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return fail(path);
    array_count++;
    int error = ioctl(fd, SET_ARRAY_INFO, &array) < 0 ? fail("md: SET_ARRAY_INFO") : 0;
    for (int i = 0; i < from && !error; i++) {
        struct stat st;
        if (stat(devices[i], &st) < 0)
            fail(devices[i]);
        mdu_disk_info_t disk = {.major = major(st.st_rdev), .minor = minor(st.st_rdev)};
        if (ioctl(fd, ADD_NEW_DISK, &disk) < 0)
            fail(devices[i]); // the others may be enough
    }
    if (!error && ioctl(fd, RUN_ARRAY, NULL) < 0)
        error = fail("md: RUN_ARRAY");
    close(fd);
    return error ? error : add_device(path);
}

static int map(unsigned long request, struct dm_ioctl *io, int number, uint32_t flags, uint32_t size)
{
    int fd = open("/dev/mapper/control", O_RDWR | O_CLOEXEC);
    io->version[0] = DM_VERSION_MAJOR;
    io->data_size = size;
    io->data_start = sizeof *io;
    io->flags = flags;
    snprintf(io->name, sizeof io->name, "map%d", number);
    int error = fd < 0 || ioctl(fd, request, io) < 0;
    int why = errno;
    close(fd);
    errno = why;
    return error ? -1 : 0;
}

// Writes a target's parameters with $N replaced; how many bytes, or -1.
static int put_parameters(char *to, size_t size, const char *text)
{
    size_t n = 0;
    while (*text) {
        char *end = (char *)text;
        long device = *text == '$' ? strtol(text + 1, &end, 10) : 0;
        int written;
        if (end > text + 1) {
            if (device < 1 || device > device_count)
                return -1;
            written = snprintf(to + n, size - n, "%s", devices[device - 1]);
            text = end;
        } else {
            written = snprintf(to + n, size - n, "%c", *text++);
        }
        n += written;
        if (n >= size)
            return -1;
    }
    to[n] = 0;
    return n;
}

static int step_dm(char *table)
{
    static union {
        struct dm_ioctl io;
        char bytes[1 << 16];
    } load, other;
    char *line;
    size_t at = sizeof load.io;
    int number = map_count;
    modprobe("dm_mod");
    memset(&load, 0, sizeof load);
    while ((line = strsep(&table, ";"))) {
        struct dm_target_spec *target = (struct dm_target_spec *)(load.bytes + at);
        unsigned long long start, length;
        int parameters = 0;
        if (at + sizeof *target + 8 > sizeof load || sscanf(line, "%llu %llu %15s %n", &start, &length, target->target_type, &parameters) < 3)
            return errno = EINVAL, fail("dm: table");
        target->sector_start = start;
        target->length = length;
        at += sizeof *target;
        int n = put_parameters(load.bytes + at, sizeof load - 8 - at, parameters ? line + parameters : "");
        if (n < 0)
            return errno = EINVAL, fail("dm: table");
        at = (at + n + 8) & ~(size_t)7;
        target->next = load.bytes + at - (char *)target;
        load.io.target_count++;
    }
    memset(&other, 0, sizeof other);
    if (map(DM_DEV_CREATE, &other.io, number, 0, sizeof other.io) < 0)
        return fail("dm: create");
    map_count++;
    char *path = text("/dev/dm-%d", minor(other.io.dev));
    if (map(DM_TABLE_LOAD, &load.io, number, DM_READONLY_FLAG, sizeof load) < 0)
        return fail("dm: load");
    memset(&other, 0, sizeof other);
    if (map(DM_DEV_SUSPEND, &other.io, number, 0, sizeof other.io) < 0) // without DM_SUSPEND_FLAG: resume
        return fail("dm: resume");
    return add_device(path);
}

static int step_fill(char *script, const char *device, const char *type, const char *options)
{
    if (mount(device, "/mnt", type, 0, options) < 0)
        return fail("fill: mount");
    int status = chdir("/mnt") < 0 ? -1 : run((char *[]){"/bin/busybox", "sh", "-ec", script, NULL});
    if (status)
        errno = ECANCELED, fail("fill: script");
    return chdir("/") < 0 || umount("/mnt") < 0 ? fail("fill: umount") : status;
}

static int take_step(char *step, const char *device, const char *type, const char *options)
{
    char *value = strchr(step, '=');
    if (value)
        *value++ = 0;
    return value && !strcmp(step, "part") ? step_part(value)
           : value && !strcmp(step, "fill") ? step_fill(value, device, type, options)
           : value && !strcmp(step, "md") ? step_md(value)
           : value && !strcmp(step, "dm") ? step_dm(value)
           : value && !strcmp(step, "sysrq") ? write_text("/proc/sysrq-trigger", value)
                                             : (errno = EINVAL, fail(step));
}

static void undo_steps(void)
{
    struct dm_ioctl io;
    while (map_count > 0) {
        memset(&io, 0, sizeof io);
        map(DM_DEV_REMOVE, &io, --map_count, 0, sizeof io);
    }
    while (array_count > 0) {
        int fd = open(text("/dev/md%d", --array_count), O_RDONLY | O_CLOEXEC);
        ioctl(fd, STOP_ARRAY, NULL);
        close(fd);
    }
}

// btrfs has to be told of each device.
static void tell_btrfs(unsigned long request)
{
    struct btrfs_ioctl_vol_args args = {0};
    int fd = open("/dev/btrfs-control", O_RDWR | O_CLOEXEC);
    for (int i = 0; fd >= 0 && i < device_count; i++) {
        snprintf(args.name, sizeof args.name, "%s", devices[i]);
        ioctl(fd, request, &args);
    }
    close(fd);
}

// ---- questions ----

static void put_kernel_log(int log)
{
    char line[8192];
    ssize_t n;
    while ((n = read(log, line, sizeof line - 1)) > 0 || (n < 0 && errno == EPIPE)) {
        line[n > 0 ? n : 0] = 0;
        char *text = strchr(line, ';');
        if (text)
            fprintf(out, "kernel %.*s\n", (int)strcspn(text + 1, "\n"), text + 1);
    }
}

static void answer(char *question)
{
    char *type = strsep(&question, "\t"), *options = strsep(&question, "\t"), *targets = strsep(&question, "\t"), *word;
    int error = !targets, log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    lseek(log, 0, SEEK_END);
    device_count = 0;
    while (!error && (word = strsep(&targets, ",")))
        error = add_disk(word);
    static char given[4096];
    if (!error && put_parameters(given, sizeof given, options) < 0)
        error = (errno = EINVAL, fail("options"));
    const char *device = devices[0];
    while (!error && (word = strsep(&question, "\t"))) {
        int before = device_count;
        error = take_step(word, device, type, given);
        device = device_count > before ? devices[device_count - 1] : device;
    }
    if (!error && !strcmp(type, "btrfs")) {
        modprobe("btrfs");
        tell_btrfs(BTRFS_IOC_SCAN_DEV);
    }
    if (!error && mount(device, "/mnt", type, MS_RDONLY, given) < 0)
        error = fail("mount");
    if (!error) {
        put_tree(out, "/mnt");
        if (chdir("/") < 0 || umount("/mnt") < 0)
            fail("umount");
    }
    umount2("/mnt", MNT_DETACH);
    tell_btrfs(BTRFS_IOC_FORGET_DEV);
    undo_steps();
    put_kernel_log(log);
    close(log);
    fprintf(out, "end\n");
    fflush(out);
}

int main(void)
{
    static char question[1 << 16];
    mount("proc", "/proc", "proc", 0, NULL);
    mount("sys", "/sys", "sysfs", 0, NULL);
    mount("dev", "/dev", "devtmpfs", 0, NULL);
    modprobe("virtio_scsi");
    modprobe("sd_mod");
    char *name = wait_for_name("/sys/class/virtio-ports"), *port = text("/dev/%s", name ? name : "");
    int fd = open_device(port, O_RDWR);
    FILE *in = fdopen(fd, "r");
    out = fdopen(fcntl(fd, F_DUPFD_CLOEXEC, 0), "w");
    if (in && out) {
        fprintf(out, "ready\n");
        fflush(out);
        while (fgets(question, sizeof question, in)) {
            question[strcspn(question, "\n")] = 0;
            answer(question);
        }
    }
    reboot(RB_POWER_OFF);
}
