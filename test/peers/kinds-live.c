/* SPDX-License-Identifier: MIT */
/*
 * kinds.idl as penidl has it, to talk with itself and with kinds-wine.c.
 *
 *	kinds-live serve BINDING [ndr]                 prints the binding, and serves until it is
 *ended kinds-live call BINDING any|ndr|big [CHOSEN]   calls operations, and judges the answers
 *	kinds-live leave BINDING                       opens handles, and goes without a word
 *	kinds-live run-down BINDING                    waits until the server has run those down
 */
#include "kinds.h"
#include <errno.h>
#include <penstock/client.h>
#include <penstock/server.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <time.h>

/* ---- what kinds-values.inc wants to know ---- */

#define T(name)		      struct kinds_##name
#define U(name)		      union kinds_##name
#define GROW(x, member, n)    ((x)->member = take((n) * sizeof((x)->member[0])))
#define SET_NARROW(where, to) ((where) = (to))
#define SET_WIDE(where, to)   ((where) = (to))

typedef char letter; /* of UTF-8 */
typedef int64_t hyper;

static struct pen_arena *arena; /* of the call that is made or served */

static void *take(size_t n)
{
	void *p = pen_arena_zalloc(arena, n);

	if (!p)
		abort();
	return p;
}

static letter *put_code(letter *to, unsigned code)
{
	static const unsigned char leads[] = { 0, 0xc0, 0xe0, 0xf0 };
	unsigned more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;

	*to++ = (letter)(leads[more] | code >> 6 * more);
	while (more--)
		*to++ = (letter)(0x80 | (code >> 6 * more & 0x3f));
	return to;
}

static const letter *get_code(const letter *from, unsigned *code)
{
	unsigned char lead = (unsigned char)*from++;
	unsigned more = lead < 0xc0 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;

	*code = more ? lead & (0x3fu >> more) : lead;
	for (; more && *from; more--)
		*code = *code << 6 | (*from++ & 0x3f);
	return from;
}

#include "kinds-values.inc"

/* ---- the server ---- */

#define SERVE(operation, type, kind)                                                               \
	static int serve_##operation(struct pen_call *call,                                        \
				     const struct kinds_##operation##_in *in,                      \
				     struct kinds_##operation##_out *out)                          \
	{                                                                                          \
		u64 sum = 0;                                                                       \
		struct dice dice;                                                                  \
                                                                                                   \
		arena = pen_call_arena(call);                                                      \
		add_##kind(&sum, &in->given);                                                      \
		dice.state = out->result = sum;                                                    \
		make_##kind(&dice, &out->made);                                                    \
		return 0;                                                                          \
	}
EACH_VALUE(SERVE)

#define SERVE_TAIL(operation, type, kind)                                                          \
	static int serve_##operation(struct pen_call *call,                                        \
				     const struct kinds_##operation##_in *in,                      \
				     struct kinds_##operation##_out *out)                          \
	{                                                                                          \
		u64 sum = 0;                                                                       \
		struct dice dice;                                                                  \
                                                                                                   \
		arena = pen_call_arena(call);                                                      \
		add_##kind(&sum, &in->given);                                                      \
		dice.state = out->result = sum;                                                    \
		out->made = make_##kind(&dice);                                                    \
		return 0;                                                                          \
	}
EACH_TAIL(SERVE_TAIL)

static int serve_Arrays(struct pen_call *call, const struct kinds_Arrays_in *in,
			struct kinds_Arrays_out *out)
{
	u64 sum = 0;
	struct dice dice;

	arena = pen_call_arena(call);
	add_arrays(&sum, in->n, in->all, in->m, in->part, in->fixed, in->names);
	dice.state = out->result = sum;
	out->made = take((size_t)in->n * sizeof(*out->made));
	out->some = take((size_t)in->n * sizeof(*out->some));
	out->more = make_arrays(&dice, in->n, out->made, &out->n_some, out->some, &out->n_more);
	return 0;
}

