/* SPDX-License-Identifier: MIT */
#include "runtime/secret-input.h"
#include "base/cleanup.h"
#include "sec/credentials.h"
#include <errno.h>
#include <fcntl.h>
#include <penstock/credentials.h>
#include <penstock/ndr.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

static int explain(struct pen_ndr_error *error, int result, const char *format, ...)
	PEN_PRINTF(3, 4);

static int explain(struct pen_ndr_error *error, int result, const char *format, ...)
{
	va_list arguments;

	if (!error)
		return result;
	va_start(arguments, format);
	vsnprintf(error->text, sizeof(error->text), format, arguments);
	va_end(arguments);
	return result;
}

static inline void closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* ---- files ---- */

/* Whoever may change it could make us somebody else, whoever may read it could be us. */
static int check_file(int fd, const char *path, struct pen_ndr_error *error)
{
	struct stat st;

	if (fstat(fd, &st))
		return explain(error, -errno, "%.100s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode) && !S_ISFIFO(st.st_mode))
		return explain(error, PEN_E_DENIED, "%.100s is not a file", path);
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return explain(error, PEN_E_DENIED, "%.100s belongs to uid %u, not to this user",
			       path, st.st_uid);
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return explain(error, PEN_E_DENIED,
			       "%.100s can be read or changed by others: chmod 600 makes it "
			       "private",
			       path);
	return 0;
}

/* Until the end, or max bytes; how many, or a negative errno. */
static ssize_t read_all(int fd, char *text, size_t max)
{
	size_t n = 0;

	while (n < max) {
		ssize_t got = read(fd, text + n, max - n);

		if (got < 0 && errno != EINTR)
			return -errno;
		if (got == 0)
			break;
		n += got > 0 ? (size_t)got : 0;
	}
	return (ssize_t)n;
}

int pen_secret_file_read(char **textp, const char *path, struct pen_ndr_error *error)
{
	pen_cleanup(pen_secret_freep) char *text = NULL;
	pen_cleanup(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	ssize_t n;
	int r;

	if (fd < 0)
		return explain(error, -errno, "%.100s: %s", path, strerror(errno));
	r = check_file(fd, path, error);
	if (r)
		return r;
	text = pen_secret_alloc(PEN_SECRET_FILE_MAX + 2);
	if (!text)
		return -ENOMEM;
	n = read_all(fd, text, PEN_SECRET_FILE_MAX + 1);
	if (n < 0)
		return explain(error, (int)n, "%.100s: %s", path, strerror((int)-n));
	if (n > PEN_SECRET_FILE_MAX)
		return explain(error, PEN_E_LIMIT, "%.100s is longer than %d bytes", path,
			       PEN_SECRET_FILE_MAX);
	if (memchr(text, 0, (size_t)n))
		return explain(error, PEN_E_BAD_DATA, "%.100s has a NUL in it", path);
	*textp = pen_take(&text);
	return 0;
}

int pen_secret_file_line(char **linep, const char *path, struct pen_ndr_error *error)
{
	char *text;
	int r = pen_secret_file_read(&text, path, error);

	if (r)
		return r;
	text[strcspn(text, "\r\n")] = 0;
	*linep = text;
	return 0;
}

/* A byte at a time: what follows the line is for others. */
int pen_secret_line(char **linep, int fd, struct pen_ndr_error *error)
{
	pen_cleanup(pen_secret_freep) char *line = pen_secret_alloc(PEN_PASSWORD_MAX + 2);
	size_t n = 0;
	ssize_t got;

	if (!line)
		return -ENOMEM;
	while ((got = read_all(fd, line + n, 1)) == 1 && line[n] != '\n')
		if (++n > PEN_PASSWORD_MAX)
			return explain(error, PEN_E_LIMIT, "the line is longer than %d bytes",
				       PEN_PASSWORD_MAX);
	if (got < 0)
		return explain(error, (int)got, "%s", strerror((int)-got));
	line[n] = 0;
	if (n && line[n - 1] == '\r')
		line[--n] = 0;
	if (strlen(line) != n)
		return explain(error, PEN_E_BAD_DATA, "the line has a NUL in it");
	*linep = pen_take(&line);
	return 0;
}

int pen_credentials_new_file(struct pen_credentials **credentialsp, const char *path,
			     const char *host, struct pen_ndr_error *error)
{
	struct pen_ndr_error why = { "" };
	char *text;
	int r = pen_secret_file_read(&text, path, error);

	if (r)
		return r == PEN_E_BAD_DATA ? PEN_E_SYNTAX : r;
	r = pen_credentials_read(credentialsp, text, host, &why);
	pen_secret_free(text);
	return r > 0 ? explain(error, r, "%.80s: %.110s", path, why.text) : r;
}

/* ---- the person ---- */

enum { CONTROL_C = 3, CONTROL_D = 4, BACKSPACE = 8, CONTROL_U = 21, DELETE = 127 };

/* The last character goes, which in UTF-8 may be several bytes. */
static size_t rub_out(char *line, size_t n)
{
	while (n && (line[n - 1] & 0xc0) == 0x80)
		line[--n] = 0;
	if (n)
		line[--n] = 0;
	return n;
}

/*
 * The terminal hands over keys as they come, with none of its own handling: so there is no
 * signal that would leave it without an echo.
 */
static int read_keys(int fd, char *line)
{
	size_t n = 0;
	char key;

	for (;;) {
		ssize_t got = read_all(fd, &key, 1);

		if (got < 0)
			return (int)got;
		if (got == 0 || key == CONTROL_C || (key == CONTROL_D && !n))
			return PEN_E_CANCELLED;
		if (key == '\n' || key == '\r' || key == CONTROL_D)
			return 0;
		if (key == BACKSPACE || key == DELETE) {
			n = rub_out(line, n);
		} else if (key == CONTROL_U) {
			explicit_bzero(line, n);
			n = 0;
		} else if (n == PEN_PASSWORD_MAX) {
			return PEN_E_LIMIT;
		} else if (key) {
			line[n++] = key;
		}
	}
}

static int say(int fd, const char *text)
{
	return write(fd, text, strlen(text)) < 0 ? -errno : 0;
}

static int ask_at(int fd, const char *question, char *line)
{
	struct termios before;
	struct termios silent;
	int r;

	if (tcgetattr(fd, &before))
		return PEN_E_NOT_FOUND;
	silent = before;
	silent.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
	silent.c_iflag &= ~(tcflag_t)IXON;
	silent.c_cc[VMIN] = 1;
	silent.c_cc[VTIME] = 0;
	if (tcsetattr(fd, TCSAFLUSH, &silent))
		return -errno;
	r = say(fd, question);
	if (!r)
		r = read_keys(fd, line);
	say(fd, "\n");
	if (tcsetattr(fd, TCSAFLUSH, &before) && !r)
		r = -errno;
	return r;
}

int pen_secret_ask(char **answerp, const char *question)
{
	pen_cleanup(pen_secret_freep) char *line = NULL;
	pen_cleanup(closep) int fd = open("/dev/tty", O_RDWR | O_CLOEXEC);
	int r;

	if (fd < 0)
		return PEN_E_NOT_FOUND;
	line = pen_secret_alloc(PEN_PASSWORD_MAX + 1);
	if (!line)
		return -ENOMEM;
	r = ask_at(fd, question, line);
	if (!r)
		*answerp = pen_take(&line);
	return r;
}

int pen_credentials_new_prompt(struct pen_credentials **credentialsp, const char *user,
			       const char *domain)
{
	char question[128];
	char *password;
	int r;

	snprintf(question, sizeof(question), "Password of %.50s%s%.50s: ", domain ? domain : "",
		 domain && *domain ? "\\" : "", user);
	r = pen_secret_ask(&password, question);
	if (r)
		return r;
	r = pen_credentials_new_password(credentialsp, user, domain, password);
	pen_secret_free(password);
	return r;
}
