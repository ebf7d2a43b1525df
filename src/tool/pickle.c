/* SPDX-License-Identifier: MIT */
/* penstock pickle: values in files, by type serialization [MS-RPCE 2.2.6, 2.2.7]. */
#include "tool/tool.h"
#include <errno.h>
#include <penstock/pickle.h>
#include <string.h>
#include <unistd.h>

/* The options that are no --type, by where tool->values has them. */
enum pickle_option {
	PICKLE_FORM,
	PICKLE_NDR,
	PICKLE_NDR64,
	PICKLE_LITTLE_ENDIAN,
	PICKLE_BIG_ENDIAN,
	PICKLE_INTERFACE,
	PICKLE_HEX,
	PICKLE_N_OPTIONS,
	OPTION_TYPE = TOOL_OPTION_OWN + PICKLE_N_OPTIONS,
	OPTION_OUTPUT = 'o',
};

/* A stream, and the types of its values: the last one is that of all that follow. */
struct stream {
	struct tool *tool;
	const struct pen_type *types[TOOL_WORDS_MAX];
	size_t n_types; /* 0: nobody has said any */
	size_t n;	/* values so far */
	struct pen_buffer bytes;
	struct pen_pickle pickle;
	struct pen_buffer out;
};

static const char *value_of(const struct tool *tool, enum pickle_option option)
{
	return tool->values[option];
}

/* ---- types and input ---- */

static int load_types(struct stream *stream)
{
	struct tool *tool = stream->tool;
	int r = tool_load_idl(tool);

	for (size_t i = 0; !r && i < tool->words.n; i++)
		r = tool_find_type(tool, tool->words.words[i], &stream->types[stream->n_types++]);
	return r;
}

static int need_types(struct stream *stream)
{
	if (stream->tool->words.n)
		return load_types(stream);
	return tool_fail(stream->tool, TOOL_USAGE, NULL,
			 "--type NAME says what the values are, --idl FILE where that comes from");
}

static const struct pen_type *next_type(struct stream *stream)
{
	size_t i = stream->n++;

	return stream->types[i < stream->n_types ? i : stream->n_types - 1];
}

static int open_stream(struct stream *stream, const char *input)
{
	struct pen_ndr_error error = { "" };
	int r = tool_read_bytes(stream->tool, input, &stream->bytes);

	if (r)
		return r;
	if (pen_pickle_open(&stream->pickle, stream->bytes.data, stream->bytes.size, &error))
		return tool_fail(stream->tool, TOOL_FAILED, NULL, "no pickle: %s", error.text);
	return TOOL_OK;
}

static int fail_at(struct stream *stream, size_t pos, int r, const char *reason)
{
	if (r < 0 || !*reason)
		return tool_fail_result(stream->tool, r);
	return tool_fail(stream->tool, TOOL_FAILED, NULL, "at byte %zu, value %zu: %s", pos,
			 stream->n, reason);
}

static int get_value(struct stream *stream, const struct pen_type **typep, void **valuep)
{
	const struct pen_type *type = next_type(stream);
	void *value = pen_arena_zalloc(&stream->tool->arena, type->size);
	struct pen_ndr_error error = { "" };
	size_t pos = stream->pickle.pos;
	int r;

	if (!value)
		return tool_fail_result(stream->tool, -ENOMEM);
	r = pen_pickle_get(&stream->pickle, type, value, &stream->tool->arena, &error);
	*typep = type;
	*valuep = value;
	return r ? fail_at(stream, pos, r, error.text) : TOOL_OK;
}

/* ---- inspect ---- */

static int skip_value(struct stream *stream, size_t *sizep)
{
	struct pen_ndr_error error = { "" };
	const struct pen_type *type;
	size_t pos = stream->pickle.pos;
	struct pen_slice bytes;
	void *value;
	int r;

	if (stream->n_types) {
		r = get_value(stream, &type, &value);
		*sizep = stream->pickle.pos - pos;
		return r;
	}
	stream->n++;
	r = pen_pickle_get_bytes(&stream->pickle, &bytes, &error);
	*sizep = bytes.size;
	return r ? fail_at(stream, pos, r, error.text) : TOOL_OK;
}

