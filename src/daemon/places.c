/* SPDX-License-Identifier: MIT */
#include "daemon/places.h"
#include "daemon/place.h"
#include "io/socket.h"
#include "runtime/private-file.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <penstock/interface.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int fail(const struct log *log, int result, const char *path, const char *sentence)
{
	log_line(log, PEN_LOG_ERROR, "directory", "path", path, "error", pen_error_name(result),
		 "message", sentence ? sentence : strerror(-result), NULL);
	return result;
}

/* ---- of services ---- */

/* Whoever they run as: all of it is theirs that was not there. */
static int make_state(const char *path, const struct passwd *user, const struct log *log)
{
	char error[256] = "", directory[PATH_MAX];
	int r;

	if (daemon_place_of(path, directory) <= strlen("/"))
		return 0;
	if (!access(directory, F_OK))
		return 0;
	r = daemon_place_for(path, error);
	if (!r && user && chown(directory, user->pw_uid, user->pw_gid))
		r = -errno;
	return r ? fail(log, r, directory, *error ? error : NULL) : 0;
}

/* As it was made when penstockd was started before. */
static bool is_theirs(const char *path, const struct passwd *user)
{
	struct stat st;

	return user && !lstat(path, &st) && S_ISREG(st.st_mode) && st.st_uid == user->pw_uid &&
	       !(st.st_mode & (S_IRWXG | S_IRWXO));
}

static int make_private(const char *path, const char *what, const struct passwd *user,
			const struct log *log)
{
	struct pen_ndr_error error = { "" };
	int fd, r;

	if (!path || is_theirs(path, user))
		return 0;
	r = pen_private_file_open(&fd, what, path, &error);
	if (r)
		return fail(log, r, path, error.text);
	if (user && fchown(fd, user->pw_uid, user->pw_gid))
		r = fail(log, -errno, path, NULL);
	close(fd);
	return r;
}

/* Services may read what is beside the shares, and one of them what is beside the accounts. */
static void warn_of_secrets(const struct config *config, const struct log *log)
{
	const char *keytab = config->keytab;
	const char *const open[] = { config->store, config->accounts };
	const char *secrets[] = { config->accounts, config->accounts_key, config->machine_secret,
				  NULL };

	if (keytab)
		secrets[3] = strncmp(keytab, "FILE:", 5) ? keytab : keytab + 5;
	for (size_t i = 0; i < PEN_COUNT(open); i++) {
		const char *slash = open[i] ? strrchr(open[i], '/') : NULL;
		size_t n = slash ? (size_t)(slash - open[i]) + 1 : 0;

		for (size_t k = 0; n && k < PEN_COUNT(secrets); k++)
			if (secrets[k] && secrets[k] != open[i] && !strncmp(secrets[k], open[i], n))
				log_line(log, PEN_LOG_WARNING, "directory", "path", secrets[k],
					 "beside", open[i], "message",
					 "it is where services may read that are not to", NULL);
	}
}

static int make_theirs(const struct config *config, const struct log *log)
{
	const struct passwd *user = NULL;
	int r;

	warn_of_secrets(config, log);

	if (config->user && !geteuid()) {
		user = getpwnam(config->user);
		if (!user)
			return fail(log, -ENOENT, config->user, "there is no such user");
	}
	r = make_state(config->store, user, log);
	if (!r)
		r = make_state(config->accounts, user, log);
	if (!r)
		r = make_private(config->limits.keylog, "the key log", user, log);
	return r;
}

/* ---- of sockets, and the configuration ---- */

int places_make(struct places *places, const struct config *config, const struct log *log)
{
	const char *directory = config->directory;
	char *own = NULL;
	/* Everybody may come in to a system's ncalrpc/, nobody but root to np/. */
	mode_t mode = geteuid() ? 0700 : 0755;
	int r;

	*places = (struct places){ 0 };
	if (asprintf(&places->ncalrpc_dir, "%s/ncalrpc", directory) < 0 ||
	    asprintf(&places->np_dir, "%s/np", directory) < 0 ||
	    asprintf(&own, "%s/config", directory) < 0 ||
	    asprintf(&places->config, "%s/penstockd.conf", own) < 0 ||
	    asprintf(&places->next_config, "%s/next.conf", own) < 0) {
		free(own);
		return fail(log, -ENOMEM, directory, NULL);
	}
	r = pen_directory_make(directory, mode);
	if (!r)
		r = pen_directory_make(own, mode);
	free(own);
	return r ? fail(log, r, directory, NULL) : make_theirs(config, log);
}

static int write_text(const char *path, const struct pen_buffer *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, text->data, text->size);
	if (n >= 0 && (size_t)n != text->size)
		errno = ENOSPC;
	if (close(fd) || n < 0 || (size_t)n != text->size)
		return -errno;
	return 0;
}

int places_tell(const struct places *places, const struct config *config, const struct log *log)
{
	struct pen_buffer text;
	int r;

	pen_buffer_init(&text, 0);
	r = config_print(config, &text);
	if (!r)
		r = write_text(places->next_config, &text);
	pen_buffer_done(&text);
	return r ? fail(log, r, places->next_config, NULL) : 0;
}

int places_keep(const struct places *places, const struct log *log)
{
	return rename(places->next_config, places->config) ? fail(log, -errno, places->config, NULL)
							   : 0;
}

void places_done(struct places *places)
{
	free(places->ncalrpc_dir);
	free(places->np_dir);
	free(places->config);
	free(places->next_config);
	*places = (struct places){ 0 };
}
