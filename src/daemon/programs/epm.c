/* SPDX-License-Identifier: MIT */
/* penstock-epm: the endpoint mapper. One process has all entries, so there is one at most. */
#include "service/epm/epm.h"
#include "daemon/program.h"
#include <stdio.h>

struct epm_program {
	struct program program;
	struct pen_epm *epm;
};

static int prepare(struct pen_server_config *config, void **datap, char error[256])
{
	struct epm_program *self = *datap;
	int r = program_prepare(&self->program, config, error);

	return r ? r : pen_epm_new(&self->epm);
}

static void *call_data(void *data)
{
	return ((struct epm_program *)data)->epm;
}

/* What no tower can say is left out. */
static int table(void *data, const struct pen_worker_entry *entries, size_t n)
{
	struct pen_epm *epm = call_data(data);
	int r = 0;

	pen_epm_forget(epm);
	for (size_t i = 0; i < n && !r; i++) {
		r = pen_epm_add(epm, &entries[i].id, entries[i].binding, entries[i].name);
		if (r == PEN_E_UNSUPPORTED)
			r = 0;
	}
	return r;
}

static void stop(void *data)
{
	struct epm_program *self = data;

	pen_epm_free(self->epm);
	program_stop(&self->program);
}

int main(int argc, char **argv)
{
	static struct epm_program self;
	char tcp[32];
	const char *const endpoints[] = { tcp, "ncacn_np:[\\pipe\\epmapper]", "ncalrpc:[EPMAPPER]",
					  NULL };
	int end = program_init(&self.program, "penstock-epm");

	if (end >= 0)
		return end;
	snprintf(tcp, sizeof(tcp), "ncacn_ip_tcp:[%u]", self.program.config.port);
	self.program.worker.workers_max = 1;
	self.program.worker.prepare = prepare;
	self.program.worker.table = table;
	self.program.worker.stop = stop;
	program_add(&self.program, "epm", endpoints, call_data);
	return program_run(&self.program, argc, argv);
}
