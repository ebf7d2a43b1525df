/* SPDX-License-Identifier: MIT */
/* penstock-srvsvc: shares. Sessions are those of its own process, so there is one at most. */
#include "service/srvsvc/srvsvc.h"
#include "daemon/place.h"
#include "daemon/program.h"
#include "store/store.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { FOLDERS_MAX = 8 };

struct shares {
	struct pen_store *store; /* NULL: they come from a file */
	struct pen_shares *rows;
};

struct srvsvc_program {
	struct program program;
	struct shares shares;
	struct pen_srvsvc *service;
	const char *folders[FOLDERS_MAX + 1];
};

static const char *const endpoints[] = { "ncacn_ip_tcp:", "ncacn_np:[\\pipe\\srvsvc]",
					 "ncalrpc:[srvsvc]", NULL };

static void close_shares(struct shares *shares)
{
	pen_shares_free(shares->rows);
	pen_store_close(shares->store);
	*shares = (struct shares){ 0 };
}

static int open_store(struct shares *shares, const char *path, char error[256])
{
	char sentence[200] = "";
	int r = daemon_place_for(path, error);

	if (r)
		return r;
	r = pen_store_open(&shares->store, path, sentence);
	if (r) {
		snprintf(error, 256, "%s: %s", path, *sentence ? sentence : pen_error_name(r));
		return r;
	}
	r = pen_shares_new_store(&shares->rows, shares->store);
	if (r)
		snprintf(error, 256, "%s: %s", path, pen_store_error(shares->store));
	return r;
}

static int open_shares(struct shares *shares, const struct config *config, char error[256])
{
	int r = config->smb_conf ? pen_shares_new_smb_conf(&shares->rows, config->smb_conf)
				 : open_store(shares, config->store, error);

	if (r)
		close_shares(shares);
	return r;
}

static int prepare(struct pen_server_config *config, void **datap, char error[256])
{
	struct srvsvc_program *self = *datap;
	const struct config *ours = &self->program.config;
	struct pen_srvsvc_config service = {
		.name = ours->name,
		.comment = ours->comment,
		.domain = ours->workgroup,
		.started = (uint64_t)time(NULL),
		.folders = self->folders,
	};
	int r = program_prepare(&self->program, config, error);

	if (!r)
		r = open_shares(&self->shares, ours, error);
	if (r)
		return r;
	service.shares = self->shares.rows;
	return pen_srvsvc_new(&self->service, &service);
}

/* Shares that were to last until the server ends have lasted until then. */
static int start(const struct pen_worker_start *start, void **datap, char error[256])
{
	struct srvsvc_program *self = *datap;

	return start->is_first && self->shares.store
		       ? pen_shares_remove_temporary(self->shares.rows)
		       : 0;
}

static int reload(void *data, struct pen_server *server, char error[256])
{
	struct srvsvc_program *self = data;
	struct shares shares = { 0 };
	struct config fresh;
	int r = program_reload(&self->program, server, &fresh, error);

	if (r)
		return r;
	r = open_shares(&shares, &fresh, error);
	config_done(&fresh);
	if (r)
		return r;
	pen_srvsvc_set_shares(self->service, shares.rows);
	close_shares(&self->shares);
	self->shares = shares;
	return 0;
}

static void *call_data(void *data)
{
	return ((struct srvsvc_program *)data)->service;
}

static void stop(void *data)
{
	struct srvsvc_program *self = data;

	pen_srvsvc_free(self->service);
	close_shares(&self->shares);
	program_stop(&self->program);
}

/* Those that are named, and no more than there is room for. */
static void add_folders(struct srvsvc_program *self)
{
	struct config *config = &self->program.config;
	char *word = config->folders ? pen_arena_strdup(&config->arena, config->folders) : NULL;
	char *rest = NULL;
	size_t n = 0;

	for (word = word ? strtok_r(word, " \t", &rest) : NULL; word && n < FOLDERS_MAX;
	     word = strtok_r(NULL, " \t", &rest)) {
		self->folders[n++] = word;
		program_read(&self->program, word);
	}
}

int main(int argc, char **argv)
{
	static struct srvsvc_program self;
	int end = program_init(&self.program, "penstock-srvsvc");

	if (end >= 0)
		return end;
	self.program.worker.workers_max = 1;
	self.program.worker.prepare = prepare;
	self.program.worker.start = start;
	self.program.worker.reload = reload;
	self.program.worker.stop = stop;
	program_write_beside(&self.program, self.program.config.store);
	program_read_beside(&self.program, self.program.config.smb_conf);
	add_folders(&self);
	program_add(&self.program, "srvsvc", endpoints, call_data);
	return program_run(&self.program, argc, argv);
}
