/* SPDX-License-Identifier: MIT */
/*
 * kinds.idl as Wine's widl has it, to talk with itself and with kinds-live.c.
 *
 *	kinds-wine serve                prints its bindings, and serves until it is ended
 *	kinds-wine call PORT [CHOSEN]   calls operations, and judges the answers
 *	kinds-wine leave PORT           opens handles, and goes without a word
 *	kinds-wine run-down PORT        waits until the server has run those down
 */
#include "kinds.h"
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>
#include <wine/exception.h>

/* ---- what kinds-values.inc wants to know ---- */

#define T(name)		      name
#define U(name)		      name
#define GROW(x, member, n)    ((void)(n))
#define SET_NARROW(where, to) (strcpy((char *)(where), (to)))
#define SET_WIDE(where, to)   copy_wide((where), (to))

typedef WCHAR letter;

/* Nothing is freed: a ring would be freed more than once. */
static void *take(size_t n)
{
	return calloc(1, n ? n : 1);
}

void *__RPC_USER MIDL_user_allocate(SIZE_T n)
{
	return take(n);
}

void __RPC_USER MIDL_user_free(void *p)
{
	(void)p;
}

static void copy_wide(letter *to, const letter *from)
{
	while ((*to++ = *from++)) {
	}
}

static letter *put_code(letter *to, unsigned code)
{
	if (code < 0x10000) {
		*to++ = (letter)code;
	} else {
		*to++ = (letter)(0xd800 + ((code - 0x10000) >> 10));
		*to++ = (letter)(0xdc00 + ((code - 0x10000) & 0x3ff));
	}
	return to;
}

static const letter *get_code(const letter *from, unsigned *code)
{
	*code = *from++;
	if (*code >= 0xd800 && *code < 0xdc00 && *from)
		*code = 0x10000 + ((*code & 0x3ff) << 10) + (*from++ & 0x3ff);
	return from;
}

#include "kinds-values.inc"

/* ---- the server ---- */

#define SERVE(operation, type, kind)                                                               \
	MIDL_uhyper __cdecl operation(handle_t h, type *given, type *made)                         \
	{                                                                                          \
		u64 sum = 0;                                                                       \
		struct dice dice;                                                                  \
                                                                                                   \
		(void)h;                                                                           \
		add_##kind(&sum, given);                                                           \
		dice.state = sum;                                                                  \
		memset(made, 0, sizeof(*made));                                                    \
		make_##kind(&dice, made);                                                          \
		return sum;                                                                        \
	}
EACH_VALUE(SERVE)

#define SERVE_TAIL(operation, type, kind)                                                          \
	MIDL_uhyper __cdecl operation(handle_t h, type *given, type **made)                        \
	{                                                                                          \
		u64 sum = 0;                                                                       \
		struct dice dice;                                                                  \
                                                                                                   \
		(void)h;                                                                           \
		add_##kind(&sum, given);                                                           \
		dice.state = sum;                                                                  \
		*made = make_##kind(&dice);                                                        \
		return sum;                                                                        \
	}
EACH_TAIL(SERVE_TAIL)

static const letter *const *as_letters(NAME *names)
{
	return (const letter *const *)names;
}

MIDL_uhyper __cdecl Arrays(handle_t h, LONG n, LONG *all, LONG m, hyper *part, PLAIN fixed[2],
			   NAME *names, hyper *made, LONG *n_some, short *some, LONG *n_more,
			   INNER **more)
{
	u64 sum = 0;
	struct dice dice;

	(void)h;
	add_arrays(&sum, n, all, m, part, fixed, as_letters(names));
	dice.state = sum;
	*more = make_arrays(&dice, n, made, n_some, some, n_more);
	return sum;
}

