/* SPDX-License-Identifier: MIT */
#ifndef PEN_TEST_UNIT_H
#define PEN_TEST_UNIT_H
/*
 * cmocka, with the headers it wants before it.
 */
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#endif
