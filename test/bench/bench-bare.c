/* SPDX-License-Identifier: MIT */
#include "bench/bench-bare.h"
#include "bench/bench.h"
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Bytes pass through a buffer of the size a program would use. */
enum { CHUNK = 65536 };

static bool read_all(int fd, size_t n)
{
	static char buffer[CHUNK];

	while (n > 0) {
		ssize_t got = read(fd, buffer, n < CHUNK ? n : CHUNK);

		if (got <= 0)
			return false;
		n -= (size_t)got;
	}
	return true;
}

static bool write_all(int fd, size_t n)
{
	static const char buffer[CHUNK];

	while (n > 0) {
		ssize_t put = write(fd, buffer, n < CHUNK ? n : CHUNK);

		if (put <= 0)
			return false;
		n -= (size_t)put;
	}
	return true;
}

double bench_bare_ping_pong(size_t n_out, size_t n_back, double seconds)
{
	double start = bench_now();
	size_t rounds = 0;
	int fds[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
		return 0;
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		while (read_all(fds[1], n_out) && write_all(fds[1], n_back))
			;
		_exit(0);
	}
	close(fds[1]);
	while (bench_now() - start < seconds && write_all(fds[0], n_out) &&
	       read_all(fds[0], n_back))
		rounds++;
	close(fds[0]);
	waitpid(pid, NULL, 0);
	return (double)rounds / (bench_now() - start);
}