MIDL_uhyper __cdecl Strings(handle_t h, WCHAR *wide, char *maybe, LONG n, WCHAR *roomy,
			    WCHAR **made, char **narrow)
{
	u64 sum = 0;
	struct dice dice;
	int units;

	(void)h;
	add_wide(&sum, wide);
	add_narrow(&sum, maybe);
	add(&sum, (u64)n);
	add_wide(&sum, roomy);
	dice.state = sum;
	*made = make_wide(&dice, 40, &units);
	*narrow = make_narrow(&dice, 40);
	return sum;
}

MIDL_uhyper __cdecl Choose(handle_t h, LONG level, CHOICE *given, LONG *made_level, CHOICE *made)
{
	u64 sum = 0;
	struct dice dice;

	(void)h;
	add_choice(&sum, level, given);
	dice.state = sum;
	memset(made, 0, sizeof(*made));
	*made_level = make_choice(&dice, made);
	return sum;
}

MIDL_uhyper __cdecl Paint(handle_t h, COLOUR colour, PAINT *given, COLOUR *made_colour, PAINT *made)
{
	u64 sum = 0;
	struct dice dice;

	(void)h;
	add_paint(&sum, colour, given);
	dice.state = sum;
	memset(made, 0, sizeof(*made));
	*made_colour = make_paint(&dice, made);
	return sum;
}

MIDL_uhyper __cdecl Pointers(handle_t h, LONG *maybe, NUMBER *through, NUMBER *made)
{
	u64 sum = 0;
	struct dice dice;

	(void)h;
	add_number(&sum, maybe);
	add_number(&sum, *through);
	dice.state = sum;
	*made = make_number(&dice);
	return sum;
}

MIDL_uhyper __cdecl Ring(handle_t h, RING *one, RING *two, RING_END *made)
{
	struct met met = { .n = 0 };
	u64 sum = 0;
	struct dice dice;

	(void)h;
	add_ring(&sum, &met, one);
	add_ring(&sum, &met, two);
	dice.state = sum;
	*made = make_ring(&dice);
	return sum;
}

static u64 sum_both(const PLAIN *value, const NODE *list, const LONG *maybe, int n,
		    const LONG *numbers, const DEEP *deep)
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

static void make_both(struct dice *dice, PLAIN *value, NODE **list, LONG *maybe, int n,
		      LONG *numbers, DEEP *deep)
{
	make_plain(dice, value);
	*list = make_nodes(dice);
	if (maybe)
		*maybe = (int)roll_all(dice);
	for (int i = 0; i < n; i++)
		numbers[i] = (int)roll_all(dice);
	memset(deep, 0, sizeof(*deep));
	make_deep(dice, deep);
}

MIDL_uhyper __cdecl Both(handle_t h, PLAIN *value, NODE **list, LONG *maybe, LONG n, LONG *numbers,
			 DEEP *deep)
{
	u64 sum = sum_both(value, *list, maybe, n, numbers, deep);
	struct dice dice = { sum };

	(void)h;
	make_both(&dice, value, list, maybe, n, numbers, deep);
	return sum;
}

#define SERVE_RESULT(operation, type, turn)                                                        \
	type __cdecl operation(handle_t h, type x)                                                 \
	{                                                                                          \
		(void)h;                                                                           \
		return turn(x);                                                                    \
	}
SERVE_RESULT(Double, double, turn_double)
SERVE_RESULT(Float, float, turn_float)
SERVE_RESULT(Short, short, turn_short)
SERVE_RESULT(Byte, byte, turn_byte)
SERVE_RESULT(Colour, COLOUR, turn_colour)

static LONG n_run_down;

LONG __cdecl Open(handle_t h, hyper number, NUMBER_HANDLE *handle)
{
	hyper *object = take(sizeof(*object));

	(void)h;
	*object = number;
	*handle = object;
	return 0;
}

hyper __cdecl Add(NUMBER_HANDLE handle, hyper number)
{
	return *(hyper *)handle += number;
}

LONG __cdecl Exchange(NUMBER_HANDLE *handle)
{
	hyper *object = take(sizeof(*object));

	*object = -*(hyper *)*handle;
	*handle = object;
	return 0;
}

