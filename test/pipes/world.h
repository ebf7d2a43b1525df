/* SPDX-License-Identifier: MIT */
#ifndef PEN_TEST_PIPES_WORLD_H
#define PEN_TEST_PIPES_WORLD_H
/*
 * The world in which the rows are tested: an object manager of its own, and servers and clients in
 * this process, or the clients in another, which does each call as it is told. The tests are the
 * same. Each test has a pipe name of its own, and begins with nothing.
 *
 * Rows are those of docs/pipes.md. What fails, fails the test.
 */
#include "pipes/site.h"
#include "support/unit.h"
#include <penstock/status-codes.h>

/* Ends; the odd ones are clients', and live where those do. */
enum { SRV, CLI, SRV2, CLI2, SRV3, CLI3 };

enum { LONG_MS = 20000, SHORT_MS = 30, QUOTA = 4096 };

#define BYTES	 false
#define MESSAGES true

/* For cmocka's groups and tests. */
int world_begin(void **state);
int world_end(void **state);
int row_begin(void **state);
int row_end(void **state);
#define ROW(test) cmocka_unit_test_setup_teardown(test, row_begin, row_end)

extern bool world_is_two; /* processes */

/* The name of this test's pipe, and one of a suffix. */
const char *pipe_name(void);
const char *pipe_name_of(const char *suffix);

/* A call done where the end lives. */
void site_of(unsigned end, struct site_call *call);
struct site_call *ask(enum site_verb verb, unsigned end); /* valid until the next ask */

/* ---- the beginning and the end ---- */

/* Both directions of that quota. */
struct pen_pipe_config config_of(bool is_message, uint32_t quota);

/* Statuses. */
uint32_t create(unsigned end, const char *name, const struct pen_pipe_config *config);
uint32_t create_secured(unsigned end, const char *name, const struct pen_pipe_config *config,
			const char *sddl);
uint32_t open_end(unsigned end, const char *name, uint32_t access);

void make(unsigned end, bool is_message, uint32_t quota);
void made(unsigned end, const struct pen_pipe_config *config);
void opened(unsigned end);

/* SRV and CLI; on a message pipe both read messages. */
void connected(bool is_message, uint32_t quota);
void connected_as(const struct pen_pipe_config *config, uint32_t access);
void closed(unsigned end);
void disconnected(unsigned end);

/* The process of the clients is killed; and until this end knows it. */
void clients_killed(void);
void closes_soon(unsigned end);
/* Until nothing is to be read there. */
void emptied_soon(unsigned end);
void set_modes(unsigned end, uint32_t read_mode, uint32_t completion_mode);

/* ---- data ---- */

/* Done at once. */
void put(unsigned end, const char *text);
void put_n(unsigned end, uint32_t n);
void get(unsigned end, uint32_t size, const char *text);
/* Of one read, whether it waits or not. */
void get_later(unsigned end, const char *text);
void get_part(unsigned end, uint32_t size, const char *text);
/* Refused at once, or done with that many bytes. */
void refused(enum site_verb verb, unsigned end, uint32_t status);
void put_some(unsigned end, const char *text, uint32_t n);

/* Started, and waits: its number. */
unsigned start(enum site_verb verb, unsigned end, const char *text, uint32_t size);
unsigned start_read(unsigned end, uint32_t size);
unsigned start_write(unsigned end, const char *text);
void still_waits(unsigned op);
void ends(unsigned op, uint32_t status, uint32_t information);
void ends_with(unsigned op, uint32_t status, const char *text);
void cancelled(unsigned op);

/* What a look shows. */
void seen(unsigned end, uint32_t size, uint32_t status, const char *text, uint32_t available,
	  uint32_t message_size, uint32_t n_messages);

/* A wait for the pipe's name, which is an operation. */
unsigned start_wait_name(unsigned end, int wait_ms);
unsigned start_call(unsigned end, const char *question, uint32_t size);

/* ---- */

void expect_status(uint32_t status, uint32_t expected, const char *what, const char *file,
		   int line);
#define expect(call, expected) expect_status(call, expected, #call, __FILE__, __LINE__)

extern const struct CMUnitTest rows_create[], rows_life[], rows_data[], rows_state[];
extern const size_t n_rows_create, n_rows_life, n_rows_data, n_rows_state;

#endif
