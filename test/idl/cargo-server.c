/* SPDX-License-Identifier: MIT */
#include "idl/cargo-server.h"
#include "support/fds.h"
#include "support/unit.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

struct pen_system_handle cargo_handle(int fd)
{
	return (struct pen_system_handle){ .fd = fd, .is_there = true };
}

int cargo_file(unsigned number)
{
	char path[] = "/tmp/penstock-cargo-XXXXXX";
	int fd = mkstemp(path);
	int file = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0 && file >= 0);
	assert_true(dprintf(fd, "%u", number) > 0);
	close(fd);
	unlink(path);
	return file;
}

unsigned cargo_number(int fd)
{
	char text[16] = "";

	assert_true(pread(fd, text, sizeof(text) - 1, 0) > 0);
	return (unsigned)atoi(text);
}

/* ---- the server ---- */

static int sum(struct pen_call *call, const struct cargo_Sum_in *in, struct cargo_Sum_out *out)
{
	for (uint32_t i = 0; i < in->n; i++)
		for (const struct cargo_ITEM *item = &in->items[i]; item; item = item->next)
			if (item->file.is_there)
				out->sum += (int64_t)cargo_number(item->file.fd) * item->factor;
	return 0;
}

static int open_file(struct pen_call *call, const struct cargo_Open_in *in,
		     struct cargo_Open_out *out)
{
	int fd = cargo_file((unsigned)atoi(in->text));

	out->file = cargo_handle(fd);
	return in->is_kept ? 0 : pen_call_give_descriptor(call, fd, &out->file);
}

static int turn(struct pen_call *call, const struct cargo_Turn_in *in, struct cargo_Turn_out *out)
{
	int ends[2];

	if (!in->pipe.is_there)
		return 0;
	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	assert_int_equal(write(in->pipe.fd, "!", 1), 1);
	assert_int_equal(write(ends[1], "?", 1), 1);
	close(ends[1]);
	return pen_call_give_descriptor(call, ends[0], &out->pipe);
}

static int kinds(struct pen_call *call, const struct cargo_Kinds_in *in,
		 struct cargo_Kinds_out *out)
{
	const struct pen_system_handle all[] = { in->file,  in->pipe,	   in->socket, in->section,
						 in->event, in->semaphore, in->process };

	for (unsigned i = 0; i < PEN_COUNT(all); i++)
		out->result |=
			all[i].is_there && fcntl(all[i].fd, F_GETFD) == FD_CLOEXEC ? 1U << i : 0;
	return 0;
}

static int keep(struct pen_call *call, const struct cargo_Keep_in *in, struct cargo_Keep_out *out)
{
	struct cargo_kept *kept = pen_call_data(call);
	struct pen_system_handle other = cargo_handle(STDERR_FILENO);

	assert_int_equal(pen_call_take_descriptor(call, &other), -ENOENT);
	kept->event = pen_call_take_descriptor(call, &in->event);
	assert_int_equal(pen_call_take_descriptor(call, &in->event), -ENOENT);
	return 0;
}

static int send_signal(struct pen_call *call, const struct cargo_Signal_in *in,
		       struct cargo_Signal_out *out)
{
	struct cargo_kept *kept = pen_call_data(call);

	assert_int_equal(eventfd_write(kept->event, 7), 0);
	close(kept->event);
	kept->event = -1;
	return 0;
}

static int weigh(struct pen_call *call, const struct cargo_Weigh_in *in,
		 struct cargo_Weigh_out *out)
{
	out->sum = cargo_number(in->file.fd);
	for (uint32_t i = 0; i < in->n; i++)
		out->sum += in->bytes[i];
	return 0;
}

struct relay {
	struct cargo_Lend_out lent;
	struct cargo_Relay_out *out;
};

static void lent(struct pen_call *call, int result, void *data)
{
	struct relay *relay = data;

	relay->out->file = relay->lent.file;
	pen_call_finish(call, result);
}

static int relay(struct pen_call *call, const struct cargo_Relay_in *in,
		 struct cargo_Relay_out *out)
{
	struct relay *relay = pen_arena_zalloc(pen_call_arena(call), sizeof(*relay));
	struct cargo_Lend_in question = { .blank = cargo_handle(cargo_file(1)) };
	int r;

	assert_non_null(relay);
	relay->out = out;
	r = cargo_Lend(call, &question, &relay->lent, lent, relay);
	close(question.blank.fd);
	return r ? r : PEN_PENDING;
}

