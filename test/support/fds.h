/* SPDX-License-Identifier: MIT */
#ifndef PEN_TEST_FDS_H
#define PEN_TEST_FDS_H

/*
 * How many descriptors this process has open; to be held against another such count. What is being
 * closed in other threads is awaited.
 */
unsigned pen_count_fds(void);

#endif
