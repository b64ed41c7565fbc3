/* Records, in order, every call by which a process changes files under RELTO_SHIM_ROOT or has them put on the disk.
 *
 * Preloaded into a process (LD_PRELOAD), it carries each call out and appends a record of it to RELTO_SHIM_JOURNAL; the
 * call and its record are under one lock, so that the journal's order is the order of the calls, across threads and
 * processes. `relto_mark` appends what the driver was told. With RELTO_SHIM_LIES set, fsync and fdatasync do nothing and
 * say that they did. What it cannot record (a shared writable mapping, say) it records as such, and the reader refuses.
 *
 * A record: op (u8), flags (u8), 6 unused bytes, inode (u64), offset (i64), the lengths of two strings (u32), the
 * strings; little-endian as the machine is. Files whose name ends in -shm are left out: a power cut takes them whole.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define FDS 4096

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int journal = -1;
static int lies;
static char root[PATH_MAX];
static size_t root_length;
static unsigned char tracked[FDS]; /* 1: a file, 2: a folder */

struct record {
    uint8_t op, flags, unused[6];
    uint64_t inode;
    int64_t offset;
    uint32_t first, second;
};

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void begin(void)
{
    const char *path = getenv("RELTO_SHIM_JOURNAL"), *under = getenv("RELTO_SHIM_ROOT");
    if (!path || !under || !realpath(under, root)) return;
    root_length = strlen(root);
    lies = getenv("RELTO_SHIM_LIES") != NULL;
    int low = (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    journal = fcntl(low, F_DUPFD_CLOEXEC, 1000); /* out of the way of those who close what they find */
    syscall(SYS_close, low);
}

static void lock(void)
{
    pthread_mutex_lock(&mutex);
    while (flock(journal, LOCK_EX) != 0 && errno == EINTR) {
    }
}

static void unlock(void)
{
    int kept = errno;
    flock(journal, LOCK_UN);
    pthread_mutex_unlock(&mutex);
    errno = kept;
}

static void put(uint8_t op, uint8_t flags, uint64_t inode, int64_t offset, const void *first, size_t n, const void *second,
                size_t m)
{
    int kept = errno;
    struct record record = {op, flags, {0}, inode, offset, (uint32_t)n, (uint32_t)m};
    struct iovec parts[3] = {
        {&record, sizeof record}, {(void *)first, n}, {(void *)second, m},
    };
    if (syscall(SYS_writev, journal, parts, 3) != (long)(sizeof record + n + m)) {
        fprintf(stderr, "the journal cannot be written\n");
        _exit(70);
    }
    errno = kept;
}

/* The path as it stands under the root, made absolute; NULL where it is not under it. */
static const char *within(int folder, const char *path, char *whole)
{
    if (journal < 0 || !path) return NULL;
    if (path[0] == '/') {
        snprintf(whole, PATH_MAX, "%s", path);
    } else {
        char base[PATH_MAX], link[64];
        ssize_t n;
        if (folder == AT_FDCWD) {
            if (syscall(SYS_getcwd, base, sizeof base) < 0) return NULL;
        } else {
            snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
            if ((n = readlink(link, base, sizeof base - 1)) < 0) return NULL;
            base[n] = 0;
        }
        if (snprintf(whole, PATH_MAX, "%s/%s", base, path) >= PATH_MAX) return NULL;
    }
    size_t length = strlen(whole);
    if (strncmp(whole, root, root_length) || (whole[root_length] != '/' && whole[root_length] != 0)) return NULL;
    if (length > 4 && !strcmp(whole + length - 4, "-shm")) return NULL;
    return whole;
}

static int is_tracked(int fd)
{
    return journal >= 0 && fd >= 0 && fd < FDS && tracked[fd];
}

static uint64_t inode_of(int fd)
{
    struct stat status;
    return fstat(fd, &status) ? 0 : status.st_ino;
}

/* Opening: C made, O was there; flags 1: cut to nothing, 2: a folder. */
static int open_at(int folder, const char *path, int flags, mode_t mode)
{
    char whole[PATH_MAX];
    const char *under = within(folder, path, whole);
    if (!under) {
        int fd = (int)syscall(SYS_openat, folder, path, flags, mode);
        if (fd >= 0 && fd < FDS) tracked[fd] = 0;
        return fd;
    }
    lock();
    struct stat before, after;
    int there = syscall(SYS_newfstatat, folder, path, &before, 0) == 0;
    int fd = (int)syscall(SYS_openat, folder, path, flags, mode);
    if (fd >= 0) {
        fstat(fd, &after);
        if (fd >= FDS || (flags & __O_TMPFILE) == __O_TMPFILE) put('!', 0, 0, 0, "open", 4, under, strlen(under));
        else tracked[fd] = S_ISDIR(after.st_mode) ? 2 : 1;
        put(there ? 'O' : 'C', (flags & O_TRUNC ? 1 : 0) | (S_ISDIR(after.st_mode) ? 2 : 0), after.st_ino, 0, under,
            strlen(under), NULL, 0);
    }
    unlock();
    return fd;
}

#define OPEN(name)                                                                                                     \
    int name(const char *path, int flags, ...)                                                                         \
    {                                                                                                                  \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0;                                      \
        va_end(rest);                                                                                                  \
        return open_at(AT_FDCWD, path, flags, mode);                                                                   \
    }
OPEN(open)
OPEN(open64)
OPEN(__open_2)
OPEN(__open64_2)

#define OPENAT(name)                                                                                                   \
    int name(int folder, const char *path, int flags, ...)                                                             \
    {                                                                                                                  \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0;                                      \
        va_end(rest);                                                                                                  \
        return open_at(folder, path, flags, mode);                                                                     \
    }
OPENAT(openat)
OPENAT(openat64)

int creat(const char *path, mode_t mode)
{
    return open_at(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

int creat64(const char *path, mode_t mode)
{
    return open_at(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

int close(int fd)
{
    if (fd == journal && fd >= 0) return 0;
    if (is_tracked(fd)) tracked[fd] = 0;
    return (int)syscall(SYS_close, fd);
}

static int keep_track(int from, int to)
{
    if (to >= 0 && to < FDS) tracked[to] = from >= 0 && from < FDS ? tracked[from] : 0;
    return to;
}

int dup(int fd)
{
    return keep_track(fd, (int)syscall(SYS_dup, fd));
}

int dup2(int fd, int to)
{
    return keep_track(fd, REAL(dup2)(fd, to));
}

int dup3(int fd, int to, int flags)
{
    return keep_track(fd, (int)syscall(SYS_dup3, fd, to, flags));
}

/* Writing: W, at the offset where it went; a short write as far as it went. */
static ssize_t write_at(int fd, const void *data, size_t size, off64_t offset, int at)
{
    struct stat status;
    lock();
    if (!at) {
        int append = fcntl(fd, F_GETFL) & O_APPEND;
        offset = append && !fstat(fd, &status) ? status.st_size : lseek64(fd, 0, SEEK_CUR);
    }
    ssize_t n = at ? syscall(SYS_pwrite64, fd, data, size, offset) : syscall(SYS_write, fd, data, size);
    if (n > 0) put('W', 0, inode_of(fd), offset, data, (size_t)n, NULL, 0);
    unlock();
    return n;
}

ssize_t write(int fd, const void *data, size_t size)
{
    return is_tracked(fd) ? write_at(fd, data, size, 0, 0) : syscall(SYS_write, fd, data, size);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset)
{
    return is_tracked(fd) ? write_at(fd, data, size, offset, 1) : syscall(SYS_pwrite64, fd, data, size, offset);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t offset)
{
    return is_tracked(fd) ? write_at(fd, data, size, offset, 1) : syscall(SYS_pwrite64, fd, data, size, offset);
}

static int cut_to(int fd, off64_t size)
{
    if (!is_tracked(fd)) return (int)syscall(SYS_ftruncate, fd, size);
    lock();
    int failed = (int)syscall(SYS_ftruncate, fd, size);
    if (!failed) put('T', 0, inode_of(fd), size, NULL, 0, NULL, 0);
    unlock();
    return failed;
}

int ftruncate(int fd, off_t size)
{
    return cut_to(fd, size);
}

int ftruncate64(int fd, off64_t size)
{
    return cut_to(fd, size);
}

/* Putting on the disk: S, of a file or a folder. The record stands before what follows, so after the call is done. */
static int put_on_disk(int fd, long call)
{
    if (!is_tracked(fd)) return (int)syscall(call, fd);
    lock();
    int failed = lies ? 0 : (int)syscall(call, fd);
    if (!failed && !lies) put('S', tracked[fd] == 2 ? 2 : 0, inode_of(fd), 0, NULL, 0, NULL, 0);
    unlock();
    return failed;
}

int fsync(int fd)
{
    return put_on_disk(fd, SYS_fsync);
}

int fdatasync(int fd)
{
    return put_on_disk(fd, SYS_fdatasync);
}

/* Names: M a folder made, X one removed, U a file removed, R renamed; flags 2: what is renamed is a folder. */
static int named(uint8_t op, int folder, const char *path, long result)
{
    char whole[PATH_MAX];
    const char *under = within(folder, path, whole);
    if (under && result == 0) put(op, 0, 0, 0, under, strlen(under), NULL, 0);
    return (int)result;
}

#define NAMED(op, folder, path, call)                                                                                  \
    char whole_[PATH_MAX];                                                                                             \
    if (!within(folder, path, whole_)) return (int)(call);                                                             \
    lock();                                                                                                            \
    int result_ = named(op, folder, path, call);                                                                    \
    unlock();                                                                                                          \
    return result_;

int unlink(const char *path)
{
    NAMED('U', AT_FDCWD, path, syscall(SYS_unlinkat, AT_FDCWD, path, 0))
}

int unlinkat(int folder, const char *path, int flags)
{
    NAMED(flags & AT_REMOVEDIR ? 'X' : 'U', folder, path, syscall(SYS_unlinkat, folder, path, flags))
}

int rmdir(const char *path)
{
    NAMED('X', AT_FDCWD, path, syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR))
}

int mkdir(const char *path, mode_t mode)
{
    NAMED('M', AT_FDCWD, path, syscall(SYS_mkdirat, AT_FDCWD, path, mode))
}

int mkdirat(int folder, const char *path, mode_t mode)
{
    NAMED('M', folder, path, syscall(SYS_mkdirat, folder, path, mode))
}

int renameat(int from, const char *old, int to, const char *new)
{
    char first[PATH_MAX], second[PATH_MAX];
    const char *one = within(from, old, first), *other = within(to, new, second);
    if (!one && !other) return (int)syscall(SYS_renameat2, from, old, to, new, 0);
    lock();
    int failed = (int)syscall(SYS_renameat2, from, old, to, new, 0);
    struct stat status;
    if (!failed && (!one || !other)) put('!', 0, 0, 0, "rename", 6, old, strlen(old));
    else if (!failed && !stat(other, &status))
        put('R', S_ISDIR(status.st_mode) ? 2 : 0, status.st_ino, 0, one, strlen(one), other, strlen(other));
    unlock();
    return failed;
}

int rename(const char *old, const char *new)
{
    return renameat(AT_FDCWD, old, AT_FDCWD, new);
}

/* What the journal cannot tell: refused by its reader, as a record of its own. */
#define UNTOLD(fd, name, call)                                                                                         \
    if (is_tracked(fd)) {                                                                                              \
        lock();                                                                                                        \
        put('!', 0, 0, 0, name, strlen(name), NULL, 0);                                                                \
        unlock();                                                                                                      \
    }                                                                                                                  \
    return call;

ssize_t writev(int fd, const struct iovec *parts, int n)
{
    UNTOLD(fd, "writev", syscall(SYS_writev, fd, parts, n))
}

ssize_t pwritev(int fd, const struct iovec *parts, int n, off_t offset)
{
    UNTOLD(fd, "pwritev", REAL(pwritev)(fd, parts, n, offset))
}

int fallocate(int fd, int mode, off_t offset, off_t size)
{
    UNTOLD(fd, "fallocate", (int)syscall(SYS_fallocate, fd, mode, offset, size))
}

int posix_fallocate(int fd, off_t offset, off_t size)
{
    UNTOLD(fd, "posix_fallocate", REAL(posix_fallocate)(fd, offset, size))
}

ssize_t sendfile(int to, int from, off_t *offset, size_t size)
{
    UNTOLD(to, "sendfile", syscall(SYS_sendfile, to, from, offset, size))
}

ssize_t sendfile64(int to, int from, off64_t *offset, size_t size)
{
    UNTOLD(to, "sendfile", syscall(SYS_sendfile, to, from, offset, size))
}

ssize_t copy_file_range(int from, off64_t *a, int to, off64_t *b, size_t size, unsigned flags)
{
    UNTOLD(to, "copy_file_range", syscall(SYS_copy_file_range, from, a, to, b, size, flags))
}

void *mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
    int told = fd >= 0 && (protection & PROT_WRITE) && (flags & MAP_SHARED);
    UNTOLD(told ? fd : -1, "mmap", (void *)syscall(SYS_mmap, address, size, protection, flags, fd, offset))
}

void *mmap64(void *address, size_t size, int protection, int flags, int fd, off64_t offset)
{
    return mmap(address, size, protection, flags, fd, offset);
}

int link(const char *old, const char *new)
{
    char whole[PATH_MAX];
    if (within(AT_FDCWD, new, whole)) {
        lock();
        put('!', 0, 0, 0, "link", 4, new, strlen(new));
        unlock();
    }
    return (int)syscall(SYS_linkat, AT_FDCWD, old, AT_FDCWD, new, 0);
}

/* What the driver was told, at this point of the order; 0 where no journal is kept. */
int relto_mark(const void *data, size_t size)
{
    if (journal < 0) return 0;
    lock();
    put('A', 0, 0, 0, data, size, NULL, 0);
    unlock();
    return 1;
}
