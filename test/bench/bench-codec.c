/* SPDX-License-Identifier: MIT */
/*
 * The codec on answers of several kinds: encodes and decodes a second.
 *
 *	bench-codec stubs            prints the calls' bytes, for pidl's code to take the same
 *	bench-codec measure [RATES]  measures, beside pidl's rates, which pidl.c printed
 */
#include "bench/bench.h"
#include <penstock/buffer.h>
#include <penstock/idl/lsarpc.h>
#include <penstock/idl/rpcecho.h>
#include <penstock/idl/samr.h>
#include <penstock/idl/srvsvc.h>
#include <penstock/idl/svcctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { N_SHARES = 10000, N_GROUPS = 10000, N_NAMES = 1000, N_BYTES = 1 << 20 };

#define SOME_HANDLE "\"0:12345678-1234-5678-9abc-123456789abc\""

static const double seconds = 1;

static void die(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s\n", what, why);
	exit(1);
}

/* ---- the answers, as JSON ---- */

static void add_status(struct pen_buffer *json)
{
	pen_buffer_printf(json, "{\"lpServiceStatus\":{\"dwServiceType\":16,\"dwCurrentState\":4,"
				"\"dwControlsAccepted\":5,\"dwWin32ExitCode\":0,"
				"\"dwServiceSpecificExitCode\":0,\"dwCheckPoint\":0,"
				"\"dwWaitHint\":1000},\"result\":0}");
}

static void add_groups(struct pen_buffer *json)
{
	pen_buffer_printf(json, "{\"Groups\":{\"Groups\":[");
	for (int i = 0; i < N_GROUPS; i++)
		pen_buffer_printf(json, "%s{\"RelativeId\":%d,\"Attributes\":7}", i ? "," : "",
				  1000 + i);
	pen_buffer_printf(json, "]},\"result\":0}");
}

static void add_shares(struct pen_buffer *json)
{
	pen_buffer_printf(json, "{\"InfoStruct\":{\"ShareInfo\":{\"Level1\":{\"Buffer\":[");
	for (int i = 0; i < N_SHARES; i++)
		pen_buffer_printf(json,
				  "%s{\"shi1_netname\":\"share%05d\",\"shi1_type\":0,"
				  "\"shi1_remark\":\"what is kept in number %d\"}",
				  i ? "," : "", i, i);
	pen_buffer_printf(json, "]}}},\"TotalEntries\":%d,\"ResumeHandle\":null,\"result\":0}",
			  N_SHARES);
}

static void add_bytes(struct pen_buffer *json)
{
	pen_buffer_printf(json, "{\"out_data\":\"");
	for (int i = 0; i < N_BYTES; i++)
		pen_buffer_printf(json, "%02x", (unsigned)i & 255);
	pen_buffer_printf(json, "\"}");
}

static void add_request_of_bytes(struct pen_buffer *json)
{
	pen_buffer_printf(json, "{\"in_data\":\"");
	for (int i = 0; i < N_BYTES; i++)
		pen_buffer_printf(json, "00");
	pen_buffer_printf(json, "\"}");
}

static void add_sid(struct pen_buffer *json, int rid)
{
	pen_buffer_printf(json,
			  "{\"Revision\":1,\"IdentifierAuthority\":{\"Value\":\"000000000005\"},"
			  "\"SubAuthority\":[21,1,2,3,%d]}",
			  rid);
}

/* Names with domains and SIDs: pointers in structs in arrays behind pointers. */
static void add_names(struct pen_buffer *json)
{
	pen_buffer_printf(json, "{\"ReferencedDomains\":{\"Domains\":[{\"Name\":{\"Length\":6,"
				"\"MaximumLength\":8,\"Buffer\":[68,79,77]},\"Sid\":");
	add_sid(json, 4);
	pen_buffer_printf(json, "}],\"MaxEntries\":32},\"TranslatedSids\":{\"Sids\":[");
	for (int i = 0; i < N_NAMES; i++) {
		pen_buffer_printf(json, "%s{\"Use\":\"SidTypeUser\",\"Sid\":", i ? "," : "");
		add_sid(json, 1000 + i);
		pen_buffer_printf(json, ",\"DomainIndex\":0,\"Flags\":0}");
	}
	pen_buffer_printf(json, "]},\"MappedCount\":%d,\"result\":0}", N_NAMES);
}

