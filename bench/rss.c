/* Run one command and report what it cost; or measure what first-touched memory costs here.
 *
 *   rss [-pretouch MIB] [-limit SECONDS] -out FILE COMMAND ARGUMENT...
 *       runs COMMAND in a process group of its own and writes one line to FILE:
 *       wall seconds, user seconds, system seconds, peak resident KiB, status
 *       (all separated by tabs). The status is the exit code, 128 + signal, or "limit" when
 *       the time ran out; the group is then interrupted, and killed three seconds later.
 *       With -pretouch, that much memory is touched and given back first, outside the clock.
 *   rss -touch MIB
 *       writes seconds per GiB for touching fresh memory, then for touching it again in a new mapping.
 *
 * Peak resident memory is ru_maxrss of wait4: the largest single process among COMMAND and
 * the descendants it waited for, not their sum. For processes that share one table (Spin's
 * BFS_PAR) the largest one counts the shared pages once, which is what we want.
 */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile pid_t child;
static volatile sig_atomic_t out_of_time;
static volatile sig_atomic_t interrupted;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void on_alarm(int sig) {
    (void)sig;
    kill(-child, out_of_time ? SIGKILL : SIGINT);
    out_of_time = 1;
    alarm(3);
}

/* The group no longer hears the terminal: pass on what we hear. */
static void on_signal(int sig) {
    interrupted = sig;
    kill(-child, SIGKILL);
}

static double seconds(struct timeval t) { return (double)t.tv_sec + (double)t.tv_usec * 1e-6; }

static double touch_once(size_t bytes) {
    double start = now();
    volatile char *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) return -1;
    for (size_t i = 0; i < bytes; i += 4096) p[i] = 1;
    double t = now() - start;
    munmap((void *)p, bytes);
    return t;
}

static int touch(unsigned long mib) {
    size_t bytes = (size_t)mib << 20;
    double first = touch_once(bytes), again = touch_once(bytes), gib = (double)mib / 1024;
    if (first < 0 || again < 0) {
        perror("rss: mmap");
        return 1;
    }
    printf("%.2f\t%.2f\n", first / gib, again / gib);
    return 0;
}

static int measure(char **command, unsigned limit, const char *out_path) {
    struct sigaction alarmed = {.sa_handler = on_alarm}, stopped = {.sa_handler = on_signal};
    double start = now();
    pid_t pid = fork();
    if (pid < 0) {
        perror("rss: fork");
        return 1;
    }
    if (pid == 0) {
        setpgid(0, 0);
        execvp(command[0], command);
        fprintf(stderr, "rss: %s: %s\n", command[0], strerror(errno));
        _exit(127);
    }
    setpgid(pid, pid); /* both sides set it: whoever comes first */
    child = pid;
    sigaction(SIGALRM, &alarmed, NULL);
    sigaction(SIGINT, &stopped, NULL);
    sigaction(SIGTERM, &stopped, NULL);
    sigaction(SIGHUP, &stopped, NULL);
    if (limit) alarm(limit);

    int status;
    struct rusage usage;
    while (wait4(pid, &status, 0, &usage) < 0)
        if (errno != EINTR) {
            perror("rss: wait4");
            return 1;
        }
    double wall = now() - start;
    alarm(0);
    if (out_of_time) kill(-pid, SIGKILL); /* descendants that outlived the leader */

    FILE *out = fopen(out_path, "w");
    if (!out) {
        perror(out_path);
        return 1;
    }
    fprintf(out, "%.3f\t%.3f\t%.3f\t%ld\t", wall, seconds(usage.ru_utime), seconds(usage.ru_stime), usage.ru_maxrss);
    if (out_of_time) fprintf(out, "limit\n");
    else fprintf(out, "%d\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    if (fclose(out)) {
        perror(out_path);
        return 1;
    }
    return interrupted ? 128 + interrupted : 0;
}

int main(int argc, char **argv) {
    unsigned limit = 0;
    unsigned long pretouch = 0;
    const char *out_path = NULL;
    int i = 1;
    for (; i + 1 < argc && argv[i][0] == '-'; i += 2) {
        if (!strcmp(argv[i], "-touch")) return touch(strtoul(argv[i + 1], NULL, 10));
        if (!strcmp(argv[i], "-limit")) limit = (unsigned)strtoul(argv[i + 1], NULL, 10);
        else if (!strcmp(argv[i], "-pretouch")) pretouch = strtoul(argv[i + 1], NULL, 10);
        else if (!strcmp(argv[i], "-out")) out_path = argv[i + 1];
        else break;
    }
    if (!out_path || i >= argc || argv[i][0] == '-') {
        fprintf(stderr,
                "usage: rss [-pretouch MIB] [-limit SECONDS] -out FILE COMMAND ARGUMENT...\n       rss -touch MIB\n");
        return 2;
    }
    if (pretouch) touch_once((size_t)pretouch << 20); /* no memory to warm is no error */
    return measure(argv + i, limit, out_path);
}