static void describe(const struct pen_pickle_form *form, struct pen_buffer *json)
{
	char uuid[PEN_UUID_TEXT_SIZE];

	pen_uuid_print(&form->interface.uuid, uuid);
	tool_json_number(json, "version", form->version);
	tool_json_text(json, "transfer", form->transfer == PEN_NDR64 ? "NDR64" : "NDR");
	tool_json_text(json, "endianness", form->is_big_endian ? "big" : "little");
	if (form->version == 1)
		return;
	tool_json_text(json, "interface", uuid);
	pen_buffer_printf(json, ",\"interface_version\":\"%u.%u\"", form->interface.major,
			  form->interface.minor);
}

static int inspect(struct stream *stream, const char *input)
{
	struct pen_buffer *json = &stream->out;
	bool is_first = true;
	int r = load_types(stream);

	if (!r)
		r = open_stream(stream, input);
	if (r)
		return r;
	pen_buffer_printf(json, "{");
	describe(&stream->pickle.form, json);
	pen_buffer_printf(json, ",\"values\":[");
	while (!r && !pen_pickle_is_end(&stream->pickle)) {
		size_t pos = stream->pickle.pos, size;

		r = skip_value(stream, &size);
		if (!r)
			pen_buffer_printf(json, "%s{\"offset\":%zu,\"size\":%zu}",
					  is_first ? "" : ",", pos, size);
		is_first = false;
	}
	if (r)
		return r;
	if (pen_buffer_printf(json, "]}"))
		return tool_fail_result(stream->tool, -ENOMEM);
	return tool_print_json(stream->tool, json);
}

/* ---- decode ---- */

static int print_value(struct stream *stream, const struct pen_type *type, const void *value)
{
	struct pen_ndr_error error = { "" };
	int r;

	stream->out.size = 0;
	r = pen_ndr_to_json(type, NULL, value, &stream->out, &error);
	return r ? fail_at(stream, stream->pickle.pos, r, error.text)
		 : tool_print_json(stream->tool, &stream->out);
}

static int decode(struct stream *stream, const char *input)
{
	const struct pen_type *type = NULL;
	void *value = NULL;
	int r = need_types(stream);

	if (!r)
		r = open_stream(stream, input);
	while (!r && !pen_pickle_is_end(&stream->pickle)) {
		r = get_value(stream, &type, &value);
		if (!r)
			r = print_value(stream, type, value);
	}
	return r;
}

/* ---- what is written ---- */

static int write_file(struct tool *tool, const char *path, const struct pen_buffer *bytes)
{
	FILE *file = fopen(path, "wb");
	bool is_good;

	if (!file)
		return tool_fail(tool, TOOL_USAGE, NULL, "cannot write %s: %s", path,
				 strerror(errno));
	is_good = fwrite(bytes->data, 1, bytes->size, file) == bytes->size;
	if (fclose(file) || !is_good)
		return tool_fail(tool, TOOL_FAILED, NULL, "cannot write %s: %s", path,
				 strerror(errno));
	return TOOL_OK;
}

static int print_hex(struct tool *tool, const struct pen_buffer *bytes)
{
	printf(tool->is_json ? "{\"pickle\":\"" : "");
	for (size_t i = 0; i < bytes->size; i++)
		printf("%02x", bytes->data[i]);
	printf(tool->is_json ? "\"}\n" : "\n");
	return TOOL_OK;
}

static int write_out(struct stream *stream)
{
	struct tool *tool = stream->tool;

	if (tool->output)
		return write_file(tool, tool->output, &stream->out);
	if (tool->is_json || value_of(tool, PICKLE_HEX) || isatty(STDOUT_FILENO))
		return print_hex(tool, &stream->out);
	fwrite(stream->out.data, 1, stream->out.size, stdout);
	if (fflush(stdout))
		return tool_fail(tool, TOOL_FAILED, NULL, "cannot write: %s", strerror(errno));
	return TOOL_OK;
}

