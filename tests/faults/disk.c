/* A disk that fails on purpose, and a clock that is wrong: preloaded into the server under test.
 *
 * While the file that FAULT_PLAN names exists, the writes and syncs of files whose path contains FAULT_FILE are counted.
 * The plan is one line, "ID K ACTION":
 *   fail:ERRNO    the K-th fails with this number
 *   fill:ERRNO    the K-th and every later one fail with it
 *   kill          the process dies just before the K-th
 * A new ID begins a new count. Whatever the plan did is told by the file FAULT_PLAN.hit.
 *
 * FAULT_CLOCK_SECONDS is added to the time of day; the monotonic clock is let be.
 *
 * C, because replacing libc's functions is what C is for: the Rust of this workspace forbids `unsafe`. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char last_id[64];
static long count;

static int is_watched(int fd) {
  char link[64], path[4096];
  const char *wanted = getenv("FAULT_FILE");
  if (!wanted) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length <= 0) return 0;
  path[length] = 0;
  return strstr(path, wanted) != NULL;
}

static void tell_hit(const char *plan) {
  char path[4096];
  snprintf(path, sizeof path, "%s.hit", plan);
  int fd = syscall(SYS_openat, AT_FDCWD, path, O_CREAT | O_WRONLY, 0600);
  if (fd >= 0) close(fd);
}

/* 0 to go on, otherwise the error to fail with. */
static int verdict(int fd) {
  char line[128], id[64], action[64];
  long k;
  const char *plan = getenv("FAULT_PLAN");
  if (!plan || !is_watched(fd)) return 0;
  int file = syscall(SYS_openat, AT_FDCWD, plan, O_RDONLY, 0);
  if (file < 0) return 0;
  ssize_t length = read(file, line, sizeof line - 1);
  close(file);
  if (length <= 0) return 0;
  line[length] = 0;
  if (sscanf(line, "%63s %ld %63s", id, &k, action) != 3) return 0;

  pthread_mutex_lock(&lock);
  if (strcmp(id, last_id)) {
    strcpy(last_id, id);
    count = 0;
  }
  long now = ++count;
  pthread_mutex_unlock(&lock);

  int fills = !strncmp(action, "fill:", 5);
  if (now != k && !(fills && now > k)) return 0;
  tell_hit(plan);
  if (!strcmp(action, "kill")) kill(getpid(), SIGKILL);
  return atoi(action + 5);
}

#define FAIL_OR(fd, call)         \
  do {                            \
    int error = verdict(fd);      \
    if (error) {                  \
      errno = error;              \
      return -1;                  \
    }                             \
    return call;                  \
  } while (0)

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at) {
  FAIL_OR(fd, syscall(SYS_pwrite64, fd, bytes, length, at));
}
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) {
  FAIL_OR(fd, syscall(SYS_pwrite64, fd, bytes, length, at));
}
ssize_t write(int fd, const void *bytes, size_t length) {
  FAIL_OR(fd, syscall(SYS_write, fd, bytes, length));
}
int fsync(int fd) { FAIL_OR(fd, syscall(SYS_fsync, fd)); }
int fdatasync(int fd) { FAIL_OR(fd, syscall(SYS_fdatasync, fd)); }
int ftruncate64(int fd, off64_t length) { FAIL_OR(fd, syscall(SYS_ftruncate, fd, length)); }
int ftruncate(int fd, off_t length) { FAIL_OR(fd, syscall(SYS_ftruncate, fd, length)); }

int clock_gettime(clockid_t clock, struct timespec *time) {
  int outcome = syscall(SYS_clock_gettime, clock, time);
  const char *seconds = getenv("FAULT_CLOCK_SECONDS");
  if (!outcome && clock == CLOCK_REALTIME && seconds) time->tv_sec += atol(seconds);
  return outcome;
}
