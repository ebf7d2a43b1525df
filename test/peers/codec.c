/* SPDX-License-Identifier: MIT */
/*
 * codec IDL...: reads stub data by our tables and writes it again, line by line:
 *
 *	INTERFACE.OPERATION in|out ndr|ndr64|big REQUEST [ANSWER]
 *
 * in hexadecimal, answered by "HEX JSON" or "error: SENTENCE". An import is taken
 * from beside the file.
 */
#include <errno.h>
#include <penstock/buffer.h>
#include <penstock/idl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILES_MAX = 32, LINE_SIZE = 1 << 16, STUB_MAX = LINE_SIZE / 2 };

struct stub {
	uint8_t bytes[STUB_MAX];
	size_t n;
};

static struct pen_idl *files[FILES_MAX];

static char *read_file(const char *path, size_t *np)
{
	FILE *file = fopen(path, "rb");
	char *text = file ? malloc(1 << 20) : NULL;

	if (!text) {
		fprintf(stderr, "%s: it cannot be read\n", path);
		exit(2);
	}
	*np = fread(text, 1, 1 << 20, file);
	fclose(file);
	return text;
}

static int import(void *data, const char *name, struct pen_arena *arena, struct pen_slice *textp)
{
	const char *path = data;
	const char *slash = strrchr(path, '/');
	char *text;
	size_t n;

	text = read_file(
		pen_arena_printf(arena, "%.*s%s", slash ? (int)(slash - path) + 1 : 0, path, name),
		&n);
	*textp = (struct pen_slice){ .data = pen_arena_copy(arena, text, n), .size = n };
	free(text);
	return 0;
}

static struct pen_idl *compile(char *path)
{
	struct pen_idl *idl;
	size_t n;
	char *text = read_file(path, &n);

	if (pen_idl_new(&idl, import, path) || pen_idl_compile(idl, path, text, n)) {
		fputs(pen_idl_diagnoses(idl), stderr);
		exit(2);
	}
	free(text);
	return idl;
}

static const struct pen_operation *find(char *name)
{
	char *dot = strchr(name, '.');

	if (!dot)
		return NULL;
	*dot = '\0';
	for (size_t i = 0; i < FILES_MAX && files[i]; i++) {
		const struct pen_interface *interface = pen_idl_find(files[i], name);

		if (interface)
			return pen_interface_find(interface, dot + 1, NULL);
	}
	return NULL;
}

static bool from_hex(const char *text, struct stub *stub)
{
	unsigned byte;

	for (stub->n = 0; stub->n < STUB_MAX && sscanf(text, "%2x", &byte) == 1; text += 2)
		stub->bytes[stub->n++] = (uint8_t)byte;
	return !*text;
}

/* What the stub says, and that again as a stub and as JSON. */
static int both_ways(const struct pen_type *type, struct pen_layout layout,
		     const struct pen_scope *scope, const struct stub *stub, void *value,
		     struct pen_arena *arena, struct pen_buffer *out, struct pen_ndr_error *error)
{
	struct pen_buffer again;
	int r;

	pen_buffer_init(&again, 0);
	r = pen_ndr_get(type, layout, scope, stub->bytes, stub->n, value, arena, NULL, error);
	if (!r)
		r = pen_ndr_put(type, layout, scope, value, &again, error);
	for (size_t i = 0; !r && i < again.size; i++)
		r = pen_buffer_printf(out, "%02x", again.data[i]);
	if (!r)
		r = pen_buffer_printf(out, " ");
	if (!r)
		r = pen_ndr_to_json(type, scope, value, out, error);
	pen_buffer_done(&again);
	return r;
}

static int answer(char *line, struct pen_arena *arena, struct pen_buffer *out,
		  struct pen_ndr_error *error)
{
	static struct stub stubs[2];
	char *words[5] = { NULL };
	const struct pen_operation *operation;
	struct pen_layout layout = { 0 };
	struct pen_scope scope = { 0 };
	void *in;
	int r;

	for (size_t i = 0; i < PEN_COUNT(words); i++)
		words[i] = strtok(i ? NULL : line, " \n");
	operation = words[3] ? find(words[0]) : NULL;
	if (!operation || !from_hex(strcmp(words[3], "-") ? words[3] : "", &stubs[0]) ||
	    !from_hex(words[4] ? words[4] : "", &stubs[1])) {
		snprintf(error->text, sizeof(error->text), "no such line");
		return -EINVAL;
	}
	layout.transfer = strcmp(words[2], "ndr64") ? PEN_NDR : PEN_NDR64;
	layout.is_big_endian = !strcmp(words[2], "big");
	in = pen_arena_zalloc(arena, operation->in->size);
	scope.in = in;
	r = both_ways(operation->in, layout, &scope, &stubs[0], in, arena, out, error);
	if (r || strcmp(words[1], "out"))
		return r;
	out->size = 0;
	scope.out = pen_arena_zalloc(arena, operation->out->size);
	return both_ways(operation->out, layout, &scope, &stubs[1], (void *)(uintptr_t)scope.out,
			 arena, out, error);
}

int main(int argc, char **argv)
{
	static char line[LINE_SIZE];

	for (int i = 1; i < argc && i <= FILES_MAX; i++)
		files[i - 1] = compile(argv[i]);
	while (fgets(line, sizeof(line), stdin)) {
		struct pen_ndr_error error = { "" };
		struct pen_arena arena;
		struct pen_buffer out;

		pen_arena_init(&arena, 16 << 20);
		pen_buffer_init(&out, 0);
		if (answer(line, &arena, &out, &error))
			printf("error: %s\n", error.text);
		else
			printf("%.*s\n", (int)out.size, (const char *)out.data);
		fflush(stdout);
		pen_buffer_done(&out);
		pen_arena_done(&arena);
	}
	for (size_t i = 0; i < FILES_MAX; i++)
		pen_idl_free(files[i]);
	return 0;
}