LONG __cdecl Close(NUMBER_HANDLE *handle)
{
	*handle = NULL;
	return 0;
}

LONG __cdecl RunDown(handle_t h)
{
	(void)h;
	return n_run_down;
}

void __RPC_USER NUMBER_HANDLE_rundown(NUMBER_HANDLE handle)
{
	(void)handle;
	InterlockedIncrement(&n_run_down);
}

static int serve(void)
{
	static char sequence[] = "ncacn_ip_tcp";
	RPC_BINDING_VECTOR *bindings;
	unsigned char *text;
	RPC_STATUS status;

	status = RpcServerUseProtseqA((unsigned char *)sequence, 10, NULL);
	if (!status)
		status = RpcServerRegisterIf(kinds_v1_2_s_ifspec, NULL, NULL);
	if (!status)
		status = RpcServerInqBindings(&bindings);
	for (ULONG i = 0; !status && i < bindings->Count; i++) {
		status = RpcBindingToStringBindingA(bindings->BindingH[i], &text);
		if (!status)
			puts((char *)text);
	}
	fflush(stdout);
	if (!status)
		status = RpcServerListen(1, 100, FALSE);
	fprintf(stderr, "the server ended by %ld\n", (long)status);
	return 1;
}

/* ---- the client ---- */

static handle_t server;
static DWORD fault; /* the exception that the last call ended by */
static u64 heard;   /* what the server has heard, as it says */

#define TRY(statement)                                                                             \
	do {                                                                                       \
		fault = 0;                                                                         \
		__TRY                                                                              \
		{                                                                                  \
			statement;                                                                 \
		}                                                                                  \
		__EXCEPT_ALL                                                                       \
		{                                                                                  \
			fault = GetExceptionCode();                                                \
		}                                                                                  \
		__ENDTRY                                                                           \
	} while (0)

static void judge_call(const char *operation, unsigned round, int is_heard, int is_answered)
{
	char why[64];

	snprintf(why, sizeof(why), "exception 0x%lx", (unsigned long)fault);
	judge(operation, round, !fault && is_heard && is_answered,
	      fault	 ? why
	      : is_heard ? "the answer is not what was made"
			 : "the server heard something else");
}

/* What a [ref] pointer of an answer points to is the caller's. */
static void prepare_references(REFERENCES *made)
{
	made->inner = take(sizeof(*made->inner));
	made->through = take(sizeof(*made->through));
}

#define PREPARE(operation, type, kind)                                                             \
	static void prepare_##kind(type *made)                                                     \
	{                                                                                          \
		(void)made;                                                                        \
	}
EACH_VALUE_BUT_REFERENCES(PREPARE)

