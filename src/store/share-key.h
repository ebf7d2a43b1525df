/* SPDX-License-Identifier: MIT */
#ifndef PEN_STORE_SHARE_KEY_H
#define PEN_STORE_SHARE_KEY_H
/* A share's name as a key: NT's upper case. */
#include <penstock/base.h>

#define PEN_SHARE_KEY_SIZE 512

/* PEN_E_NOT_FOUND: too long for a name, or no text at all; nothing is called so. */
int pen_share_key(char key[PEN_SHARE_KEY_SIZE], const char *name);

#endif
