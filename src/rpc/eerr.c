/* SPDX-License-Identifier: MIT */
/*
 * Extended errors as they come: a pickled ExtendedErrorInfo [MS-EERR 2.2.2.1]. The document has
 * "the first element of the sequence" pickled, and a type of a pointer to it that nothing else
 * uses; so a pointer is what is written, and either is read.
 */
#include "rpc/eerr.h"
#include "base/utf16.h"
#include <errno.h>
#include <penstock/arena.h>
#include <penstock/eerr.h>
#include <penstock/pickle.h>
#include <stdio.h>
#include <string.h>

const struct pen_type pen_eerr_pointer_type = {
	.kind = PEN_POINTER,
	.size = sizeof(struct ExtendedError_ExtendedErrorInfo *),
	.wire = {
		[PEN_NDR] = { .align = 4, .min = 4, },
		[PEN_NDR64] = { .align = 8, .min = 8, },
	},
	.element = &ExtendedError_ExtendedErrorInfo_type,
	.pointer_kind = PEN_UNIQUE,
};

static int refuse(struct pen_ndr_error *error, int result, const char *why)
{
	if (error)
		snprintf(error->text, sizeof(error->text), "%s", why);
	return result;
}

/* The C text of what may or may not end in a NUL, and ends at the first. NULL: no memory. */
static const char *text_of(struct pen_arena *arena, const uint16_t *units, size_t n)
{
	size_t n_text = 0;
	size_t size;
	char *text;

	while (n_text < n && units[n_text])
		n_text++;
	size = n_text ? pen_utf16_text_size(units, n_text, PEN_UTF16_HOST) : 0;
	text = pen_arena_zalloc(arena, size + 1);
	if (text && size)
		pen_utf16_get(units, n_text, PEN_UTF16_HOST, text, size);
	return text;
}

static const char *unicode(struct pen_arena *arena, const struct ExtendedError_EEUString *string)
{
	return text_of(arena, string->pString, string->pString ? (size_t)string->nLength : 0);
}

static const char *ansi(struct pen_arena *arena, const struct ExtendedError_EEAString *string)
{
	size_t n = string->pString ? (size_t)string->nLength : 0;
	uint16_t *units = pen_arena_array(arena, n + 1, sizeof(*units));

	for (size_t i = 0; units && i < n; i++)
		units[i] = string->pString[i];
	return units ? text_of(arena, units, n) : NULL;
}

static int get_param(const struct ExtendedError_ExtendedErrorParam *wire,
		     struct pen_eerr_param *param, struct pen_arena *arena)
{
	param->kind = (enum pen_eerr_kind)wire->Type;
	switch (param->kind) {
	case PEN_EERR_ANSI:
		param->text = ansi(arena, &wire->Value.AnsiString);
		return param->text ? 0 : -ENOMEM;
	case PEN_EERR_UNICODE:
		param->text = unicode(arena, &wire->Value.UnicodeString);
		return param->text ? 0 : -ENOMEM;
	case PEN_EERR_LONG:
		param->number = wire->Value.LVal;
		break;
	case PEN_EERR_SHORT:
		param->number = wire->Value.IVal;
		break;
	case PEN_EERR_POINTER:
		param->number = wire->Value.PVal;
		break;
	case PEN_EERR_BINARY:
		if (wire->Value.Blob.pBlob)
			param->bytes = (struct pen_slice){ wire->Value.Blob.pBlob,
							   (size_t)wire->Value.Blob.nSize };
		break;
	case PEN_EERR_NONE:
		break;
	}
	return 0;
}

static int get_record(const struct ExtendedError_ExtendedErrorInfo *wire, struct pen_eerr *record,
		      struct pen_arena *arena)
{
	struct pen_eerr_param *params;
	int r = 0;

	*record = (struct pen_eerr){
		.process_id = wire->ProcessID,
		.time = (uint64_t)wire->TimeStamp,
		.component = wire->GeneratingComponent,
		.status = wire->Status,
		.location = wire->DetectionLocation,
		.flags = wire->Flags,
		.n_params = (uint32_t)wire->nLen,
	};
	if (wire->ComputerName.Type == ExtendedError_eecnpPresent) {
		record->computer = unicode(arena, &wire->ComputerName.Value.Name);
		if (!record->computer)
			return -ENOMEM;
	}
	params = pen_arena_array(arena, record->n_params, sizeof(*params));
	if (record->n_params && !params)
		return -ENOMEM;
	for (uint32_t i = 0; !r && i < record->n_params; i++)
		r = get_param(&wire->Params[i], &params[i], arena);
	record->params = params;
	return r;
}

/* From the wire's form of it, whose counts the codec has held against its arrays. */
static int get_chain(const struct ExtendedError_ExtendedErrorInfo *wire,
		     const struct pen_eerr **chainp, struct pen_arena *arena,
		     struct pen_ndr_error *error)
{
	struct pen_eerr *records = pen_arena_array(arena, PEN_EERR_RECORDS_MAX, sizeof(*records));
	size_t n = 0;
	int r = records ? 0 : -ENOMEM;

	for (; !r && wire; wire = wire->Next) {
		if (n == PEN_EERR_RECORDS_MAX)
			return refuse(error, PEN_E_BAD_DATA, "too many records");
		if (wire->nLen > PEN_EERR_PARAMS_MAX)
			return refuse(error, PEN_E_BAD_DATA, "too many parameters");
		r = get_record(wire, &records[n], arena);
		if (n)
			records[n - 1].next = &records[n];
		n++;
	}
	if (r)
		return refuse(error, r, "no memory");
	*chainp = records;
	return 0;
}

int pen_eerr_get(const struct pen_eerr **chainp, const void *data, size_t n,
		 struct pen_arena *arena, struct pen_ndr_error *error)
{
	struct ExtendedError_ExtendedErrorInfo whole = { 0 };
	struct ExtendedError_ExtendedErrorInfo *head = NULL;
	struct pen_pickle pickle;
	int r;

	r = pen_pickle_open(&pickle, data, n, error);
	if (r)
		return r;
	if (pickle.form.version != 1)
		return refuse(error, PEN_E_BAD_DATA, "not of serialization version 1");
	r = pen_pickle_get(&pickle, &pen_eerr_pointer_type, &head, arena, error);
	if (r == PEN_E_BAD_DATA &&
	    !pen_pickle_get(&pickle, &ExtendedError_ExtendedErrorInfo_type, &whole, arena, NULL)) {
		head = &whole;
		r = 0;
	}
	if (r == PEN_E_NOT_FOUND)
		return refuse(error, PEN_E_BAD_DATA, "there is nothing behind its header");
	if (r)
		return r;
	return head ? get_chain(head, chainp, arena, error)
		    : refuse(error, PEN_E_BAD_DATA, "there is no record");
}
