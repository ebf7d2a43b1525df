/* SPDX-License-Identifier: MIT */
#ifndef PEN_WIN32_ERROR_H
#define PEN_WIN32_ERROR_H
/*
 * The thread's last error, and statuses as Win32 errors.
 */
#include <penstock/base.h>

/* What a status becomes is the last error, if it is no success. Whether it was none. */
bool win_set_error(uint32_t status);

#endif
