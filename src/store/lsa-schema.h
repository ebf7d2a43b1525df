/* SPDX-License-Identifier: MIT */
#ifndef PEN_STORE_LSA_SCHEMA_H
#define PEN_STORE_LSA_SCHEMA_H
/*
 * LSA's tables, and the rights that a fresh Windows server has: a step of the accounts'
 * schema, which therefore never changes.
 */
extern const char pen_lsa_schema[];

#endif