static u64 sum_strings(const struct kinds_Strings_in *in)
{
	u64 sum = 0;

	add_wide(&sum, in->wide);
	add_narrow(&sum, in->maybe);
	add(&sum, (u64)in->n);
	add_wide(&sum, in->roomy);
	return sum;
}

static int serve_Strings(struct pen_call *call, const struct kinds_Strings_in *in,
			 struct kinds_Strings_out *out)
{
	struct dice dice;
	int units;

	arena = pen_call_arena(call);
	dice.state = out->result = sum_strings(in);
	out->made = make_wide(&dice, 40, &units);
	out->narrow = make_narrow(&dice, 40);
	return 0;
}

static int serve_Choose(struct pen_call *call, const struct kinds_Choose_in *in,
			struct kinds_Choose_out *out)
{
	u64 sum = 0;
	struct dice dice;

	arena = pen_call_arena(call);
	add_choice(&sum, in->level, &in->given);
	dice.state = out->result = sum;
	out->made_level = make_choice(&dice, &out->made);
	return 0;
}

static int serve_Paint(struct pen_call *call, const struct kinds_Paint_in *in,
		       struct kinds_Paint_out *out)
{
	u64 sum = 0;
	struct dice dice;

	add_paint(&sum, (int)in->colour, &in->given);
	dice.state = out->result = sum;
	out->made_colour = (enum kinds_COLOUR)make_paint(&dice, &out->made);
	return 0;
}

static u64 sum_pointers(const struct kinds_Pointers_in *in)
{
	u64 sum = 0;

	add_number(&sum, in->maybe);
	add_number(&sum, in->through);
	return sum;
}

static int serve_Pointers(struct pen_call *call, const struct kinds_Pointers_in *in,
			  struct kinds_Pointers_out *out)
{
	struct dice dice;

	arena = pen_call_arena(call);
	dice.state = out->result = sum_pointers(in);
	out->made = make_number(&dice);
	return 0;
}

static u64 sum_rings(const struct kinds_Ring_in *in)
{
	struct met met = { .n = 0 };
	u64 sum = 0;

	add_ring(&sum, &met, in->one);
	add_ring(&sum, &met, in->two);
	return sum;
}

static int serve_Ring(struct pen_call *call, const struct kinds_Ring_in *in,
		      struct kinds_Ring_out *out)
{
	struct dice dice;

	arena = pen_call_arena(call);
	dice.state = out->result = sum_rings(in);
	out->made = make_ring(&dice);
	return 0;
}

static u64 sum_both(const struct kinds_PLAIN *value, const struct kinds_NODE *list,
		    const int32_t *maybe, int n, const int32_t *numbers,
		    const struct kinds_DEEP *deep)
{
	u64 sum = 0;

	add_plain(&sum, value);
	add_nodes(&sum, list);
	add_number(&sum, maybe);
	for (int i = 0; i < n; i++)
		add(&sum, (u64)numbers[i]);
	add_deep(&sum, deep);
	return sum;
}

/* What comes back of [in, out] parameters; what a unique pointer points to stays there. */
static void make_both(struct dice *dice, const struct kinds_Both_in *in, struct kinds_Both_out *out)
{
	make_plain(dice, &out->value);
	out->list = make_nodes(dice);
	out->maybe = in->maybe ? take(sizeof(*out->maybe)) : NULL;
	if (out->maybe)
		*out->maybe = (int)roll_all(dice);
	out->numbers = take((size_t)in->n * sizeof(*out->numbers));
	for (int i = 0; i < in->n; i++)
		out->numbers[i] = (int)roll_all(dice);
	make_deep(dice, &out->deep);
}

static int serve_Both(struct pen_call *call, const struct kinds_Both_in *in,
		      struct kinds_Both_out *out)
{
	struct dice dice;

