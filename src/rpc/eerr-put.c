/* SPDX-License-Identifier: MIT */
/*
 * Extended errors as they go. A fault is one fragment, so what does not fit in it is left out.
 */
#include "base/utf16.h"
#include "rpc/eerr.h"
#include <errno.h>
#include <penstock/arena.h>
#include <penstock/buffer.h>
#include <penstock/eerr.h>
#include <penstock/pickle.h>
#include <string.h>

/* What of a chain is to be written, and how much of each record. */
struct selection {
	const struct pen_eerr *records[PEN_EERR_RECORDS_MAX];
	size_t n_first;	  /* from the head on */
	size_t n;	  /* these, and perhaps the last one */
	bool has_gap;	  /* there are others between them */
	bool is_cut;	  /* and others after them */
	bool has_no_text; /* they had no room */
	bool is_bare;
};

/* False: no text of ours, or too long to have its length said. */
static bool put_units(const char *text, struct pen_arena *arena, uint16_t **unitsp, int16_t *np)
{
	size_t n = pen_utf16_count(text, strlen(text));
	uint16_t *units;

	if (n == PEN_UTF16_BAD || n >= INT16_MAX)
		return false;
	units = pen_arena_array(arena, n + 1, sizeof(*units));
	if (!units)
		return false;
	pen_utf16_put(text, strlen(text), PEN_UTF16_HOST, units, n);
	*unitsp = units;
	*np = (int16_t)(n +
			1); /* Windows gives the text to programs as it comes, so with its end */
	return true;
}

static void put_name(const struct selection *selection, const char *computer,
		     struct ExtendedError_EEComputerName *wire, struct pen_arena *arena)
{
	struct ExtendedError_EEUString *name = &wire->Value.Name;
	bool is_told = computer && !selection->is_bare && !selection->has_no_text;

	wire->Type = ExtendedError_eecnpNotPresent;
	if (is_told && put_units(computer, arena, &name->pString, &name->nLength))
		wire->Type = ExtendedError_eecnpPresent;
}

/* Who sends ANSI has a code page that nobody knows; what is not ASCII cannot be said in it. */
static bool put_ansi(const char *text, struct pen_arena *arena,
		     struct ExtendedError_EEAString *string)
{
	size_t n = strlen(text);

	for (size_t i = 0; i < n; i++)
		if ((uint8_t)text[i] >= 0x80)
			return false;
	if (n >= INT16_MAX)
		return false;
	string->pString = pen_arena_copy(arena, text, n + 1);
	string->nLength = (int16_t)(n + 1);
	return string->pString;
}

static bool put_blob(struct pen_slice bytes, struct pen_arena *arena,
		     struct ExtendedError_BinaryEEInfo *blob)
{
	if (bytes.size > INT16_MAX)
		return false;
	if (!bytes.size)
		return true;
	blob->pBlob = pen_arena_copy(arena, bytes.data, bytes.size);
	blob->nSize = (int16_t)bytes.size;
	return blob->pBlob;
}

static int put_param(const struct selection *selection, const struct pen_eerr_param *param,
		     struct ExtendedError_ExtendedErrorParam *wire, struct pen_arena *arena)
{
	bool is_told = true;

	switch (param->kind) {
	case PEN_EERR_ANSI:
		is_told = !selection->has_no_text && param->text &&
			  put_ansi(param->text, arena, &wire->Value.AnsiString);
		break;
	case PEN_EERR_UNICODE:
		is_told = !selection->has_no_text && param->text &&
			  put_units(param->text, arena, &wire->Value.UnicodeString.pString,
				    &wire->Value.UnicodeString.nLength);
		break;
	case PEN_EERR_BINARY:
		is_told =
			!selection->has_no_text && put_blob(param->bytes, arena, &wire->Value.Blob);
		break;
	case PEN_EERR_LONG:
		wire->Value.LVal = (int32_t)param->number;
		break;
	case PEN_EERR_SHORT:
		wire->Value.IVal = (int16_t)param->number;
		break;
	case PEN_EERR_POINTER:
		wire->Value.PVal = param->number;
		break;
	case PEN_EERR_NONE:
		break;
	default:
		return PEN_E_BAD_DATA;
	}
	wire->Type = (enum ExtendedError_ExtendedErrorParamTypesInternal)(is_told ? param->kind
										  : PEN_EERR_NONE);
	return 0;
}

