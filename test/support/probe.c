/* SPDX-License-Identifier: MIT */
#include "support/probe.h"
#include "support/unit.h"
#include <errno.h>
#include <penstock/status.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- the tables ---- */

#define WIRE(align_, min_)                                                                         \
	.wire = { [PEN_NDR] = { .align = align_, .min = min_ },                                    \
		  [PEN_NDR64] = { .align = align_, .min = min_ } }

#define PARAMETERS(name_, struct_)                                                                 \
	static const struct pen_type name_ = {                                                     \
		.kind = PEN_PARAMETERS,                                                            \
		.size = sizeof(struct struct_),                                                    \
		.fields = name_##_fields,                                                          \
		.n_fields = PEN_COUNT(name_##_fields),                                             \
		WIRE(1, 0),                                                                        \
	}

#define FIELD(struct_, name_, type_)                                                               \
	{                                                                                          \
		.name = #name_, .type = &(type_), .offset = offsetof(struct struct_, name_)        \
	}

static const struct pen_expr n_of_in[] = {
	{ .op = PEN_EXPR_IN,
	  .offset = offsetof(struct probe_bytes_in, n),
	  .type = &pen_type_u32,
	  .name = "n" },
	{ .op = PEN_EXPR_END },
};

static const struct pen_dimension n_bytes = { .size_is = n_of_in, .is_conformant = true };

static const struct pen_type bytes = {
	.kind = PEN_ARRAY,
	.size = sizeof(uint8_t *),
	.element = &pen_type_byte,
	.dimensions = &n_bytes,
	.n_dimensions = 1,
	.wire = { [PEN_NDR] = { .align = 4, .min = 4 }, [PEN_NDR64] = { .align = 8, .min = 8 } },
};

static const struct pen_field add_in_fields[] = {
	FIELD(probe_add_in, a, pen_type_u32),
	FIELD(probe_add_in, b, pen_type_u32),
};
PARAMETERS(add_in, probe_add_in);

static const struct pen_field one_number_fields[] = { FIELD(probe_number, value, pen_type_u32) };
PARAMETERS(one_number, probe_number);

static const struct pen_field bytes_in_fields[] = {
	FIELD(probe_bytes_in, n, pen_type_u32),
	FIELD(probe_bytes_in, data, bytes),
};
PARAMETERS(bytes_in, probe_bytes_in);

static const struct pen_field bytes_out_fields[] = { FIELD(probe_bytes_out, data, bytes) };
PARAMETERS(bytes_out, probe_bytes_out);

static const struct pen_field handle_fields[] = { FIELD(probe_handle, handle, pen_type_handle) };
PARAMETERS(handle, probe_handle);

static const struct pen_type nothing = { .kind = PEN_PARAMETERS,
					 .size = sizeof(struct probe_nothing),
					 WIRE(1, 0) };

/* ---- the server's functions ---- */

typedef int probe_function(struct pen_call *call, const void *in, void *out);

static int probe_add_op(struct pen_call *call, const void *in, void *out)
{
	const struct probe_add_in *add = in;

	((struct probe_number *)out)->value = add->a + add->b;
	return 0;
}

static int probe_echo_op(struct pen_call *call, const void *in, void *out)
{
	((struct probe_bytes_out *)out)->data = ((const struct probe_bytes_in *)in)->data;
	return 0;
}

static void finish_later(struct probe *probe, int i, int result)
{
	struct pen_call *call = probe->later[i];

	probe->later[i] = probe->later[--probe->n_later];
	pen_call_finish(call, result);
}

static void on_cancel(struct pen_call *call, void *data)
{
	struct probe *probe = data;

	probe->n_cancelled++;
	for (int i = 0; i < probe->n_later && !probe->ignores_cancel; i++)
		if (probe->later[i] == call) {
			finish_later(probe, i, PEN_E_CANCELLED);
			return;
		}
}

static int probe_later_op(struct pen_call *call, const void *in, void *out)
{
	struct probe *probe = pen_call_data(call);

	((struct probe_number *)out)->value = ((const struct probe_number *)in)->value;
	if (probe->n_later == PEN_COUNT(probe->later))
		return PEN_E_LIMIT;
	probe->later[probe->n_later++] = call;
	pen_call_on_cancel(call, on_cancel, probe);
	return PEN_PENDING;
}

static int probe_release_op(struct pen_call *call, const void *in, void *out)
{
	struct probe *probe = pen_call_data(call);
	struct probe_number *number = out;

	while (probe->n_later) {
		finish_later(probe, 0, 0);
		number->value++;
	}
	return 0;
}

static void rundown(void *object)
{
	struct probe *probe = object;

	probe->n_rundowns++;
	probe->n_objects--;
}

static const struct pen_handle_type thing = { .name = "thing", .rundown = rundown };

static int probe_open_op(struct pen_call *call, const void *in, void *out)
{
	struct probe *probe = pen_call_data(call);
	int r;

	r = pen_call_handle_new(call, &thing, probe, &((struct probe_handle *)out)->handle);
	if (!r)
		probe->n_objects++;
	return r;
}

static int probe_use_op(struct pen_call *call, const void *in, void *out)
{
	void *object;

	return pen_call_handle_get(call, &thing, &((const struct probe_handle *)in)->handle,
				   &object);
}

static int probe_close_op(struct pen_call *call, const void *in, void *out)
{
	struct probe_handle *closed = out;

	*closed = *(const struct probe_handle *)in;
	return pen_call_handle_close(call, &thing, &closed->handle);
}

static int probe_fail_op(struct pen_call *call, const void *in, void *out)
{
	int how = (int)((const struct probe_number *)in)->value;

	return how == PEN_E_FAULT ? pen_call_fail(call, 0xC0000022, "As was asked for.") : how;
}

static int probe_shout_op(struct pen_call *call, const void *in, void *out)
{
	((struct probe *)pen_call_data(call))->n_shouts++;
	return 0;
}

static probe_function *const functions[PROBE_N_OPERATIONS] = {
	[PROBE_ADD] = probe_add_op,	[PROBE_ECHO] = probe_echo_op,
	[PROBE_LATER] = probe_later_op, [PROBE_RELEASE] = probe_release_op,
	[PROBE_OPEN] = probe_open_op,	[PROBE_USE] = probe_use_op,
	[PROBE_CLOSE] = probe_close_op, [PROBE_FAIL] = probe_fail_op,
	[PROBE_SHOUT] = probe_shout_op,
};

#define DISPATCH(opnum)                                                                            \
	static int dispatch_##opnum(const void *operations, struct pen_call *call, const void *in, \
				    void *out)                                                     \
	{                                                                                          \
		return ((probe_function *const *)operations)[opnum](call, in, out);                \
	}

