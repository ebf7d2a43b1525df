/* SPDX-License-Identifier: MIT */
#ifndef PEN_NDR_DERIVE_H
#define PEN_NDR_DERIVE_H
/*
 * What follows from a type's parts: alignment, least size and block form in each
 * transfer syntax. The compiler asks for it, so that nobody writes it by hand.
 */
#include <penstock/ndr.h>

/*
 * Fills in wire[] and is_conformant. All that the type holds in place (its fields'
 * types, its element) must be derived already; what it points to need not be.
 */
void pen_type_derive(struct pen_type *type);

/* Fills in n_run of the fields of a struct; their types must be derived. */
void pen_fields_derive(struct pen_field *fields, uint32_t n_fields);

#endif