static void add_request_of_names(struct pen_buffer *json)
{
	pen_buffer_printf(json, "{\"PolicyHandle\":" SOME_HANDLE ",\"Names\":[");
	for (int i = 0; i < N_NAMES; i++)
		pen_buffer_printf(json, "%s{\"Length\":2,\"MaximumLength\":2,\"Buffer\":[97]}",
				  i ? "," : "");
	pen_buffer_printf(json, "],\"TranslatedSids\":{\"Sids\":[]},\"LookupLevel\":"
				"\"LsapLookupWksta\",\"MappedCount\":0,\"LookupOptions\":0,"
				"\"ClientRevision\":2}");
}

struct example {
	const char *name;
	const char *title;
	const struct pen_interface *interface;
	const char *operation;
	const char *request; /* as JSON, or add_request */
	void (*add_request)(struct pen_buffer *json);
	void (*add_answer)(struct pen_buffer *json);
	double aim;
};

static const struct example examples[] = {
	{ .name = "status",
	  .title = "a struct of 7 numbers",
	  .interface = &svcctl_interface,
	  .operation = "RQueryServiceStatus",
	  .request = "{\"hService\":" SOME_HANDLE "}",
	  .add_answer = add_status },
	{ .name = "groups",
	  .title = "10,000 structs of 2 numbers",
	  .interface = &samr_interface,
	  .operation = "SamrGetGroupsForUser",
	  .request = "{\"UserHandle\":" SOME_HANDLE "}",
	  .add_answer = add_groups },
	{ .name = "shares",
	  .title = "10,000 shares with 2 strings",
	  .interface = &srvsvc_interface,
	  .operation = "NetrShareEnum",
	  .request =
		  "{\"ServerName\":null,\"InfoStruct\":{\"ShareInfo\":{\"Level1\":"
		  "{\"Buffer\":[]}}},\"PreferedMaximumLength\":4294967295,\"ResumeHandle\":null}",
	  .add_answer = add_shares,
	  .aim = 3 },
	{ .name = "bytes",
	  .title = "1 MiB of bytes",
	  .interface = &rpcecho_interface,
	  .operation = "echo_EchoData",
	  .add_request = add_request_of_bytes,
	  .add_answer = add_bytes },
	{ .name = "names",
	  .title = "1,000 names, 6 deep",
	  .interface = &lsarpc_interface,
	  .operation = "LsarLookupNames3",
	  .add_request = add_request_of_names,
	  .add_answer = add_names },
};

/* ---- an answer in memory ---- */

struct call {
	const struct pen_operation *operation;
	uint16_t opnum;
	struct pen_arena arena;
	void *in, *out;
};

static void *from_json(const struct pen_type *type, const struct pen_scope *scope, void *value,
		       const struct pen_buffer *json, struct pen_arena *arena)
{
	struct pen_ndr_error error = { "" };

	if (pen_ndr_from_json(type, scope, (const char *)json->data, json->size, value, arena,
			      &error))
		die("JSON", error.text);
	return value;
}

static void call_init(struct call *call, const struct example *example)
{
	struct pen_scope scope = { 0 };
	struct pen_buffer json;

	call->operation = pen_interface_find(example->interface, example->operation, &call->opnum);
	pen_arena_init(&call->arena, 0);
	pen_buffer_init(&json, 0);
	if (example->add_request)
		example->add_request(&json);
	else
		pen_buffer_printf(&json, "%s", example->request);
	call->in = pen_arena_zalloc(&call->arena, call->operation->in->size);
	scope.in = call->in;
	from_json(call->operation->in, &scope, call->in, &json, &call->arena);
	json.size = 0;
	example->add_answer(&json);
	call->out = pen_arena_zalloc(&call->arena, call->operation->out->size);
	scope.out = call->out;
	from_json(call->operation->out, &scope, call->out, &json, &call->arena);
	pen_buffer_done(&json);
}

static void encode(const struct call *call, struct pen_layout layout, struct pen_buffer *buffer)
{
	struct pen_scope scope = { .in = call->in, .out = call->out };
	struct pen_ndr_error error;

	buffer->size = 0;
	if (pen_ndr_put(call->operation->out, layout, &scope, call->out, buffer, &error))
		die("encode", error.text);
}

