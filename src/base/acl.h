/* SPDX-License-Identifier: MIT */
#ifndef PEN_BASE_ACL_H
#define PEN_BASE_ACL_H
/*
 * Access control lists and their entries as bytes [MS-DTYP 2.4.4, 2.4.5].
 */
#include "base/reader.h"
#include "base/writer.h"
#include <penstock/security.h>

/* Reads the ACL at the reader. PEN_E_BAD_DATA: it is none; -ENOMEM. */
int pen_acl_get(const struct pen_acl **aclp, struct pen_arena *arena, struct pen_reader *r);

/* PEN_E_BAD_DATA: more than 65535 bytes or ACEs. Other failures are the writer's. */
int pen_acl_put(const struct pen_acl *acl, struct pen_writer *w);

/* What an ACE's type says of its layout and its meaning. */
bool pen_ace_is_known(uint8_t type);
bool pen_ace_is_object(uint8_t type);
bool pen_ace_is_callback(uint8_t type);

#endif
