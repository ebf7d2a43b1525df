/* SPDX-License-Identifier: MIT */
/*
 * The main of programs that have a wmain. A program that has a main of its own never meets it.
 */
#include "win32/text.h"

#include <stdlib.h>

/* The program's; NULL: it has none. */
int wmain(int argc, WCHAR *argv[], WCHAR *envp[]) __attribute__((weak));
int main(int argc, char *argv[]);

int main(int argc, char *argv[])
{
	static WCHAR *no_environment[1];
	static WCHAR **units; /* for as long as the process lives */

	units = calloc(argc + 1, sizeof(*units));
	if (!units || !wmain)
		return 127;
	for (int i = 0; i < argc; i++) {
		units[i] = win_units(argv[i], NULL);
		if (!units[i])
			return 127;
	}
	return wmain(argc, units, no_environment);
}