	arena = pen_call_arena(call);
	out->result = sum_both(&in->value, in->list, in->maybe, in->n, in->numbers, &in->deep);
	dice.state = out->result;
	make_both(&dice, in, out);
	return 0;
}

#define SERVE_RESULT(operation, turn)                                                              \
	static int serve_##operation(struct pen_call *call,                                        \
				     const struct kinds_##operation##_in *in,                      \
				     struct kinds_##operation##_out *out)                          \
	{                                                                                          \
		out->result = turn(in->x);                                                         \
		return 0;                                                                          \
	}
SERVE_RESULT(Double, turn_double)
SERVE_RESULT(Float, turn_float)
SERVE_RESULT(Short, turn_short)
SERVE_RESULT(Byte, turn_byte)
SERVE_RESULT(Colour, turn_colour)

static int n_run_down;

static void run_down(void *object)
{
	n_run_down++;
	free(object);
}

static const struct pen_handle_type handle_type = { "number", run_down };

static int serve_Open(struct pen_call *call, const struct kinds_Open_in *in,
		      struct kinds_Open_out *out)
{
	hyper *number = malloc(sizeof(*number));
	int r;

	if (!number)
		return -ENOMEM;
	*number = in->number;
	r = pen_call_handle_new(call, &handle_type, number, &out->handle);
	if (r)
		free(number);
	return r;
}

static int serve_Add(struct pen_call *call, const struct kinds_Add_in *in,
		     struct kinds_Add_out *out)
{
	void *object;
	int r = pen_call_handle_get(call, &handle_type, &in->handle, &object);

	if (!r)
		out->result = *(hyper *)object += in->number;
	return r;
}

/* Closing runs down too, but that is not for want of a client. */
static int close_handle(struct pen_call *call, struct pen_context_handle *handle)
{
	int r = pen_call_handle_close(call, &handle_type, handle);

	n_run_down -= !r;
	return r;
}

static int serve_Exchange(struct pen_call *call, const struct kinds_Exchange_in *in,
			  struct kinds_Exchange_out *out)
{
	struct kinds_Open_out opened;
	struct kinds_Open_in open;
	void *object;
	int r;

	out->handle = in->handle;
	r = pen_call_handle_get(call, &handle_type, &in->handle, &object);
	if (r)
		return r;
	open.number = -*(hyper *)object;
	r = close_handle(call, &out->handle);
	if (!r)
		r = serve_Open(call, &open, &opened);
	if (!r)
		out->handle = opened.handle;
	return r;
}

static int serve_Close(struct pen_call *call, const struct kinds_Close_in *in,
		       struct kinds_Close_out *out)
{
	out->handle = in->handle;
	return close_handle(call, &out->handle);
}

static int serve_RunDown(struct pen_call *call, const struct kinds_RunDown_in *in,
			 struct kinds_RunDown_out *out)
{
	out->result = n_run_down;
	return 0;
}

#define ROW(operation, type, kind) .operation = serve_##operation,
static const struct kinds_operations operations = {
	EACH_VALUE(ROW) EACH_TAIL(ROW).Arrays = serve_Arrays,
	.Strings = serve_Strings,
	.Choose = serve_Choose,
	.Paint = serve_Paint,
	.Pointers = serve_Pointers,
	.Ring = serve_Ring,
	.Both = serve_Both,
	.Double = serve_Double,
	.Float = serve_Float,
	.Short = serve_Short,
	.Byte = serve_Byte,
	.Colour = serve_Colour,
	.Open = serve_Open,
	.Add = serve_Add,
	.Exchange = serve_Exchange,
	.Close = serve_Close,
	.RunDown = serve_RunDown,
};

static void log_line(void *data, enum pen_log_level level, const char *line)
{
	if (level <= PEN_LOG_WARNING)
		fprintf(stderr, "%s\n", line);
}

