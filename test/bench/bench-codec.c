/* SPDX-License-Identifier: MIT */
/*
 * The codec on a share list of 10,000 entries: encodes and decodes a second.
 *
 *	bench-codec FILE            leaves the bytes, for pidl's code to take the same
 *	bench-codec ENCODE DECODE   measures, beside pidl's rates (0: not known)
 */
#include "bench/bench.h"
#include <penstock/buffer.h>
#include <penstock/idl/srvsvc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_SHARES = 10000 };

static const double seconds = 2;
static const struct pen_operation *operation;

static void die(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s\n", what, why);
	exit(1);
}

static void fill(struct srvsvc_NetrShareEnum_out *out, struct pen_arena *arena)
{
	struct srvsvc_SHARE_INFO_1_CONTAINER *list = pen_arena_zalloc(arena, sizeof(*list));

	list->EntriesRead = N_SHARES;
	list->Buffer = pen_arena_array(arena, N_SHARES, sizeof(list->Buffer[0]));
	for (int i = 0; i < N_SHARES; i++) {
		list->Buffer[i].shi1_netname = pen_arena_printf(arena, "share%05d", i);
		list->Buffer[i].shi1_type = 0;
		list->Buffer[i].shi1_remark =
			pen_arena_printf(arena, "what is kept in number %d", i);
	}
	out->InfoStruct.Level = 1;
	out->InfoStruct.ShareInfo.Level1 = list;
	out->TotalEntries = N_SHARES;
}

static double encode_rate(struct pen_layout layout, const struct srvsvc_NetrShareEnum_out *out,
			  struct pen_buffer *buffer)
{
	struct pen_scope scope = { .out = out };
	struct pen_ndr_error error;
	double start = bench_now();
	size_t n;

	for (n = 0; bench_now() - start < seconds; n++) {
		buffer->size = 0;
		if (pen_ndr_put(operation->out, layout, &scope, out, buffer, &error))
			die("encode", error.text);
	}
	return (double)n / (bench_now() - start);
}

static double decode_rate(struct pen_layout layout, const struct pen_buffer *buffer)
{
	struct srvsvc_NetrShareEnum_out out;
	struct pen_scope scope = { .out = &out };
	struct pen_ndr_error error;
	struct pen_arena arena;
	double start = bench_now();
	size_t n;

	pen_arena_init(&arena, 0);
	for (n = 0; bench_now() - start < seconds; n++) {
		pen_arena_reset(&arena);
		memset(&out, 0, sizeof(out));
		if (pen_ndr_get(operation->out, layout, &scope, buffer->data, buffer->size, &out,
				&arena, NULL, &error))
			die("decode", error.text);
	}
	pen_arena_done(&arena);
	return (double)n / (bench_now() - start);
}

static void measure(const struct srvsvc_NetrShareEnum_out *out, double pidl_encode,
		    double pidl_decode)
{
	static const char *const names[] = { [PEN_NDR] = "NDR", [PEN_NDR64] = "NDR64" };
	struct pen_buffer buffer;
	char what[64];

	pen_buffer_init(&buffer, 0);
	for (int transfer = PEN_NDR; transfer < PEN_N_TRANSFERS; transfer++) {
		struct pen_layout layout = { .transfer = (enum pen_transfer)transfer };

		snprintf(what, sizeof(what), "%s, encode 10,000 shares, beside pidl",
			 names[transfer]);
		bench_line(what, encode_rate(layout, out, &buffer), "lists/s", pidl_encode, 3);
		snprintf(what, sizeof(what), "%s, decode 10,000 shares, beside pidl",
			 names[transfer]);
		bench_line(what, decode_rate(layout, &buffer), "lists/s", pidl_decode, 3);
	}
	pen_buffer_done(&buffer);
}

static void save(const char *path, const struct srvsvc_NetrShareEnum_out *out)
{
	struct pen_scope scope = { .out = out };
	struct pen_ndr_error error;
	struct pen_buffer buffer;
	FILE *file;

	pen_buffer_init(&buffer, 0);
	if (pen_ndr_put(operation->out, (struct pen_layout){ 0 }, &scope, out, &buffer, &error))
		die("encode", error.text);
	file = fopen(path, "wb");
	if (!file || fwrite(buffer.data, 1, buffer.size, file) != buffer.size || fclose(file))
		die(path, "cannot be written");
	pen_buffer_done(&buffer);
}

int main(int argc, char **argv)
{
	struct srvsvc_NetrShareEnum_out out = { 0 };
	struct pen_arena arena;

	if (argc < 2 || argc > 3)
		die("usage", "bench-codec FILE, or bench-codec ENCODE DECODE");
	operation = pen_interface_find(&srvsvc_interface, "NetrShareEnum", NULL);
	pen_arena_init(&arena, 0);
	fill(&out, &arena);
	if (argc == 2)
		save(argv[1], &out);
	else
		measure(&out, atof(argv[1]), atof(argv[2]));
	pen_arena_done(&arena);
	return 0;
}