/* What of the form nobody has said follows from what was said. */
static int choose_form(struct stream *stream, struct pen_pickle_form *form)
{
	struct tool *tool = stream->tool;
	const char *version = value_of(tool, PICKLE_FORM);
	const struct pen_interface *interface = tool_interface(tool, 0);
	bool was_first = form->version == 1;

	if (version && strcmp(version, "1") && strcmp(version, "2"))
		return tool_fail(tool, TOOL_USAGE, NULL, "--form is 1 or 2, not %s", version);
	if (version)
		form->version = (uint8_t)(*version - '0');
	else if (value_of(tool, PICKLE_NDR64))
		form->version = 2;
	else if (value_of(tool, PICKLE_BIG_ENDIAN))
		form->version = 1;
	if (form->version == 1 || value_of(tool, PICKLE_NDR))
		form->transfer = PEN_NDR;
	if (form->version == 2 || value_of(tool, PICKLE_LITTLE_ENDIAN))
		form->is_big_endian = false;
	if (value_of(tool, PICKLE_NDR64))
		form->transfer = PEN_NDR64;
	if (value_of(tool, PICKLE_BIG_ENDIAN))
		form->is_big_endian = true;
	if (value_of(tool, PICKLE_INTERFACE)) {
		int r = tool_find_interface(tool, value_of(tool, PICKLE_INTERFACE), &interface);

		if (r)
			return r;
	}
	if (form->version == 2 && (was_first || value_of(tool, PICKLE_INTERFACE)))
		form->interface =
			tool->n_idls && interface ? interface->id : (struct pen_syntax_id){ 0 };
	return TOOL_OK;
}

static int begin(struct stream *stream, struct pen_pickle_form *form)
{
	int r = choose_form(stream, form);

	if (r)
		return r;
	r = pen_pickle_begin(form, &stream->out);
	if (r == PEN_E_UNSUPPORTED)
		return tool_fail(stream->tool, TOOL_USAGE, NULL,
				 form->is_big_endian ? "form 2 has no big-endian values"
						     : "form 1 has no NDR64");
	return r ? tool_fail_result(stream->tool, r) : TOOL_OK;
}

static int put_value(struct stream *stream, const struct pen_pickle_form *form,
		     const struct pen_type *type, const void *value)
{
	struct pen_ndr_error error = { "" };
	int r = pen_pickle_put(form, type, value, &stream->out, &error);

	if (r < 0 || (r && !*error.text))
		return tool_fail_result(stream->tool, r);
	return r ? tool_fail(stream->tool, TOOL_USAGE, NULL, "value %zu: %s", stream->n, error.text)
		 : TOOL_OK;
}

/* ---- encode ---- */

static int encode_value(struct stream *stream, const struct pen_pickle_form *form, const char *text,
			size_t n)
{
	const struct pen_type *type = next_type(stream);
	void *value = pen_arena_zalloc(&stream->tool->arena, type->size);
	struct pen_ndr_error error = { "" };
	int r;

	if (!value)
		return tool_fail_result(stream->tool, -ENOMEM);
	r = pen_ndr_from_json(type, NULL, text, n, value, &stream->tool->arena, &error);
	if (r > 0)
		return tool_fail(stream->tool, TOOL_USAGE, NULL, "value %zu: %s", stream->n,
				 error.text);
	return r ? tool_fail_result(stream->tool, r) : put_value(stream, form, type, value);
}

static int encode_all(struct stream *stream, const char *text, size_t n)
{
	struct pen_pickle_form form = { .version = 1 };
	int r = begin(stream, &form);

	while (!r) {
		size_t size;

		while (n && strchr(" \t\r\n", *text)) {
			text++;
			n--;
		}
		if (!n)
			break;
		size = tool_json_size(text, n);
		r = encode_value(stream, &form, text, size);
		text += size;
		n -= size;
	}
	if (!r && !stream->n)
		r = tool_fail(stream->tool, TOOL_USAGE, NULL, "there is no value");
	return r ? r : write_out(stream);
}

static int encode(struct stream *stream, const char *input)
{
	int r = need_types(stream);

	if (!r)
		r = tool_read_json(stream->tool, input, &stream->bytes);
	return r ? r : encode_all(stream, (const char *)stream->bytes.data, stream->bytes.size);
}

/* ---- convert ---- */

static int convert(struct stream *stream, const char *input)
{
	struct pen_pickle_form form;
	int r = need_types(stream);

	if (!r)
		r = open_stream(stream, input);
	if (r)
		return r;
	form = stream->pickle.form;
	r = begin(stream, &form);
	while (!r && !pen_pickle_is_end(&stream->pickle)) {
		const struct pen_type *type;
		void *value;

		r = get_value(stream, &type, &value);
		if (!r)
			r = put_value(stream, &form, type, value);
	}
	return r ? r : write_out(stream);
}

/* ---- the command ---- */

struct pickle_verb {
	struct tool_verb verb;
	int (*run)(struct stream *stream, const char *input);
};

