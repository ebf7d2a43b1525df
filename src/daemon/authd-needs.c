/* SPDX-License-Identifier: MIT */
#include "daemon/authd-needs.h"
#include "daemon/place.h"
#include <errno.h>
#include <krb5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Threads have stacks and heaps, of which little is in use. */
static const uint64_t memory_max = UINT64_C(4) << 30;

/* What is no path from the root on is none that can be kept open. */
static int add(struct authd_needs *needs, const char **paths, size_t *np, size_t max,
	       const char *path, size_t n)
{
	if (!n || *path != '/' || *np == max)
		return 0;
	paths[*np] = pen_arena_text(&needs->arena, path, n);
	return paths[(*np)++] ? 0 : -ENOMEM;
}

static int add_read(struct authd_needs *needs, const char *path, size_t n)
{
	return add(needs, needs->reads, &needs->n_reads, AUTHD_READS_MAX, path, n);
}

/* The directory of a file, or of files that come and go beside it. */
static int add_place(struct authd_needs *needs, const char *path)
{
	char directory[PATH_MAX];
	size_t n = daemon_place_of(path, directory);

	return add(needs, needs->writes, &needs->n_writes, AUTHD_WRITES_MAX, directory, n);
}

/* The same, which is made if it is not there. Whose it is that is, who opens the file finds out. */
static int add_made(struct authd_needs *needs, const char *path, char error[256])
{
	size_t n = needs->n_writes;
	int r = add_place(needs, path);

	if (!r && needs->n_writes > n && access(needs->writes[n], F_OK))
		r = daemon_place_for(path, error);
	return r;
}

/* "FILE:/etc/krb5.keytab", or without its kind. */
static const char *path_of(const char *name)
{
	const char *colon = strchr(name, ':');

	return *name == '/' || !colon ? name : colon + 1;
}

static int add_keytab(struct authd_needs *needs, const char *keytab)
{
	char usual[1024] = "";
	krb5_context context;

	if (!keytab && !krb5_init_context(&context)) {
		if (krb5_kt_default_name(context, usual, sizeof(usual)))
			usual[0] = '\0';
		krb5_free_context(context);
	}
	keytab = path_of(keytab ? keytab : usual);
	return add_read(needs, keytab, strlen(keytab));
}

/* The Kerberos library's configuration, where that is said: files, divided by colons. */
static int add_krb5_files(struct authd_needs *needs)
{
	const char *files = secure_getenv("KRB5_CONFIG");
	int r = 0;

	while (files && *files && !r) {
		size_t n = strcspn(files, ":");

		r = add_read(needs, files, n);
		files += n + (files[n] == ':');
	}
	return r;
}

/* Tickets that were shown once. */
static int add_replay_cache(struct authd_needs *needs)
{
	const char *name = secure_getenv("KRB5RCACHENAME");
	const char *directory = secure_getenv("TMPDIR");
	char file[4096];

	if (name && !strncmp(name, "none:", 5))
		return 0;
	if (name && strncmp(name, "dfl:", 4) != 0)
		return add_place(needs, path_of(name));
	snprintf(file, sizeof(file), "%s/rcache", directory && *directory ? directory : "/var/tmp");
	return add_place(needs, file);
}

int authd_needs_init(struct authd_needs *needs, const struct config *config,
		     const char *config_path, char error[256])
{
	int r;

	*needs = (struct authd_needs){ 0 };
	pen_arena_init(&needs->arena, 0);
	r = add_made(needs, config->accounts, error);
	if (!r && config_path && config->accounts_key)
		r = add_made(needs, config->accounts_key, error);
	if (!r)
		r = add_replay_cache(needs);
	if (!r)
		r = add_keytab(needs, config->keytab);
	if (!r)
		r = add_krb5_files(needs);
	if (!r && config->machine_secret)
		r = add_read(needs, config->machine_secret, strlen(config->machine_secret));
	if (!r && config_path)
		r = add_read(needs, config_path, strlen(config_path));
	needs->needs = (struct pen_worker_needs){
		.reads = needs->reads,
		.writes = needs->writes,
		.network = config->verdicts == CONFIG_VERDICTS_NETLOGON,
		.memory_max = memory_max,
	};
	if (r == -ENOMEM)
		snprintf(error, 256, "%s", strerror(ENOMEM));
	return r;
}

void authd_needs_done(struct authd_needs *needs)
{
	pen_arena_done(&needs->arena);
}
