/* SPDX-License-Identifier: MIT */
#include <penstock/win32.h>
