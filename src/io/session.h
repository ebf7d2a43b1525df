/* SPDX-License-Identifier: MIT */
#ifndef PEN_IO_SESSION_H
#define PEN_IO_SESSION_H
/*
 * The session of a process: the kernel's audit session, and 0 where it has none.
 */
#include <stdint.h>
#include <sys/socket.h>

/* A session of whom nothing is known: nobody's. */
#define PEN_SESSION_UNKNOWN UINT32_C(0xfffffffe)

/* This process's. */
uint32_t pen_session_own(void);

/*
 * That of who is at the other end of a unix socket, as pen_socket_peer says; UNKNOWN where it is
 * of another pid namespace, or the kernel too old. -ESRCH: it is gone already; other errnos.
 */
int pen_session_of_peer(int socket, const struct ucred *peer, uint32_t *sessionp);

#endif