static double encode_rate(const struct call *call, struct pen_layout layout,
			  struct pen_buffer *buffer)
{
	double start = bench_now();
	size_t n;

	for (n = 0; bench_now() - start < seconds; n++)
		encode(call, layout, buffer);
	return (double)n / (bench_now() - start);
}

static double decode_rate(const struct call *call, struct pen_layout layout,
			  const struct pen_buffer *buffer)
{
	void *out = calloc(1, call->operation->out->size);
	struct pen_scope scope = { .in = call->in, .out = out };
	struct pen_ndr_error error;
	struct pen_arena arena;
	double start = bench_now();
	size_t n;

	pen_arena_init(&arena, 0);
	for (n = 0; bench_now() - start < seconds; n++) {
		pen_arena_reset(&arena);
		memset(out, 0, call->operation->out->size);
		if (pen_ndr_get(call->operation->out, layout, &scope, buffer->data, buffer->size,
				out, &arena, NULL, &error))
			die("decode", error.text);
	}
	pen_arena_done(&arena);
	free(out);
	return (double)n / (bench_now() - start);
}

/* ---- beside pidl ---- */

struct rates {
	double encode, decode;
};

/* 0: not known. */
static struct rates pidl_rates(const char *path, const char *name)
{
	FILE *file = path ? fopen(path, "r") : NULL;
	struct rates rates;
	char word[32];

	while (file && fscanf(file, "%31s %lf %lf", word, &rates.encode, &rates.decode) == 3) {
		if (!strcmp(word, name)) {
			fclose(file);
			return rates;
		}
	}
	if (file)
		fclose(file);
	return (struct rates){ 0 };
}

static void measure(const struct example *example, const struct rates *pidl)
{
	static const char *const names[] = { [PEN_NDR] = "NDR", [PEN_NDR64] = "NDR64" };
	struct pen_buffer buffer;
	struct call call;
	char what[64];

	call_init(&call, example);
	pen_buffer_init(&buffer, 0);
	for (int transfer = PEN_NDR; transfer < PEN_N_TRANSFERS; transfer++) {
		/* As the runtime has it: the bytes stay as long as the value. */
		struct pen_layout layout = { .transfer = (enum pen_transfer)transfer,
					     .is_lasting = true };

		snprintf(what, sizeof(what), "%s, encode %s", names[transfer], example->title);
		bench_line(what, encode_rate(&call, layout, &buffer), "a second", pidl->encode,
			   example->aim);
		snprintf(what, sizeof(what), "%s, decode %s", names[transfer], example->title);
		bench_line(what, decode_rate(&call, layout, &buffer), "a second", pidl->decode,
			   example->aim);
	}
	pen_buffer_done(&buffer);
	pen_arena_done(&call.arena);
}

static void print_hex(const struct pen_buffer *buffer)
{
	putchar(' ');
	for (size_t i = 0; i < buffer->size; i++)
		printf("%02x", buffer->data[i]);
}

static void print_stubs(const struct example *example)
{
	struct pen_ndr_error error;
	struct pen_buffer buffer;
	struct pen_scope scope;
	struct call call;

	call_init(&call, example);
	pen_buffer_init(&buffer, 0);
	printf("%s %s %u", example->name, example->interface->name, call.opnum);
	scope = (struct pen_scope){ .in = call.in };
	if (pen_ndr_put(call.operation->in, (struct pen_layout){ 0 }, &scope, call.in, &buffer,
			&error))
		die("encode", error.text);
	print_hex(&buffer);
	encode(&call, (struct pen_layout){ 0 }, &buffer);
	print_hex(&buffer);
	putchar('\n');
	pen_buffer_done(&buffer);
	pen_arena_done(&call.arena);
}

int main(int argc, char **argv)
{
	bool is_stubs = argc == 2 && !strcmp(argv[1], "stubs");

	if (!is_stubs && (argc < 2 || argc > 3 || strcmp(argv[1], "measure") != 0))
		die("usage", "bench-codec stubs, or bench-codec measure [RATES]");
	for (size_t i = 0; i < PEN_COUNT(examples); i++) {
		struct rates pidl = pidl_rates(is_stubs ? NULL : argv[2], examples[i].name);

		if (is_stubs)
			print_stubs(&examples[i]);
		else
			measure(&examples[i], &pidl);
	}
	return 0;
}