static uint16_t flags_of(const struct selection *selection, size_t i)
{
	uint16_t flags = selection->records[i]->flags;

	if (selection->has_gap && i == selection->n_first - 1)
		flags |= PEN_EERR_NEXT_MISSING;
	if (selection->has_gap && i == selection->n_first)
		flags |= PEN_EERR_PREVIOUS_MISSING;
	if (selection->is_cut && i == selection->n - 1)
		flags |= PEN_EERR_NEXT_MISSING;
	return flags;
}

static int put_record(const struct selection *selection, size_t i,
		      struct ExtendedError_ExtendedErrorInfo *wire, struct pen_arena *arena)
{
	const struct pen_eerr *record = selection->records[i];
	uint32_t n = selection->is_bare ? 0 : record->n_params;
	int r = 0;

	if (n > PEN_EERR_PARAMS_MAX)
		return PEN_E_BAD_DATA;
	put_name(selection, record->computer, &wire->ComputerName, arena);
	if (!selection->is_bare) {
		wire->ProcessID = record->process_id;
		wire->TimeStamp = (int64_t)record->time;
	}
	wire->GeneratingComponent = record->component;
	wire->Status = record->status;
	wire->DetectionLocation = record->location;
	wire->Flags = flags_of(selection, i);
	wire->nLen = (int16_t)n;
	wire->Params = pen_arena_array(arena, PEN_EERR_PARAMS_MAX, sizeof(*wire->Params));
	if (!wire->Params)
		return -ENOMEM;
	for (uint32_t k = 0; !r && k < n; k++)
		r = put_param(selection, &record->params[k], &wire->Params[k], arena);
	return r;
}

/* Appends what is selected; the buffer's limit is what it may have. */
static int put_selection(const struct selection *selection, struct pen_arena *arena,
			 struct pen_buffer *buffer)
{
	const struct pen_pickle_form form = { .version = 1 };
	struct ExtendedError_ExtendedErrorInfo *wire =
		pen_arena_array(arena, selection->n, sizeof(*wire));
	int r = wire ? 0 : -ENOMEM;

	for (size_t i = 0; !r && i < selection->n; i++) {
		r = put_record(selection, i, &wire[i], arena);
		wire[i].Next = i + 1 < selection->n ? &wire[i + 1] : NULL;
	}
	if (!r)
		r = pen_pickle_begin(&form, buffer);
	if (!r)
		r = pen_pickle_put(&form, &pen_eerr_pointer_type, &wire, buffer, NULL);
	return r;
}

/* As many of the first as are wanted, and the last. */
static void select_records(struct selection *selection, const struct pen_eerr *chain, size_t n,
			   size_t n_total)
{
	size_t i = 0;

	selection->n = n;
	selection->n_first = n_total > n ? n - 1 : n;
	selection->has_gap = n_total > n;
	for (; chain; chain = chain->next, i++)
		if (i < selection->n_first)
			selection->records[i] = chain;
		else if (!chain->next)
			selection->records[n - 1] = chain;
}

/* Less than before: what costs most and says least goes first. False: there is no less. */
static bool select_less(struct selection *selection, const struct pen_eerr *chain, size_t n_total)
{
	if (selection->n > 2) {
		select_records(selection, chain, selection->n - 1, n_total);
		return true;
	}
	if (!selection->has_no_text) {
		selection->has_no_text = true;
		return true;
	}
	if (selection->n == 1)
		return false;
	selection->n = selection->n_first = 1;
	selection->has_gap = false;
	selection->is_cut = true;
	return true;
}

int pen_eerr_put(const struct pen_eerr *chain, bool is_bare, size_t max, struct pen_buffer *buffer)
{
	struct selection selection = { .is_bare = is_bare };
	struct pen_arena arena;
	struct pen_buffer fitting;
	size_t n = 0;
	int r;

	for (const struct pen_eerr *record = chain; record; record = record->next)
		n++;
	if (!n || !max)
		return n ? PEN_E_LIMIT : PEN_E_BAD_DATA;
	select_records(&selection, chain, n < PEN_EERR_RECORDS_MAX ? n : PEN_EERR_RECORDS_MAX, n);
	pen_arena_init(&arena, 0);
	pen_buffer_init(&fitting, max);
	do {
		pen_arena_reset(&arena);
		fitting.size = 0;
		r = put_selection(&selection, &arena, &fitting);
	} while (r == PEN_E_LIMIT && select_less(&selection, chain, n));
	if (!r)
		r = pen_buffer_add(buffer, fitting.data, fitting.size);
	pen_buffer_done(&fitting);
	pen_arena_done(&arena);
	return r;
}
