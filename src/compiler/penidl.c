/* SPDX-License-Identifier: MIT */
/*
 * penidl: the compiler's command line.
 */
#include <stdio.h>

int main(void)
{
	fputs("penidl: no passes are built in\n", stderr);
	return 1;
}
