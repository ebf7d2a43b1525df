/* SPDX-License-Identifier: MIT */
#include "bench/bench.h"
#include <sched.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

double bench_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void bench_pin(int cpu)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t set;

	CPU_ZERO(&set);
	for (long i = 0; i < n; i++)
		if (cpu < 0 || i == cpu)
			CPU_SET((size_t)i, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

void bench_line(const char *what, double value, const char *unit, double limit, double aim)
{
	printf("%-46s %12.0f %-8s", what, value, unit);
	if (limit > 0)
		printf(" %6.2f of %-10.0f", value / limit, limit);
	if (aim > 0)
		printf(" aim %.2f", aim);
	putchar('\n');
	fflush(stdout);
}