static void on_cancel(struct pen_call *call, void *data)
{
	pen_call_finish(call, PEN_E_CANCELLED);
}

static int drop(struct pen_call *call, const struct cargo_Drop_in *in, struct cargo_Drop_out *out)
{
	assert_int_equal(pen_call_give_descriptor(call, cargo_file(5), &out->file), 0);
	if (in->fails)
		return PEN_E_DENIED;
	pen_call_on_cancel(call, on_cancel, NULL);
	return PEN_PENDING;
}

/* A list, since it goes in the answer. */
static int burst(struct pen_call *call, const struct cargo_Burst_in *in,
		 struct cargo_Burst_out *out)
{
	for (uint32_t i = 0; i < in->n; i++) {
		struct cargo_ITEM *item = pen_arena_zalloc(pen_call_arena(call), sizeof(*item));
		int r = item ? pen_call_give_descriptor(call, cargo_file(i), &item->file) : -ENOMEM;

		if (r)
			return r;
		item->next = out->items;
		out->items = item;
	}
	return 0;
}

static const struct cargo_operations operations = {
	.Sum = sum,
	.Open = open_file,
	.Turn = turn,
	.Kinds = kinds,
	.Keep = keep,
	.Signal = send_signal,
	.Weigh = weigh,
	.Relay = relay,
	.Drop = drop,
	.Burst = burst,
};

/* ---- both ---- */

static void *run(void *data)
{
	pen_server_run(((struct cargo_fixture *)data)->server);
	return NULL;
}

void cargo_open_client(struct cargo_fixture *f, const char *binding, bool refuse_ndr64,
		       bool is_big_endian)
{
	const struct pen_client_config config = { .ncalrpc_dir = f->directory,
						  .refuse_ndr64 = refuse_ndr64,
						  .is_big_endian = is_big_endian };

	assert_int_equal(pen_client_new(&f->client, binding, &config, NULL), 0);
	assert_int_equal(pen_call_new(&f->call, f->client), 0);
}

void cargo_close_client(struct cargo_fixture *f)
{
	f->call = pen_call_free(f->call);
	f->client = pen_client_free(f->client);
}

struct cargo_fixture *cargo_start(void)
{
	static const struct pen_service service = { .interface = &cargo_interface,
						    .operations = &operations };
	unsigned n_open = pen_count_fds();
	struct cargo_fixture *f = test_calloc(1, sizeof(*f));
	const struct pen_server_config config = { .ncalrpc_dir = f->directory };

	f->n_open = n_open;
	f->kept.event = -1;
	strcpy(f->directory, "/tmp/penstock-cargo-XXXXXX");
	assert_non_null(mkdtemp(f->directory));
	assert_int_equal(pen_server_new(&f->server, &config), 0);
	assert_int_equal(pen_server_add(f->server, &service, &f->kept), 0);
	assert_int_equal(pen_server_listen(f->server, "ncalrpc:[cargo]", NULL, &f->local), 0);
	assert_int_equal(pen_server_listen(f->server, "ncacn_ip_tcp:127.0.0.1[0]", NULL, &f->tcp),
			 0);
	assert_int_equal(pthread_create(&f->thread, NULL, run, f), 0);
	cargo_open_client(f, f->local, false, false);
	return f;
}

void cargo_stop(struct cargo_fixture *f)
{
	cargo_close_client(f);
	pen_server_stop(f->server);
	pthread_join(f->thread, NULL);
	pen_server_free(f->server);
	rmdir(f->directory);
	assert_int_equal(pen_count_fds(), f->n_open);
	test_free(f);
}

int cargo_open_kind(unsigned kind)
{
	int ends[2];

	switch (kind) {
	case 0:
		return cargo_file(3);
	case 1:
		assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
		close(ends[0]);
		return ends[1];
	case 2:
		return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	case 3: {
		char path[32];
		int memory = memfd_create("cargo", MFD_CLOEXEC);

		snprintf(path, sizeof(path), "/proc/self/fd/%d", memory);
		ends[0] = open(path, O_RDONLY | O_CLOEXEC);
		close(memory);
		return ends[0];
	}
	case 4:
		return eventfd(0, EFD_CLOEXEC);
	case 5:
		return eventfd(0, EFD_CLOEXEC | EFD_SEMAPHORE);
	default:
		return (int)syscall(SYS_pidfd_open, getpid(), 0);
	}
}

int cargo_open_once(void **state)
{
	struct pen_server *server;
	int r = pen_server_new(&server, NULL);

	if (!r)
		pen_server_free(server);
	return r;
}
