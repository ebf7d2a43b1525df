/* SPDX-License-Identifier: MIT */
#include "tool/screen.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { ROWS = 24, COLUMNS = 80, COLUMNS_MAX = 1000 };

/* The other screen, without a cursor; and back. */
static const char enter[] = "\033[?1049h\033[?25l";
static const char leave[] = "\033[?25h\033[?1049l";

static const int ends[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

static volatile sig_atomic_t ended_by, is_stopped, is_resized;

static void on_signal(int number)
{
	if (number == SIGWINCH)
		is_resized = 1;
	else if (number == SIGTSTP)
		is_stopped = 1;
	else
		ended_by = number;
}

static void measure(struct screen *screen)
{
	struct winsize size;

	screen->rows = ROWS;
	screen->columns = COLUMNS;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_row || !size.ws_col)
		return;
	screen->rows = size.ws_row;
	screen->columns = size.ws_col < COLUMNS_MAX ? size.ws_col : COLUMNS_MAX;
}

/* They come while it waits, and at no other time. */
static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	sigset_t caught;

	sigemptyset(&caught);
	sigaddset(&caught, SIGWINCH);
	sigaddset(&caught, SIGTSTP);
	for (unsigned i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		sigaddset(&caught, ends[i]);
	sigprocmask(SIG_BLOCK, &caught, NULL);
	for (int number = 1; number < NSIG; number++)
		if (sigismember(&caught, number) == 1)
			sigaction(number, &action, NULL);
}

void screen_init(struct screen *screen)
{
	*screen = (struct screen){ .is_terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) };
	measure(screen);
	if (screen->is_terminal && tcgetattr(STDIN_FILENO, &screen->before))
		screen->is_terminal = false;
	if (screen->is_terminal)
		catch_signals();
}

void screen_enter(struct screen *screen)
{
	struct termios raw = screen->before;

	if (!screen->is_terminal || screen->is_entered)
		return;
	raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	raw.c_cc[VMIN] = 0;
	raw.c_cc[VTIME] = 0;
	tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
	fputs(enter, stdout);
	fflush(stdout);
	measure(screen);
	screen->is_entered = true;
}

void screen_leave(struct screen *screen)
{
	if (!screen->is_entered)
		return;
	screen->is_entered = false;
	fputs(leave, stdout);
	fflush(stdout);
	tcsetattr(STDIN_FILENO, TCSADRAIN, &screen->before);
}

static void stop(struct screen *screen)
{
	is_stopped = 0;
	screen_leave(screen);
	raise(SIGSTOP);
	screen_enter(screen);
}

/* -1: none came. */
static int read_key(void)
{
	char key;

	return read(STDIN_FILENO, &key, 1) == 1 ? (unsigned char)key : -1;
}

enum screen_event screen_wait(struct screen *screen, uint32_t ms, char *keyp)
{
	const struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };
	struct pollfd input = { .fd = screen->is_terminal ? STDIN_FILENO : -1, .events = POLLIN };
	sigset_t none;
	int n, key;

	sigemptyset(&none);
	n = ppoll(&input, 1, &time, &none);
	if (ended_by)
		return SCREEN_END;
	if (is_stopped) {
		stop(screen);
		return SCREEN_RESIZED;
	}
	if (is_resized) {
		is_resized = 0;
		measure(screen);
		return SCREEN_RESIZED;
	}
	if (n <= 0)
		return SCREEN_TIME;
	key = read_key();
	if (key < 0) { /* the terminal is gone */
		ended_by = SIGHUP;
		return SCREEN_END;
	}
	*keyp = (char)key;
	return SCREEN_KEY;
}

void screen_end(void)
{
	sigset_t none;

	if (!ended_by)
		return;
	signal(ended_by, SIG_DFL);
	raise(ended_by);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}
