/* SPDX-License-Identifier: MIT */
/*
 * The smallest service that penstockd starts when somebody calls it (docs/first-service.md).
 *
 *	hello-service --list-interfaces
 */
#include "hello.h"
#include <penstock/worker.h>

static int greet(struct pen_call *call, const struct hello_Greet_in *in,
		 struct hello_Greet_out *out)
{
	out->greeting = pen_arena_printf(pen_call_arena(call), "Hello, %s!", in->name);
	return out->greeting ? 0 : PEN_E_LIMIT;
}

static const struct hello_operations operations = { .Greet = greet };
static const char *const endpoints[] = { "ncacn_ip_tcp:", "ncacn_np:[\\pipe\\hello]",
					 "ncalrpc:", NULL };

int main(int argc, char **argv)
{
	const struct pen_worker_service services[] = {
		{ { .interface = &hello_interface, .operations = &operations }, endpoints },
	};
	const struct pen_worker worker = { .services = services, .n_services = 1 };

	return pen_worker_main(argc, argv, &worker);
}