static int serve(const char *binding, bool refuses_ndr64)
{
	struct pen_service service = { .interface = &kinds_interface,
				       .operations = &operations,
				       .refuses_ndr64 = refuses_ndr64 };
	struct pen_server_config config = { .log = log_line };
	struct pen_server *server;
	int r;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	r = pen_server_new(&server, &config);
	if (r)
		return 1;
	r = pen_server_add(server, &service, NULL);
	if (!r)
		r = pen_server_listen(server, binding, NULL, &binding);
	if (!r) {
		puts(binding);
		fflush(stdout);
		r = pen_server_run(server);
	}
	if (r)
		fprintf(stderr, "%s\n", pen_server_error(server));
	pen_server_free(server);
	return r ? 1 : 0;
}

/* ---- the client ---- */

static struct pen_arena given_arena; /* what is given, and what is expected */

/* The dice of one round of one operation. */
static struct dice start(unsigned round)
{
	arena = &given_arena;
	return start_dice(round);
}

static void judge_call(struct pen_call *call, const char *operation, unsigned round, int r,
		       bool is_heard, bool is_answered)
{
	judge(operation, round, !r && is_heard && is_answered,
	      r		 ? pen_call_error(call)
	      : is_heard ? "the answer is not what was made"
			 : "the server heard something else");
	pen_arena_reset(&given_arena);
}

