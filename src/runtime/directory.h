/* SPDX-License-Identifier: MIT */
#ifndef PEN_RUNTIME_DIRECTORY_H
#define PEN_RUNTIME_DIRECTORY_H
/*
 * Where the sockets of ncalrpc are, for clients and servers alike.
 */

/*
 * A copy of the directory given, or, for NULL, of $PENSTOCK_NCALRPC_DIR, or the
 * system's: /run/penstock/ncalrpc for root, penstock/ncalrpc in $XDG_RUNTIME_DIR
 * for others, or in /tmp/penstock-UID, if that is the user's own. -ENOENT: none of them is known;
 * -ENOMEM.
 */
int pen_ncalrpc_directory(char **directoryp, const char *given);

#endif
