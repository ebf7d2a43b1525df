/* SPDX-License-Identifier: MIT */
/*
 * pidl: the code that Samba's compiler made, through Samba's library, on the bytes that
 * bench-codec left. Each line that it is given,
 *
 *	NAME INTERFACE OPNUM REQUEST ANSWER
 *
 * in hexadecimal, is answered by the answers that it encodes and decodes a second.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <talloc.h>

#include "bench/bench.h"
#include <ndr.h>

extern const struct ndr_interface_table ndr_table_lsarpc, ndr_table_rpcecho, ndr_table_samr,
	ndr_table_srvsvc, ndr_table_svcctl;

static const struct ndr_interface_table *const tables[] = { &ndr_table_lsarpc, &ndr_table_rpcecho,
							    &ndr_table_samr, &ndr_table_srvsvc,
							    &ndr_table_svcctl };
static const double seconds = 1;

static void die(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s\n", what, why);
	exit(1);
}

static const struct ndr_interface_call *find(const char *interface, unsigned opnum)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		if (!strcmp(tables[i]->name, interface) && opnum < tables[i]->num_calls)
			return &tables[i]->calls[opnum];
	}
	die(interface, "not known");
	return NULL;
}

static DATA_BLOB from_hex(TALLOC_CTX *memory, const char *text)
{
	DATA_BLOB blob = data_blob_talloc(memory, NULL, strlen(text) / 2);

	for (size_t i = 0; i < blob.length; i++) {
		char digits[3] = { text[2 * i], text[2 * i + 1], '\0' };

		blob.data[i] = (uint8_t)strtoul(digits, NULL, 16);
	}
	return blob;
}

static void pull(const struct ndr_interface_call *call, int direction, const DATA_BLOB *blob,
		 TALLOC_CTX *memory, void *r)
{
	struct ndr_pull *ndr = ndr_pull_init_blob(blob, memory);

	ndr->flags |= LIBNDR_FLAG_REF_ALLOC;
	if (call->ndr_pull(ndr, direction, r) || ndr->offset != ndr->data_size)
		die(call->name, "not read");
}

static double decode_rate(const struct ndr_interface_call *call, const void *asked,
			  const DATA_BLOB *answer)
{
	void *r = calloc(1, call->struct_size);
	double start = bench_now();
	size_t n;

	for (n = 0; bench_now() - start < seconds; n++) {
		TALLOC_CTX *memory = talloc_new(NULL);

		memcpy(r, asked, call->struct_size);
		pull(call, NDR_OUT, answer, memory, r);
		talloc_free(memory);
	}
	free(r);
	return (double)n / (bench_now() - start);
}

/* What it writes must be what it read. */
static double encode_rate(const struct ndr_interface_call *call, const void *r,
			  const DATA_BLOB *answer)
{
	double start = bench_now();
	size_t n;

	for (n = 0; bench_now() - start < seconds; n++) {
		struct ndr_push *ndr = ndr_push_init_ctx(NULL);
		DATA_BLOB made;

		if (call->ndr_push(ndr, NDR_OUT, r))
			die(call->name, "not written");
		made = ndr_push_blob(ndr);
		if (made.length != answer->length ||
		    memcmp(made.data, answer->data, made.length) != 0)
			die(call->name, "other bytes");
		talloc_free(ndr);
	}
	return (double)n / (bench_now() - start);
}

static void measure(const char *name, const struct ndr_interface_call *call, DATA_BLOB request,
		    DATA_BLOB answer, TALLOC_CTX *memory)
{
	void *asked = talloc_zero_size(memory, call->struct_size);
	void *r = talloc_zero_size(memory, call->struct_size);

	pull(call, NDR_IN, &request, memory, asked);
	memcpy(r, asked, call->struct_size);
	pull(call, NDR_OUT, &answer, memory, r);
	printf("%s %.1f %.1f\n", name, encode_rate(call, r, &answer),
	       decode_rate(call, asked, &answer));
}

int main(void)
{
	char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, stdin) > 0) {
		TALLOC_CTX *memory = talloc_new(NULL);
		char *words[5];

		for (size_t i = 0; i < 5; i++) {
			words[i] = strtok(i ? NULL : line, " \n");
			if (!words[i])
				die("usage", "a line has five words");
		}
		measure(words[0], find(words[1], (unsigned)strtoul(words[2], NULL, 10)),
			from_hex(memory, words[3]), from_hex(memory, words[4]), memory);
		talloc_free(memory);
	}
	free(line);
	return 0;
}
