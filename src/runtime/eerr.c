/* SPDX-License-Identifier: MIT */
#include "runtime/eerr.h"
#include "io/clock.h"
#include "runtime/server.h"
#include <errno.h>
#include <penstock/arena.h>
#include <penstock/status.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- what a server tells ---- */

void pen_computer_name(char *text, size_t n)
{
	if (gethostname(text, n))
		*text = '\0';
	text[n - 1] = '\0';
	text[strcspn(text, ".")] = '\0';
}

static bool is_told(const struct pen_server *server, enum pen_protseq protseq, bool *is_barep)
{
	bool is_local = protseq == PEN_NCALRPC;

	*is_barep = !is_local && server->config.extended_errors == PEN_EERR_TELL_CODES;
	switch (server->config.extended_errors) {
	case PEN_EERR_TELL_NOBODY:
		return false;
	case PEN_EERR_TELL_LOCAL:
		return is_local;
	default:
		return true;
	}
}

/* Records have Win32's codes, which Windows' clients make of a fault. */
static uint32_t status_of(uint32_t fault)
{
	uint32_t error = pen_werror_from_ntstatus(pen_ntstatus_from_fault(fault));

	return fault >> 24 == 0x1c && error != PEN_WERR_MR_MID_NOT_FOUND ? error : fault;
}

void pen_server_tell(const struct pen_server *server, enum pen_protseq protseq,
		     const struct pen_server_failure *failure, size_t max, struct pen_buffer *eerr)
{
	const struct pen_eerr_param sentence = { .kind = PEN_EERR_UNICODE,
						 .text = failure->sentence };
	const struct pen_eerr record = {
		.next = failure->chain,
		.computer = *server->computer ? server->computer : NULL,
		.process_id = (uint32_t)getpid(),
		.time = pen_clock_nt(),
		.component = failure->location == PEN_EERR_AT_OPERATION ? PEN_EERR_APPLICATION
									: PEN_EERR_RUNTIME,
		.status = status_of(failure->status),
		.location = failure->location,
		.n_params = failure->sentence && *failure->sentence,
		.params = &sentence,
	};
	bool is_bare;

	if (is_told(server, protseq, &is_bare))
		pen_eerr_put(&record, is_bare, max, eerr);
}

/* ---- of a call ---- */

const struct pen_eerr *pen_call_eerr(const struct pen_call *call)
{
	return call->eerr;
}

void pen_call_take_eerr(struct pen_call *call, struct pen_slice eerr)
{
	struct pen_ndr_error error = { "" };
	size_t n = strlen(call->error);

	if (eerr.data && pen_eerr_get(&call->eerr, eerr.data, eerr.size, &call->arena, &error))
		snprintf(call->error + n, sizeof(call->error) - n,
			 " (what the server says of it does not read: %s)", error.text);
}

static size_t count(const struct pen_eerr *chain)
{
	size_t n = 0;

	for (; chain && n <= PEN_EERR_RECORDS_MAX; chain = chain->next)
		n++;
	return n;
}

static bool copy_param(struct pen_eerr_param *to, const struct pen_eerr_param *from,
		       struct pen_arena *arena)
{
	*to = *from;
	if (from->text)
		to->text = pen_arena_strdup(arena, from->text);
	if (from->bytes.size)
		to->bytes.data = pen_arena_copy(arena, from->bytes.data, from->bytes.size);
	return (!from->text || to->text) && (!from->bytes.size || to->bytes.data);
}

static bool copy_record(struct pen_eerr *to, const struct pen_eerr *from, struct pen_arena *arena)
{
	struct pen_eerr_param *params =
		pen_arena_array(arena, PEN_EERR_PARAMS_MAX, sizeof(*params));

	*to = *from;
	to->params = params;
	if (from->computer)
		to->computer = pen_arena_strdup(arena, from->computer);
	if (!params || (from->computer && !to->computer))
		return false;
	for (uint32_t i = 0; i < from->n_params; i++)
		if (!copy_param(&params[i], &from->params[i], arena))
			return false;
	if (from->component)
		return true;
	to->component = PEN_EERR_APPLICATION;
	to->process_id = (uint32_t)getpid();
	to->time = pen_clock_nt();
	return true;
}

int pen_call_add_eerr(struct pen_call *call, const struct pen_eerr *chain)
{
	size_t n = count(chain);
	struct pen_eerr *records;

	if (!n)
		return 0;
	if (n + count(call->told) > PEN_EERR_RECORDS_MAX)
		return PEN_E_LIMIT;
	for (const struct pen_eerr *from = chain; from; from = from->next)
		if (from->n_params > PEN_EERR_PARAMS_MAX)
			return PEN_E_LIMIT;
	records = pen_arena_array(&call->arena, n, sizeof(*records));
	if (!records)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++, chain = chain->next) {
		if (!copy_record(&records[i], chain, &call->arena))
			return -ENOMEM;
		records[i].next = i + 1 < n ? &records[i + 1] : call->told;
	}
	call->told = records;
	return 0;
}