DISPATCH(PROBE_ADD)
DISPATCH(PROBE_ECHO)
DISPATCH(PROBE_LATER)
DISPATCH(PROBE_RELEASE)
DISPATCH(PROBE_OPEN)
DISPATCH(PROBE_USE)
DISPATCH(PROBE_CLOSE)
DISPATCH(PROBE_FAIL)
DISPATCH(PROBE_SHOUT)

#define OPERATION(opnum, in_, out_, flags_)                                                        \
	[opnum] = { .name = #opnum,                                                                \
		    .flags = flags_,                                                               \
		    .in = &(in_),                                                                  \
		    .out = &(out_),                                                                \
		    .dispatch = dispatch_##opnum }

static const struct pen_operation operations[PROBE_N_OPERATIONS] = {
	OPERATION(PROBE_ADD, add_in, one_number, 0),
	OPERATION(PROBE_ECHO, bytes_in, bytes_out, 0),
	OPERATION(PROBE_LATER, one_number, one_number, 0),
	OPERATION(PROBE_RELEASE, nothing, one_number, 0),
	OPERATION(PROBE_OPEN, nothing, handle, 0),
	OPERATION(PROBE_USE, handle, nothing, 0),
	OPERATION(PROBE_CLOSE, handle, handle, 0),
	OPERATION(PROBE_FAIL, one_number, one_number, 0),
	OPERATION(PROBE_SHOUT, one_number, nothing, PEN_OPERATION_MAYBE),
};

const struct pen_interface probe_interface = {
	.name = "probe",
	.id = { .uuid = { .time_low = 0x70726f62, .node = { 1 } }, .major = 1 },
	.operations = operations,
	.n_operations = PROBE_N_OPERATIONS,
};

const struct pen_interface probe_stranger = {
	.name = "stranger",
	.id = { .uuid = { .time_low = 0x73747261, .node = { 2 } }, .major = 1 },
	.operations = operations,
	.n_operations = PROBE_N_OPERATIONS,
};

const struct pen_service probe_service = {
	.interface = &probe_interface,
	.operations = functions,
};

/* ---- the server ---- */

static void make_in(struct probe *probe, const char *directory,
		    const struct pen_server_config *given)
{
	struct pen_server_config config = { 0 };

	memset(probe, 0, sizeof(*probe));
	strcpy(probe->directory, directory);
	if (given)
		config = *given;
	config.ncalrpc_dir = probe->directory;
	assert_int_equal(pen_server_new(&probe->server, &config), 0);
	assert_int_equal(pen_server_add(probe->server, &probe_service, probe), 0);
	assert_int_equal(
		pen_server_listen(probe->server, "ncacn_ip_tcp:127.0.0.1[0]", NULL, &probe->tcp),
		0);
	if (pen_server_listen(probe->server, "ncacn_ip_tcp:::1[0]", NULL, &probe->tcp6))
		probe->tcp6 = NULL;
	assert_int_equal(pen_server_listen(probe->server, "ncalrpc:[probe]", NULL, &probe->local),
			 0);
	assert_int_equal(
		pen_server_listen(probe->server, "ncacn_np:[\\pipe\\Probe]", NULL, &probe->pipe),
		0);
}

void probe_make(struct probe *probe, const struct pen_server_config *config)
{
	char directory[] = "/tmp/pen-probe-XXXXXX";

	assert_non_null(mkdtemp(directory));
	make_in(probe, directory, config);
}

static void *probe_main(void *data)
{
	struct probe *probe = data;

	pen_server_run(probe->server);
	return NULL;
}

void probe_run(struct probe *probe)
{
	assert_int_equal(pthread_create(&probe->thread, NULL, probe_main, probe), 0);
}

void probe_start(struct probe *probe, const struct pen_server_config *config)
{
	probe_make(probe, config);
	probe_run(probe);
}

void probe_start_in(struct probe *probe, const char *directory,
		    const struct pen_server_config *config)
{
	make_in(probe, directory, config);
	probe_run(probe);
}

void probe_halt(struct probe *probe)
{
	pen_server_stop(probe->server);
	pthread_join(probe->thread, NULL);
}

void probe_done(struct probe *probe)
{
	char command[128];

	probe->server = pen_server_free(probe->server);
	snprintf(command, sizeof(command), "rm -rf %s", probe->directory);
	assert_int_equal(system(command), 0);
}

void probe_stop(struct probe *probe)
{
	probe_halt(probe);
	probe_done(probe);
}

struct pen_client *probe_client(const struct probe *probe, const char *binding)
{
	const struct pen_client_config config = { .ncalrpc_dir = probe->directory };
	struct pen_client *client;

	assert_int_equal(pen_client_new(&client, binding, &config, NULL), 0);
	return client;
}

int probe_add(struct pen_call *call, uint32_t a, uint32_t b)
{
	struct probe_add_in in = { a, b };
	struct probe_number out = { 0 };
	int r;

	r = pen_call_invoke(call, &probe_interface, PROBE_ADD, &in, &out);
	if (!r)
		assert_int_equal(out.value, a + b);
	return r;
}

bool probe_await(_Atomic int *counter, int value)
{
	for (int i = 0; i < 10000 && *counter != value; i++)
		usleep(1000);
	return *counter == value;
}