#define CALL(operation, type, kind)                                                                \
	static void call_##operation(unsigned round)                                               \
	{                                                                                          \
		struct dice dice = start_dice(round);                                              \
		type *given = take(sizeof(*given));                                                \
		type *made = take(sizeof(*made));                                                  \
		type *expected = take(sizeof(*expected));                                          \
		u64 sum = 0, seen = 0, due = 0;                                                    \
                                                                                                   \
		prepare_##kind(made);                                                              \
		make_##kind(&dice, given);                                                         \
		add_##kind(&sum, given);                                                           \
		TRY(heard = client_##operation(server, given, made));                              \
		dice.state = sum;                                                                  \
		make_##kind(&dice, expected);                                                      \
		add_##kind(&due, expected);                                                        \
		if (!fault && heard == sum)                                                        \
			add_##kind(&seen, made);                                                   \
		judge_call(#operation, round, heard == sum, seen == due);                          \
	}
EACH_VALUE(CALL)

#define CALL_TAIL(operation, type, kind)                                                           \
	static void call_##operation(unsigned round)                                               \
	{                                                                                          \
		struct dice dice = start_dice(round);                                              \
		type *given = make_##kind(&dice);                                                  \
		type **made = take(sizeof(*made));                                                 \
		u64 sum = 0, seen = 0, due = 0;                                                    \
                                                                                                   \
		add_##kind(&sum, given);                                                           \
		TRY(heard = client_##operation(server, given, made));                              \
		dice.state = sum;                                                                  \
		add_##kind(&due, make_##kind(&dice));                                              \
		if (!fault && *made)                                                               \
			add_##kind(&seen, *made);                                                  \
		judge_call(#operation, round, heard == sum, seen == due);                          \
	}
EACH_TAIL(CALL_TAIL)

/* Parameters of Arrays, those that come back among them. */
struct arrays {
	LONG n, m;
	LONG *all;
	hyper *part;
	PLAIN fixed[2];
	NAME *names;
	hyper *made;
	LONG n_some, n_more;
	short *some;
	INNER *more;
};

static struct arrays *make_arrays_given(struct dice *dice)
{
	struct arrays *x = take(sizeof(*x));

	x->n = (int)roll(dice, 5);
	x->m = (int)roll(dice, (unsigned)x->n + 1);
	x->all = take((size_t)x->n * sizeof(*x->all));
	x->part = take((size_t)x->n * sizeof(*x->part));
	x->names = take((size_t)x->n * sizeof(*x->names));
	x->made = take((size_t)x->n * sizeof(*x->made));
	x->some = take((size_t)x->n * sizeof(*x->some));
	for (int i = 0; i < x->n; i++) {
		x->all[i] = (int)roll_all(dice);
		x->part[i] = (hyper)roll_all(dice);
		x->names[i] = make_name(dice);
	}
	make_plain(dice, &x->fixed[0]);
	make_plain(dice, &x->fixed[1]);
	return x;
}

static u64 sum_arrays_made(const struct arrays *x)
{
	u64 sum = 0;

	add_arrays_made(&sum, x->n, x->made, x->n_some, x->some, x->n_more, x->more);
	return sum;
}

static void call_Arrays(unsigned round)
{
	struct dice dice = start_dice(round);
	struct arrays *x = make_arrays_given(&dice);
	u64 sum = 0, seen = 0;

	add_arrays(&sum, x->n, x->all, x->m, x->part, x->fixed, as_letters(x->names));
	TRY(heard = client_Arrays(server, x->n, x->all, x->m, x->part, x->fixed, x->names, x->made,
				  &x->n_some, x->some, &x->n_more, &x->more));
	if (!fault && heard == sum)
		seen = sum_arrays_made(x);
	dice.state = sum;
	x->more = make_arrays(&dice, x->n, x->made, &x->n_some, x->some, &x->n_more);
	judge_call("Arrays", round, heard == sum, seen == sum_arrays_made(x));
}

static void call_Strings(unsigned round)
{
	struct dice dice = start_dice(round);
	int units;
	WCHAR *wide = make_wide(&dice, 40, &units);
	char *maybe = is_null(&dice) ? NULL : make_narrow(&dice, 40);
	WCHAR *roomy = make_wide(&dice, 40, &units);
	LONG n = units + (int)roll(&dice, 5);
	WCHAR **made = take(sizeof(*made));
	char **narrow = take(sizeof(*narrow));
	u64 sum = 0, seen = 0, due = 0;

	add_wide(&sum, wide);
	add_narrow(&sum, maybe);
	add(&sum, (u64)n);
	add_wide(&sum, roomy);
	TRY(heard = client_Strings(server, wide, maybe, n, roomy, made, narrow));
	dice.state = sum;
	add_wide(&due, make_wide(&dice, 40, &units));
	add_narrow(&due, make_narrow(&dice, 40));
	add_wide(&seen, *made);
	add_narrow(&seen, *narrow);
	judge_call("Strings", round, heard == sum, seen == due);
}

static void call_Choose(unsigned round)
{
	struct dice dice = start_dice(round);
	CHOICE *given = take(sizeof(*given));
	CHOICE *made = take(sizeof(*made));
	CHOICE *expected = take(sizeof(*expected));
	LONG *made_level = take(sizeof(*made_level));
	LONG level = make_choice(&dice, given);
	u64 sum = 0, seen = 0, due = 0;

	add_choice(&sum, level, given);
	TRY(heard = client_Choose(server, level, given, made_level, made));
	dice.state = sum;
	level = make_choice(&dice, expected);
	add_choice(&due, level, expected);
	if (!fault && heard == sum)
		add_choice(&seen, *made_level, made);
	judge_call("Choose", round, heard == sum, seen == due);
}

static void call_Paint(unsigned round)
{
	struct dice dice = start_dice(round);
	PAINT *given = take(sizeof(*given));
	PAINT *made = take(sizeof(*made));
	PAINT *expected = take(sizeof(*expected));
	COLOUR *made_colour = take(sizeof(*made_colour));
	COLOUR colour = make_paint(&dice, given);
	u64 sum = 0, seen = 0, due = 0;

	add_paint(&sum, colour, given);
	TRY(heard = client_Paint(server, colour, given, made_colour, made));
	dice.state = sum;
	colour = make_paint(&dice, expected);
	add_paint(&due, colour, expected);
	if (!fault && heard == sum)
		add_paint(&seen, *made_colour, made);
	judge_call("Paint", round, heard == sum, seen == due);
}

static void call_Pointers(unsigned round)
{
	struct dice dice = start_dice(round);
	LONG *maybe = make_number(&dice);
	NUMBER through = make_number(&dice);
	NUMBER *made = take(sizeof(*made));
	u64 sum = 0, seen = 0, due = 0;

	add_number(&sum, maybe);
	add_number(&sum, through);
	TRY(heard = client_Pointers(server, maybe, &through, made));
	dice.state = sum;
	add_number(&due, make_number(&dice));
	if (!fault)
		add_number(&seen, *made);
	judge_call("Pointers", round, heard == sum, seen == due);
}

static void call_Ring(unsigned round)
{
	struct met given_met = { .n = 0 }, seen_met = { .n = 0 }, due_met = { .n = 0 };
	struct dice dice = start_dice(round);
	RING *one = make_ring(&dice);
	RING *two = roll(&dice, 2) && one ? one->next : make_ring(&dice);
	RING_END *made = take(sizeof(*made));
	u64 sum = 0, seen = 0, due = 0;

	add_ring(&sum, &given_met, one);
	add_ring(&sum, &given_met, two);
	TRY(heard = client_Ring(server, one, two, made));
	dice.state = sum;
	add_ring(&due, &due_met, make_ring(&dice));
	if (!fault)
		add_ring(&seen, &seen_met, *made);
	judge_call("Ring", round, heard == sum, seen == due);
}

static void call_Both(unsigned round)
{
	struct dice dice = start_dice(round);
	PLAIN *value = take(sizeof(*value));
	NODE **list = take(sizeof(*list));
	LONG *maybe;
	LONG n;
	LONG *numbers = take(5 * sizeof(*numbers));
	DEEP *deep = take(sizeof(*deep));
	u64 sum, seen = 0;

	make_plain(&dice, value);
	*list = make_nodes(&dice);
	maybe = make_number(&dice);
	n = (int)roll(&dice, 5);
	for (int i = 0; i < n; i++)
		numbers[i] = (int)roll_all(&dice);
	make_deep(&dice, deep);
	sum = sum_both(value, *list, maybe, n, numbers, deep);
	TRY(heard = client_Both(server, value, list, maybe, n, numbers, deep));
	if (!fault && heard == sum)
		seen = sum_both(value, *list, maybe, n, numbers, deep);
	dice.state = sum;
	make_both(&dice, value, list, maybe, n, numbers, deep);
	judge_call("Both", round, heard == sum,
		   seen == sum_both(value, *list, maybe, n, numbers, deep));
}

#define CALL_RESULT(operation, type, turn, dice_value)                                             \
	static void call_##operation(unsigned round)                                               \
	{                                                                                          \
		struct dice dice = start_dice(round);                                              \
		type x = (type)(dice_value);                                                       \
		static type result;                                                                \
                                                                                                   \
		TRY(result = client_##operation(server, x));                                       \
		judge_call(#operation, round, 1, result == turn(x));                               \
	}
CALL_RESULT(Double, double, turn_double, roll_double(&dice))
CALL_RESULT(Float, float, turn_float, roll_double(&dice))
CALL_RESULT(Short, short, turn_short, roll(&dice, 65536))
CALL_RESULT(Byte, byte, turn_byte, roll(&dice, 256))
CALL_RESULT(Colour, COLOUR, (COLOUR)turn_colour, colours[roll(&dice, 3)])

static int adds_to(NUMBER_HANDLE handle, hyper number, hyper due)
{
	static hyper result;

	TRY(result = client_Add(handle, number));
	return !fault && result == due;
}

static void call_handles(void)
{
	static NUMBER_HANDLE handle, other;

	TRY(client_Open(server, 40, &handle));
	judge_call("Open", 1, 1, handle != NULL);
	TRY(client_Open(server, 1000, &other));
	judge_call("Open", 2, 1, other != NULL);
	judge("Add", 1, adds_to(handle, 2, 42), "another number");
	judge("Add", 2, adds_to(other, 1, 1001), "another number");
	judge("Add", 3, adds_to(handle, -50, -8), "another number");
	TRY(client_Exchange(&handle));
	judge_call("Exchange", 1, 1, handle != NULL);
	judge("Exchange", 2, adds_to(handle, 1, 9), "another number");
	TRY(client_Close(&handle));
	judge_call("Close", 1, 1, handle == NULL);
	TRY(client_Close(&other));
	judge_call("Close", 3, 1, other == NULL);
}

#define CALL_CHOSEN(operation, type, kind)                                                         \
	if (is_chosen(#operation))                                                                 \
		call_##operation(round);

static void call_all(void)
{
	for (unsigned round = 1; round <= ROUNDS; round++) {
		EACH_VALUE(CALL_CHOSEN)
		EACH_TAIL(CALL_CHOSEN)
		EACH_OTHER(CALL_CHOSEN)
	}
	if (is_chosen("Handles"))
		call_handles();
}

static void leave(void)
{
	static NUMBER_HANDLE handle;

	for (int i = 0; i < HANDLES_LEFT; i++) {
		handle = NULL;
		TRY(client_Open(server, i, &handle));
		judge_call("Open", (unsigned)i, 1, handle != NULL);
	}
}

static void wait_for_run_down(void)
{
	static LONG n;

	fault = 0;
	for (int i = 0; i < WAIT_MAX && !fault && n < HANDLES_LEFT; i++) {
		Sleep(50);
		TRY(n = client_RunDown(server));
	}
	judge_call("RunDown", 1, 1, n == HANDLES_LEFT);
}

int main(int argc, char **argv)
{
	static char sequence[] = "ncacn_ip_tcp", address[] = "127.0.0.1";
	unsigned char *text;

	if (argc > 1 && !strcmp(argv[1], "serve"))
		return serve();
	if (argc < 3 ||
	    RpcStringBindingComposeA(NULL, (unsigned char *)sequence, (unsigned char *)address,
				     (unsigned char *)argv[2], NULL, &text) ||
	    RpcBindingFromStringBindingA(text, &server))
		return 2;
	if (argc > 3)
		chosen = argv[3];
	if (!strcmp(argv[1], "call"))
		call_all();
	else if (!strcmp(argv[1], "leave"))
		leave();
	else
		wait_for_run_down();
	printf("%u passed, %u failed\n", n_passed, n_failed);
	fflush(stdout);
	return n_failed ? 1 : 0;
}
