/* SPDX-License-Identifier: MIT */
#ifndef PEN_IO_NOTIFY_H
#define PEN_IO_NOTIFY_H
/*
 * Telling the service manager that has started this process how it is, as sd_notify(3) describes
 * it: lines such as READY=1, to the socket that NOTIFY_SOCKET names.
 */

/*
 * 0: it was told, or nobody wants to know. -EAFNOSUPPORT: a socket of a kind that is not known
 * here; other negative errnos.
 */
int pen_notify(const char *lines);

#endif