static const struct pickle_verb verbs[] = {
	{ { "inspect", 0, 1, " [INPUT]" }, inspect },
	{ { "decode", 0, 1, " --idl FILE --type NAME [INPUT]" }, decode },
	{ { "encode", 0, 1, " --idl FILE --type NAME [JSON | @FILE | -]" }, encode },
	{ { "convert", 0, 1, " --idl FILE --type NAME [INPUT]" }, convert },
};

static int run(struct tool *tool, int argc, char **argv)
{
	const struct pickle_verb *verb =
		tool_find_verb(tool, verbs, PEN_COUNT(verbs), sizeof(*verbs), argc, argv);
	struct stream stream = { .tool = tool };
	int r;

	if (!verb)
		return TOOL_USAGE;
	r = verb->run(&stream, argc > 1 ? argv[1] : "-");
	pen_buffer_done(&stream.bytes);
	pen_buffer_done(&stream.out);
	return r;
}

static int option(struct tool *tool, int val, const char *value)
{
	if (val == OPTION_OUTPUT)
		tool->output = value;
	else if (val != OPTION_TYPE)
		tool->values[val - TOOL_OPTION_OWN] = value ? value : "yes";
	else if (tool->words.n == TOOL_WORDS_MAX)
		return tool_fail(tool, TOOL_USAGE, NULL, "more than %d types", TOOL_WORDS_MAX);
	else
		tool->words.words[tool->words.n++] = value;
	return TOOL_OK;
}

static const struct option options[] = {
	{ "idl", required_argument, NULL, TOOL_OPTION_IDL },
	{ NULL, required_argument, NULL, 'I' },
	{ "type", required_argument, NULL, OPTION_TYPE },
	{ "form", required_argument, NULL, TOOL_OPTION_OWN + PICKLE_FORM },
	{ "ndr", no_argument, NULL, TOOL_OPTION_OWN + PICKLE_NDR },
	{ "ndr64", no_argument, NULL, TOOL_OPTION_OWN + PICKLE_NDR64 },
	{ "little-endian", no_argument, NULL, TOOL_OPTION_OWN + PICKLE_LITTLE_ENDIAN },
	{ "big-endian", no_argument, NULL, TOOL_OPTION_OWN + PICKLE_BIG_ENDIAN },
	{ "interface", required_argument, NULL, TOOL_OPTION_OWN + PICKLE_INTERFACE },
	{ "hex", no_argument, NULL, TOOL_OPTION_OWN + PICKLE_HEX },
	{ "output", required_argument, NULL, OPTION_OUTPUT },
	{ 0 },
};

const struct tool_command tool_pickle = {
	.name = "pickle",
	.arguments = "inspect | decode | encode | convert [INPUT]",
	.summary = "read, write and convert values in files (type serialization)",
	.help = "  --idl FILE         where the types are\n"
		"  -I FOLDER          look for imported files in FOLDER too\n"
		"  --type NAME        of a value; again for the next ones, and the last is that "
		"of\n"
		"                     all that follow. 'NAME *' is a pointer to it\n"
		"  --form 1|2         the version of the serialization\n"
		"  --ndr, --ndr64     how values are laid out; form 1 has NDR alone\n"
		"  --little-endian, --big-endian\n"
		"                     form 2 is little-endian alone\n"
		"  --interface NAME   whose types form 2 says they are (the first of the file)\n"
		"  --hex              write hex digits, as to terminals\n"
		"  -o, --output FILE  write there, not to standard output\n"
		"\n"
		"inspect tells what a pickle is, and where its values are; decode prints them as\n"
		"JSON, encode makes a pickle of JSON, and convert one of another. INPUT is a "
		"file,\n"
		"- for standard input (the default), or hex digits; of encode JSON, @FILE or -.\n"
		"What of the form is not said stays as it was, or is form 1 in little-endian NDR.\n"
		"\n"
		"Examples:\n"
		"  penstock pickle inspect logon-info\n"
		"  penstock pickle decode --idl krb5pac.idl --type PAC_LOGON_INFO logon-info\n"
		"  penstock pickle convert --idl demo.idl --type BOOK --ndr64 -o new old\n"
		"  penstock pickle encode --idl demo.idl --type BOOK '{\"id\": 7}' --hex\n",
	.options = options,
	.option = option,
	.run = run,
	.min_arguments = 1,
	.max_arguments = 2,
};
