/* SPDX-License-Identifier: MIT */
/* Passwords: from standard input, a descriptor, or a terminal; never from the command line. */
#include "crypto/crypto.h"
#include "io/clock.h"
#include "tool/account.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* ---- a line ---- */

/* Without the end of the line. PEN_E_LIMIT: too long; PEN_E_SYNTAX: a NUL in it. */
static int read_line(int fd, char password[ACCOUNT_PASSWORD_SIZE])
{
	size_t n = 0;
	ssize_t got;

	for (;;) {
		got = read(fd, password + n, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got || password[n] == '\n')
			break;
		if (!password[n])
			return PEN_E_SYNTAX;
		if (++n == ACCOUNT_PASSWORD_SIZE)
			return PEN_E_LIMIT;
	}
	if (n && password[n - 1] == '\r')
		n--;
	password[n] = '\0';
	return !got && !n ? PEN_E_CLOSED : 0;
}

static int read_from(struct tool *tool, int fd, const char *what,
		     char password[ACCOUNT_PASSWORD_SIZE])
{
	int r = read_line(fd, password);

	if (!r)
		return TOOL_OK;
	pen_wipe(password, ACCOUNT_PASSWORD_SIZE);
	return tool_fail(tool, TOOL_FAILED, NULL, "no password comes from %s: %s", what,
			 r == PEN_E_LIMIT    ? "the line is too long"
			 : r == PEN_E_SYNTAX ? "there is a NUL in the line"
			 : r == PEN_E_CLOSED ? "there is nothing"
					     : strerror(-r));
}

/* ---- the terminal ---- */

static int terminal = -1;
static struct termios before;

/* Whoever ends us by a signal finds the terminal as it was. */
static void restore_and_die(int number)
{
	tcsetattr(terminal, TCSAFLUSH, &before);
	signal(number, SIG_DFL);
	raise(number);
}

static void handle_signals(void (*handler)(int))
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

	for (size_t i = 0; i < PEN_COUNT(numbers); i++)
		signal(numbers[i], handler);
}

static int ask(struct tool *tool, const char *question, const char *name,
	       char password[ACCOUNT_PASSWORD_SIZE])
{
	struct termios silent;
	int r;

	if (tcgetattr(terminal, &before))
		return tool_fail(tool, TOOL_FAILED, NULL, "the terminal is none: %s",
				 strerror(errno));
	silent = before;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	handle_signals(restore_and_die);
	tcsetattr(terminal, TCSAFLUSH, &silent);
	dprintf(terminal, "%s %s: ", question, name);
	r = read_from(tool, terminal, "the terminal", password);
	tcsetattr(terminal, TCSAFLUSH, &before);
	handle_signals(SIG_DFL);
	dprintf(terminal, "\n");
	return r;
}

static int ask_twice(struct tool *tool, const char *name, char password[ACCOUNT_PASSWORD_SIZE])
{
	char again[ACCOUNT_PASSWORD_SIZE] = "";
	int r;

	terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (terminal < 0)
		return tool_fail(tool, TOOL_USAGE,
				 "--password-stdin reads a line from standard input, --password-fd "
				 "N from a descriptor.",
				 "there is no terminal to ask for the password of %s", name);
	r = ask(tool, "New password of", name, password);
	if (!r)
		r = ask(tool, "And again, that of", name, again);
	close(terminal);
	if (!r && strcmp(password, again))
		r = tool_fail(tool, TOOL_FAILED, NULL, "the two are not the same");
	pen_wipe(again, sizeof(again));
	return r;
}

int account_read_password(struct tool *tool, const char *name, char password[ACCOUNT_PASSWORD_SIZE])
{
	const char *fd = account_value(tool, ACCOUNT_PASSWORD_FD);
	unsigned long n;
	char *end;

	if (account_value(tool, ACCOUNT_PASSWORD_STDIN))
		return read_from(tool, STDIN_FILENO, "standard input", password);
	if (!fd)
		return ask_twice(tool, name, password);
	n = strtoul(fd, &end, 10);
	if (*fd < '0' || *fd > '9' || *end || n > INT_MAX)
		return tool_fail(tool, TOOL_USAGE, NULL, "--password-fd %s is not a number", fd);
	return read_from(tool, (int)n, "the descriptor", password);
}

/* ---- and into the store ---- */

static int check(struct tool *tool, struct pen_accounts *accounts, uint32_t rid, const char *name,
		 const char *password)
{
	static const uint8_t no_hash[PEN_ACCOUNT_HASH_SIZE];
	enum pen_account_objection objection;
	int r = pen_accounts_check_password(accounts, rid, password, no_hash, false, pen_clock_nt(),
					    &objection);

	if (r == PEN_E_DENIED)
		return tool_fail(tool, TOOL_FAILED, NULL, "%s: %s", name,
				 pen_account_objection_text(objection));
	return r ? account_fail(tool, accounts, r, "user", name) : TOOL_OK;
}

static int set(struct tool *tool, struct pen_accounts *accounts, uint32_t rid, const char *name,
	       const char *password)
{
	bool must_change = account_value(tool, ACCOUNT_MUST_CHANGE);
	struct pen_crypto *crypto = NULL;
	int r = pen_crypto_new(&crypto);

	if (!r)
		r = pen_accounts_set_password(accounts, crypto, rid, password,
					      must_change ? 0 : pen_clock_nt());
	pen_crypto_free(crypto);
	if (r == PEN_E_UNSUPPORTED)
		return tool_fail(tool, TOOL_FAILED,
				 "OpenSSL has it in its legacy provider, which is missing here.",
				 "passwords cannot be kept without MD4");
	return r ? account_fail(tool, accounts, r, "user", name) : TOOL_OK;
}

int account_set_password(struct tool *tool, struct pen_accounts *accounts, uint32_t rid,
			 const char *name, const char *password)
{
	int r = check(tool, accounts, rid, name, password);

	return r ? r : set(tool, accounts, rid, name, password);
}
