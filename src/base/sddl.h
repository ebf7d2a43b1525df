/* SPDX-License-Identifier: MIT */
#ifndef PEN_BASE_SDDL_H
#define PEN_BASE_SDDL_H
/*
 * The words of SDDL [MS-DTYP 2.5.1.1] that parser and printer share.
 */
#include <penstock/security.h>

struct pen_sddl_word {
	char word[3];
	uint32_t value;
};

/* ACE types; those it names and we do not take are in no table. */
extern const struct pen_sddl_word pen_sddl_types[];
extern const size_t pen_sddl_n_types;

/* ACE flags, one bit each. */
extern const struct pen_sddl_word pen_sddl_flags[];
extern const size_t pen_sddl_n_flags;

/* Rights: whole masks that have a word, then one bit each in rising order. */
extern const struct pen_sddl_word pen_sddl_masks[];
extern const size_t pen_sddl_n_masks;
extern const struct pen_sddl_word pen_sddl_rights[];
extern const size_t pen_sddl_n_rights;

/* The same bits in a mandatory label, where they mean something else. */
extern const struct pen_sddl_word pen_sddl_label_rights[];
extern const size_t pen_sddl_n_label_rights;

#endif
