/* A library for LD_PRELOAD that lets system calls which change a directory fail.
 *
 * It does nothing before `fail_calls` is called. From then on it counts the calls that write below a directory, and the
 * Nth one fails with the given error; with `again`, so do all calls behind it that may fail with this error.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static char root[PATH_MAX];
static char only[64];
static long number, count;
static int error, again, log_file = -1;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

/* Begins to count. `nth` is 0 to let nothing fail; `name` restricts the calls to those of this name, "" to none.
 * `log` receives a line for each call. */
void fail_calls(const char *directory, const char *name, long nth, int code, int all_behind, const char *log)
{
    log_file = *log ? open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666) : -1;
    snprintf(only, sizeof only, "%s", name);
    number = nth;
    error = code;
    again = all_behind;
    count = 0;
    snprintf(root, sizeof root, "%s", directory);
}

static int below(const char *path)
{
    size_t length = strlen(root);
    return strncmp(path, root, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

static int path_of(int directory, const char *name, char *path)
{
    char link[64];
    ssize_t length;
    if (name && name[0] == '/') {
        snprintf(path, PATH_MAX, "%s", name);
        return 1;
    }
    if (directory == AT_FDCWD)
        snprintf(link, sizeof link, "/proc/self/cwd");
    else
        snprintf(link, sizeof link, "/proc/self/fd/%d", directory);
    length = readlink(link, path, PATH_MAX - 1);
    if (length <= 0)
        return 0;
    path[length] = '\0';
    if (name && strlen(path) + strlen(name) + 2 < PATH_MAX) {
        strcat(path, "/");
        strcat(path, name);
    }
    return 1;
}

/* Whether this call fails; then errno is set. */
static int fails(const char *call, int directory, const char *name)
{
    char path[PATH_MAX];
    int failed = 0, before = errno;
    if (!root[0])
        return 0;
    if (!path_of(directory, name, path) || !below(path)) {
        errno = before;
        return 0;
    }
    pthread_mutex_lock(&mutex);
    if (!only[0] || strcmp(only, call) == 0) {
        count++;
        failed = number && (count == number || (again && count > number));
        if (log_file >= 0)
            dprintf(log_file, "%ld %s %s%s\n", count, call, path, failed ? " FAILED" : "");
    }
    pthread_mutex_unlock(&mutex);
    errno = failed ? error : before;
    return failed;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define OF_FILE(result, name, parameters, arguments)                                                                   \
    result name parameters { return fails(#name, file, NULL) ? -1 : NEXT(name) arguments; }
#define OF_PATH(result, name, parameters, arguments, directory, path)                                                  \
    result name parameters { return fails(#name, directory, path) ? -1 : NEXT(name) arguments; }
#define WRITES(flags) (((flags) & O_ACCMODE) != O_RDONLY || ((flags) & (O_CREAT | O_TRUNC)))
#define OPENS(name)                                                                                                    \
    int name(const char *path, int flags, ...)                                                                         \
    {                                                                                                                  \
        va_list rest;                                                                                                  \
        mode_t mode;                                                                                                   \
        va_start(rest, flags);                                                                                         \
        mode = va_arg(rest, mode_t);                                                                                   \
        va_end(rest);                                                                                                  \
        return WRITES(flags) && fails("open", AT_FDCWD, path) ? -1 : NEXT(name)(path, flags, mode);                    \
    }
#define OPENS_AT(name)                                                                                                 \
    int name(int directory, const char *path, int flags, ...)                                                          \
    {                                                                                                                  \
        va_list rest;                                                                                                  \
        mode_t mode;                                                                                                   \
        va_start(rest, flags);                                                                                         \
        mode = va_arg(rest, mode_t);                                                                                   \
        va_end(rest);                                                                                                  \
        return WRITES(flags) && fails("open", directory, path) ? -1 : NEXT(name)(directory, path, flags, mode);        \
    }

OPENS(open)
OPENS(open64)
OPENS_AT(openat)
OPENS_AT(openat64)
OF_FILE(ssize_t, write, (int file, const void *data, size_t size), (file, data, size))
OF_FILE(ssize_t, pwrite, (int file, const void *data, size_t size, off_t offset), (file, data, size, offset))
OF_FILE(ssize_t, pwrite64, (int file, const void *data, size_t size, off64_t offset), (file, data, size, offset))
OF_FILE(int, fsync, (int file), (file))
OF_FILE(int, fdatasync, (int file), (file))
OF_FILE(int, ftruncate, (int file, off_t size), (file, size))
OF_FILE(int, ftruncate64, (int file, off64_t size), (file, size))

int flock(int file, int operation)
{
    if (operation != LOCK_UN && fails("lock", file, NULL))
        /* Without an error the call has no effect, as on some network file systems. */
        return error ? -1 : 0;
    return NEXT(flock)(file, operation);
}

#define LOCKS(name)                                                                                                    \
    int name(int file, int command, ...)                                                                               \
    {                                                                                                                  \
        va_list rest;                                                                                                  \
        void *argument;                                                                                                \
        va_start(rest, command);                                                                                       \
        argument = va_arg(rest, void *);                                                                               \
        va_end(rest);                                                                                                  \
        if ((command == F_SETLK || command == F_SETLKW) && ((struct flock *)argument)->l_type != F_UNLCK)              \
            if (fails("lock", file, NULL))                                                                             \
                return -1;                                                                                             \
        return NEXT(name)(file, command, argument);                                                                    \
    }
LOCKS(fcntl)
LOCKS(fcntl64)

OF_PATH(int, mkdir, (const char *path, mode_t mode), (path, mode), AT_FDCWD, path)
OF_PATH(int, mkdirat, (int directory, const char *path, mode_t mode), (directory, path, mode), directory, path)
OF_PATH(int, unlink, (const char *path), (path), AT_FDCWD, path)
OF_PATH(int, unlinkat, (int directory, const char *path, int flags), (directory, path, flags), directory, path)
OF_PATH(int, rmdir, (const char *path), (path), AT_FDCWD, path)
OF_PATH(int, rename, (const char *path, const char *target), (path, target), AT_FDCWD, path)
OF_PATH(int, renameat, (int from, const char *path, int to, const char *target), (from, path, to, target), from, path)
