/* SPDX-License-Identifier: MIT */
#ifndef PEN_TOOL_SCREEN_H
#define PEN_TOOL_SCREEN_H
/*
 * A terminal that is drawn anew from time to time, and given back as it was, also where a signal
 * ends the program.
 */
#include <stdbool.h>
#include <stdint.h>
#include <termios.h>

struct screen {
	bool is_terminal; /* else nothing is drawn, and there are no keys */
	bool is_entered;
	struct termios before;
	unsigned rows, columns;
};

/* Standard input and output, if both are a terminal. */
void screen_init(struct screen *screen);

void screen_enter(struct screen *screen);
void screen_leave(struct screen *screen);

enum screen_event {
	SCREEN_TIME,
	SCREEN_KEY,
	SCREEN_RESIZED, /* or there again after it was stopped */
	SCREEN_END,	/* a signal that ends the program; screen_end does */
};

/* Waits so long for a key, or for something else to happen. */
enum screen_event screen_wait(struct screen *screen, uint32_t ms, char *keyp);

/* Ends the program by the signal that came, after the terminal was left. */
void screen_end(void);

#endif
