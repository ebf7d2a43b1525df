/* SPDX-License-Identifier: MIT */
#include "service/rpcecho/rpcecho.h"
#include "runtime/server.h"
#include <errno.h>
#include <penstock/idl/rpcecho.h>
#include <penstock/status.h>
#include <stdlib.h>

enum {
	SOURCE_MAX = 16 << 20, /* bytes that SourceData makes */
	SLEEP_MAX = 3600,      /* seconds */
};

static int add_one(struct pen_call *call, const struct rpcecho_echo_AddOne_in *in,
		   struct rpcecho_echo_AddOne_out *out)
{
	out->out_data = in->in_data + 1;
	return 0;
}

static int echo_data(struct pen_call *call, const struct rpcecho_echo_EchoData_in *in,
		     struct rpcecho_echo_EchoData_out *out)
{
	out->out_data = in->in_data;
	return 0;
}

static int sink_data(struct pen_call *call, const struct rpcecho_echo_SinkData_in *in,
		     struct rpcecho_echo_SinkData_out *out)
{
	return 0;
}

static int source_data(struct pen_call *call, const struct rpcecho_echo_SourceData_in *in,
		       struct rpcecho_echo_SourceData_out *out)
{
	if (in->len > SOURCE_MAX)
		return pen_call_fail(call, PEN_FAULT_REMOTE_NO_MEMORY, "%u bytes asked for",
				     in->len);
	out->data = pen_arena_alloc(pen_call_arena(call), in->len ? in->len : 1);
	if (!out->data)
		return -ENOMEM;
	for (uint32_t i = 0; i < in->len; i++)
		out->data[i] = (uint8_t)i;
	return 0;
}

static int test_call(struct pen_call *call, const struct rpcecho_echo_TestCall_in *in,
		     struct rpcecho_echo_TestCall_out *out)
{
	out->s2 = in->s1;
	return 0;
}

/* Values that tell the levels apart; an unknown level is STATUS_INVALID_LEVEL. */
static int test_call2(struct pen_call *call, const struct rpcecho_echo_TestCall2_in *in,
		      struct rpcecho_echo_TestCall2_out *out)
{
	switch (in->level) {
	case 1:
		out->info.info1.v = 10;
		return 0;
	case 2:
		out->info.info2.v = 20;
		return 0;
	case 3:
		out->info.info3.v = 30;
		return 0;
	case 4:
		out->info.info4.v = 40;
		return 0;
	case 5:
		out->info.info5.v1 = 50;
		out->info.info5.v2 = 60;
		return 0;
	case 6:
		out->info.info6.v1 = 70;
		out->info.info6.info1.v = 80;
		return 0;
	case 7:
		out->info.info7.v1 = 80;
		out->info.info7.info4.v = 90;
		return 0;
	}
	return pen_call_fail(call, PEN_STATUS_INVALID_LEVEL, "there is no level %u", in->level);
}

/* ---- TestSleep: a call that is finished later ---- */

struct nap {
	uv_timer_t timer;
	struct pen_call *call;
};

static void nap_free(uv_handle_t *handle)
{
	free(handle->data);
}

static void nap_end(struct nap *nap, int result)
{
	struct pen_call *call = nap->call;

	pen_call_on_cancel(call, NULL, NULL);
	uv_close((uv_handle_t *)&nap->timer, nap_free);
	pen_call_finish(call, result);
}

static void nap_over(uv_timer_t *timer)
{
	nap_end(timer->data, 0);
}

static void nap_cancelled(struct pen_call *call, void *data)
{
	nap_end(data, PEN_E_CANCELLED);
}

static int test_sleep(struct pen_call *call, const struct rpcecho_echo_TestSleep_in *in,
		      struct rpcecho_echo_TestSleep_out *out)
{
	struct pen_server *server = pen_call_server(call);
	struct nap *nap;

	out->result = in->seconds;
	if (in->seconds > SLEEP_MAX)
		return pen_call_fail(call, PEN_WERR_INVALID_PARAMETER, "%u seconds are too many",
				     in->seconds);
	if (!server || !in->seconds)
		return 0;
	nap = calloc(1, sizeof(*nap));
	if (!nap)
		return -ENOMEM;
	nap->call = call;
	uv_timer_init(&server->loop.uv, &nap->timer);
	nap->timer.data = nap;
	uv_timer_start(&nap->timer, nap_over, in->seconds * UINT64_C(1000), 0);
	pen_call_on_cancel(call, nap_cancelled, nap);
	return PEN_PENDING;
}

static int test_enum(struct pen_call *call, const struct rpcecho_echo_TestEnum_in *in,
		     struct rpcecho_echo_TestEnum_out *out)
{
	out->foo1 = in->foo1;
	out->foo2 = in->foo2;
	out->foo3 = in->foo3;
	return 0;
}

/* Answers twice as many elements, all zero. */
static int test_surrounding(struct pen_call *call, const struct rpcecho_echo_TestSurrounding_in *in,
			    struct rpcecho_echo_TestSurrounding_out *out)
{
	uint32_t x = in->data.x;

	if (x > UINT32_MAX / 2)
		return pen_call_fail(call, PEN_FAULT_REMOTE_NO_MEMORY, "%u elements", x);
	out->data.surrounding = pen_arena_array(pen_call_arena(call), x ? 2 * (size_t)x : 1,
						sizeof(*out->data.surrounding));
	if (!out->data.surrounding)
		return -ENOMEM;
	out->data.x = 2 * x;
	return 0;
}

static int test_double_pointer(struct pen_call *call,
			       const struct rpcecho_echo_TestDoublePointer_in *in,
			       struct rpcecho_echo_TestDoublePointer_out *out)
{
	out->result = in->data && *in->data ? **in->data : 0;
	return 0;
}

static const struct rpcecho_operations operations = {
	.echo_AddOne = add_one,
	.echo_EchoData = echo_data,
	.echo_SinkData = sink_data,
	.echo_SourceData = source_data,
	.echo_TestCall = test_call,
	.echo_TestCall2 = test_call2,
	.echo_TestSleep = test_sleep,
	.echo_TestEnum = test_enum,
	.echo_TestSurrounding = test_surrounding,
	.echo_TestDoublePointer = test_double_pointer,
};

const struct pen_service pen_rpcecho_service = {
	.interface = &rpcecho_interface,
	.operations = &operations,
};