#define CALL(operation, type, kind)                                                                \
	static void call_##operation(struct pen_call *call, unsigned round)                        \
	{                                                                                          \
		struct dice dice = start(round);                                                   \
		struct kinds_##operation##_in in = { 0 };                                          \
		struct kinds_##operation##_out out;                                                \
		u64 sum = 0, seen = 0, due = 0;                                                    \
		T(type) expected = { 0 };                                                          \
		int r;                                                                             \
                                                                                                   \
		make_##kind(&dice, &in.given);                                                     \
		add_##kind(&sum, &in.given);                                                       \
		r = kinds_##operation(call, &in, &out);                                            \
		dice.state = sum;                                                                  \
		make_##kind(&dice, &expected);                                                     \
		add_##kind(&due, &expected);                                                       \
		if (!r)                                                                            \
			add_##kind(&seen, &out.made);                                              \
		judge_call(call, #operation, round, r, !r && out.result == sum, seen == due);      \
	}
EACH_VALUE(CALL)

#define CALL_TAIL(operation, type, kind)                                                           \
	static void call_##operation(struct pen_call *call, unsigned round)                        \
	{                                                                                          \
		struct dice dice = start(round);                                                   \
		struct kinds_##operation##_in in = { .given = *make_##kind(&dice) };               \
		struct kinds_##operation##_out out;                                                \
		u64 sum = 0, seen = 0, due = 0;                                                    \
		int r;                                                                             \
                                                                                                   \
		add_##kind(&sum, &in.given);                                                       \
		r = kinds_##operation(call, &in, &out);                                            \
		dice.state = sum;                                                                  \
		add_##kind(&due, make_##kind(&dice));                                              \
		if (!r && out.made)                                                                \
			add_##kind(&seen, out.made);                                               \
		judge_call(call, #operation, round, r, !r && out.result == sum, seen == due);      \
	}
EACH_TAIL(CALL_TAIL)

static void make_arrays_given(struct dice *dice, struct kinds_Arrays_in *in)
{
	in->n = (int)roll(dice, 5);
	in->m = (int)roll(dice, (unsigned)in->n + 1);
	in->all = take((size_t)in->n * sizeof(*in->all));
	in->part = take((size_t)in->n * sizeof(*in->part));
	in->names = take((size_t)in->n * sizeof(*in->names));
	for (int i = 0; i < in->n; i++) {
		in->all[i] = (int)roll_all(dice);
		in->part[i] = (hyper)roll_all(dice);
		in->names[i] = make_name(dice);
	}
	make_plain(dice, &in->fixed[0]);
	make_plain(dice, &in->fixed[1]);
}

static void call_Arrays(struct pen_call *call, unsigned round)
{
	struct dice dice = start(round);
	struct kinds_Arrays_in in = { 0 };
	struct kinds_Arrays_out out, due;
	u64 sum = 0, seen_sum = 0, due_sum = 0;
	int r;

	make_arrays_given(&dice, &in);
	add_arrays(&sum, in.n, in.all, in.m, in.part, in.fixed, in.names);
	r = kinds_Arrays(call, &in, &out);
	dice.state = sum;
	due.made = take((size_t)in.n * sizeof(*due.made));
	due.some = take((size_t)in.n * sizeof(*due.some));
	due.more = make_arrays(&dice, in.n, due.made, &due.n_some, due.some, &due.n_more);
	add_arrays_made(&due_sum, in.n, due.made, due.n_some, due.some, due.n_more, due.more);
	if (!r)
		add_arrays_made(&seen_sum, in.n, out.made, out.n_some, out.some, out.n_more,
				out.more);
	judge_call(call, "Arrays", round, r, !r && out.result == sum, seen_sum == due_sum);
}

static void call_Strings(struct pen_call *call, unsigned round)
{
	struct dice dice = start(round);
	struct kinds_Strings_in in = { 0 };
	struct kinds_Strings_out out;
	u64 sum, seen = 0, due = 0;
	int r, units;

	in.wide = make_wide(&dice, 40, &units);
	in.maybe = is_null(&dice) ? NULL : make_narrow(&dice, 40);
	in.roomy = make_wide(&dice, 40, &units);
	in.n = units + (int)roll(&dice, 5);
	sum = sum_strings(&in);
	r = kinds_Strings(call, &in, &out);
	dice.state = sum;
	add_wide(&due, make_wide(&dice, 40, &units));
	add_narrow(&due, make_narrow(&dice, 40));
	if (!r) {
		add_wide(&seen, out.made);
		add_narrow(&seen, out.narrow);
	}
	judge_call(call, "Strings", round, r, !r && out.result == sum, seen == due);
}

static void call_Choose(struct pen_call *call, unsigned round)
{
	struct dice dice = start(round);
	struct kinds_Choose_in in = { 0 };
	struct kinds_Choose_out out, expected = { 0 };
	u64 sum = 0, seen = 0, due = 0;
	int r;

	in.level = make_choice(&dice, &in.given);
	add_choice(&sum, in.level, &in.given);
	r = kinds_Choose(call, &in, &out);
	dice.state = sum;
	expected.made_level = make_choice(&dice, &expected.made);
	add_choice(&due, expected.made_level, &expected.made);
	if (!r)
		add_choice(&seen, out.made_level, &out.made);
	judge_call(call, "Choose", round, r, !r && out.result == sum, seen == due);
}

static void call_Paint(struct pen_call *call, unsigned round)
{
	struct dice dice = start(round);
	struct kinds_Paint_in in = { 0 };
	struct kinds_Paint_out out, expected = { 0 };
	u64 sum = 0, seen = 0, due = 0;
	int colour = make_paint(&dice, &in.given);
	int r;

	in.colour = (enum kinds_COLOUR)colour;
	add_paint(&sum, colour, &in.given);
	r = kinds_Paint(call, &in, &out);
	dice.state = sum;
	colour = make_paint(&dice, &expected.made);
	add_paint(&due, colour, &expected.made);
	if (!r)
		add_paint(&seen, (int)out.made_colour, &out.made);
	judge_call(call, "Paint", round, r, !r && out.result == sum, seen == due);
}

static void call_Pointers(struct pen_call *call, unsigned round)
{
	struct dice dice = start(round);
	struct kinds_Pointers_in in = { 0 };
	struct kinds_Pointers_out out;
	u64 sum, seen = 0, due = 0;
	int r;

	in.maybe = make_number(&dice);
	in.through = make_number(&dice);
	sum = sum_pointers(&in);
	r = kinds_Pointers(call, &in, &out);
	dice.state = sum;
	add_number(&due, make_number(&dice));
	if (!r)
		add_number(&seen, out.made);
	judge_call(call, "Pointers", round, r, !r && out.result == sum, seen == due);
}

static void call_Ring(struct pen_call *call, unsigned round)
{
	struct met seen_met = { .n = 0 }, due_met = { .n = 0 };
	struct dice dice = start(round);
	struct kinds_Ring_in in = { 0 };
	struct kinds_Ring_out out;
	u64 sum, seen = 0, due = 0;
	int r;

	in.one = make_ring(&dice);
	in.two = roll(&dice, 2) && in.one ? in.one->next : make_ring(&dice);
	sum = sum_rings(&in);
	r = kinds_Ring(call, &in, &out);
	dice.state = sum;
	add_ring(&due, &due_met, make_ring(&dice));
	if (!r)
		add_ring(&seen, &seen_met, out.made);
	judge_call(call, "Ring", round, r, !r && out.result == sum, seen == due);
}

static void call_Both(struct pen_call *call, unsigned round)
{
	struct dice dice = start(round);
	struct kinds_Both_in in = { 0 };
	struct kinds_Both_out out, due = { 0 };
	u64 sum, seen = 0;
	int r;

	make_plain(&dice, &in.value);
	in.list = make_nodes(&dice);
	in.maybe = make_number(&dice);
	in.n = (int)roll(&dice, 5);
	in.numbers = take((size_t)in.n * sizeof(*in.numbers));
	for (int i = 0; i < in.n; i++)
		in.numbers[i] = (int)roll_all(&dice);
	make_deep(&dice, &in.deep);
	sum = sum_both(&in.value, in.list, in.maybe, in.n, in.numbers, &in.deep);
	r = kinds_Both(call, &in, &out);
	dice.state = sum;
	make_both(&dice, &in, &due);
	if (!r)
		seen = sum_both(&out.value, out.list, out.maybe, in.n, out.numbers, &out.deep);
	judge_call(call, "Both", round, r, !r && out.result == sum,
		   seen == sum_both(&due.value, due.list, due.maybe, in.n, due.numbers, &due.deep));
}

#define CALL_RESULT(operation, turn, dice_value)                                                   \
	static void call_##operation(struct pen_call *call, unsigned round)                        \
	{                                                                                          \
		struct dice dice = start(round);                                                   \
		struct kinds_##operation##_in in = { .x = (dice_value) };                          \
		struct kinds_##operation##_out out;                                                \
		int r = kinds_##operation(call, &in, &out);                                        \
                                                                                                   \
		judge_call(call, #operation, round, r, true, !r && out.result == turn(in.x));      \
	}
CALL_RESULT(Double, turn_double, roll_double(&dice))
CALL_RESULT(Float, turn_float, (float)roll_double(&dice))
CALL_RESULT(Short, turn_short, (short)roll(&dice, 65536))
CALL_RESULT(Byte, turn_byte, (unsigned char)roll(&dice, 256))
CALL_RESULT(Colour, (enum kinds_COLOUR)turn_colour, (enum kinds_COLOUR)colours[roll(&dice, 3)])

static int open_handle(struct pen_call *call, hyper number, struct pen_context_handle *handle)
{
	struct kinds_Open_in in = { .number = number };
	struct kinds_Open_out out;
	int r = kinds_Open(call, &in, &out);

	if (!r)
		*handle = out.handle;
	return r;
}

static bool adds_to(struct pen_call *call, const struct pen_context_handle *handle, hyper number,
		    hyper due)
{
	struct kinds_Add_in in = { .handle = *handle, .number = number };
	struct kinds_Add_out out;

	return !kinds_Add(call, &in, &out) && out.result == due;
}

static bool is_nil(const struct pen_context_handle *handle)
{
	return !handle->attributes && pen_uuid_is_nil(&handle->uuid);
}

static void call_handles(struct pen_call *call)
{
	struct pen_context_handle handle, other;
	struct kinds_Exchange_in exchange;
	struct kinds_Exchange_out exchanged;
	struct kinds_Close_in in;
	struct kinds_Close_out out;

	judge("Open", 1, !open_handle(call, 40, &handle), pen_call_error(call));
	judge("Open", 2, !open_handle(call, 1000, &other), pen_call_error(call));
	judge("Add", 1, adds_to(call, &handle, 2, 42), pen_call_error(call));
	judge("Add", 2, adds_to(call, &other, 1, 1001), pen_call_error(call));
	judge("Add", 3, adds_to(call, &handle, -50, -8), pen_call_error(call));
	exchange.handle = handle;
	judge("Exchange", 1, !kinds_Exchange(call, &exchange, &exchanged), pen_call_error(call));
	judge("Exchange", 2, adds_to(call, &exchanged.handle, 1, 9), "another number");
	in.handle = exchanged.handle;
	judge("Close", 1, !kinds_Close(call, &in, &out) && is_nil(&out.handle), "it is not closed");
	judge("Close", 2, kinds_Close(call, &in, &out) == PEN_E_FAULT, "it is closed again");
	in.handle = other;
	judge("Close", 3, !kinds_Close(call, &in, &out), pen_call_error(call));
}

#define CALL_CHOSEN(operation, type, kind)                                                         \
	if (is_chosen(#operation))                                                                 \
		call_##operation(call, round);

static void call_all(struct pen_call *call)
{
	for (unsigned round = 1; round <= ROUNDS; round++) {
		EACH_VALUE(CALL_CHOSEN)
		EACH_TAIL(CALL_CHOSEN)
		EACH_OTHER(CALL_CHOSEN)
	}
	if (is_chosen("Handles"))
		call_handles(call);
}

static void leave(struct pen_call *call)
{
	struct pen_context_handle handle;

	for (int i = 0; i < HANDLES_LEFT; i++)
		judge("Open", (unsigned)i, !open_handle(call, i, &handle), pen_call_error(call));
}

static void wait_for_run_down(struct pen_call *call)
{
	struct kinds_RunDown_out out = { 0 };
	int r = 0;

	for (int i = 0; i < WAIT_MAX && !r && out.result < HANDLES_LEFT; i++) {
		nanosleep(&(struct timespec){ .tv_nsec = 50000000 }, NULL);
		r = kinds_RunDown(call, &(struct kinds_RunDown_in){ 0 }, &out);
	}
	judge("RunDown", 1, !r && out.result == HANDLES_LEFT,
	      r ? pen_call_error(call) : "not as many as were left");
}

int main(int argc, char **argv)
{
	struct pen_client_config config = { 0 };
	struct pen_ndr_error error = { "" };
	struct pen_client *client;
	struct pen_call *call;
	const char *how = argc > 3 ? argv[3] : "any";

	if (argc < 3)
		return 2;
	if (argc > 4)
		chosen = argv[4];
	config.refuse_ndr64 = strcmp(how, "any") != 0;
	config.is_big_endian = !strcmp(how, "big");
	if (!strcmp(argv[1], "serve"))
		return serve(argv[2], config.refuse_ndr64);
	if (pen_client_new(&client, argv[2], &config, &error) || pen_call_new(&call, client)) {
		fprintf(stderr, "%s\n", error.text);
		return 1;
	}
	pen_call_set_timeout(call, 60000);
	pen_arena_init(&given_arena, 0);
	if (!strcmp(argv[1], "call"))
		call_all(call);
	else if (!strcmp(argv[1], "leave"))
		leave(call);
	else
		wait_for_run_down(call);
	pen_arena_done(&given_arena);
	pen_call_free(call);
	pen_client_free(client);
	printf("%u passed, %u failed\n", n_passed, n_failed);
	return n_failed ? 1 : 0;
}
