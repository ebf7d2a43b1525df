/* SPDX-License-Identifier: MIT */
#include "support/secrecy.h"
#include "support/unit.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { MASK = 0x55, REGION_MAX = 1 << 28, NEEDLES_MAX = 8 };

/* A secret as it is looked for: masked, so that it is not found here. */
struct needle {
	const char *name;
	uint8_t masked[64];
	size_t n;
};

static struct needle needles[NEEDLES_MAX];
static size_t n_needles;

void secrecy_begin(void)
{
	n_needles = 0;
}

void secrecy_look_for(const char *name, const void *secret, size_t n)
{
	struct needle *needle = &needles[n_needles++];

	assert_true(n_needles <= NEEDLES_MAX && n <= sizeof(needle->masked));
	needle->name = name;
	needle->n = n;
	for (size_t i = 0; i < n; i++)
		needle->masked[i] = ((const volatile uint8_t *)secret)[i] ^ MASK;
}

__attribute__((no_sanitize("address"))) static bool is_at(const volatile uint8_t *at,
							  const struct needle *needle)
{
	for (size_t i = 0; i < needle->n; i++)
		if ((at[i] ^ MASK) != needle->masked[i])
			return false;
	return true;
}

__attribute__((no_sanitize("address"))) static size_t count_in(const volatile uint8_t *from,
							       const volatile uint8_t *to,
							       const struct needle *needle)
{
	uint8_t first = needle->masked[0] ^ MASK;
	size_t n = 0;

	for (; to - from >= (ptrdiff_t)needle->n; from++)
		if (*from == first && is_at(from, needle)) {
			printf("%s is at %p\n", needle->name, (const void *)from);
			n++;
		}
	return n;
}

/*
 * What OpenSSL's functions leave on the stack is not ours to wipe, and goes with the next
 * calls; here it goes with this one.
 */
__attribute__((noinline)) static void wipe_stack(void)
{
	volatile uint8_t below[65536];

	for (size_t i = 0; i < sizeof(below); i++)
		below[i] = 0;
}

__attribute__((noinline)) static size_t count_needles(void)
{
	FILE *maps = fopen("/proc/self/smaps", "r");
	unsigned long from, to, begin = 0, end = 0;
	char access[8] = "";
	char line[4096];
	size_t n = 0;

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx %7s ", &from, &to, access) == 3) {
			begin = from;
			end = to;
			continue;
		}
		if (strncmp(line, "VmFlags:", 8) || strcmp(access, "rw-p") || strstr(line, " dd") ||
		    end - begin > REGION_MAX)
			continue;
		for (size_t i = 0; i < n_needles; i++)
			n += count_in((const uint8_t *)begin, (const uint8_t *)end, &needles[i]);
	}
	fclose(maps);
	return n;
}

size_t secrecy_count(void)
{
	wipe_stack();
	return count_needles();
}
