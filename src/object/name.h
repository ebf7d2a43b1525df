/* SPDX-License-Identifier: MIT */
#ifndef PEN_OBJECT_NAME_H
#define PEN_OBJECT_NAME_H
/*
 * Names: what a program says, and the full NT name that it means [rows C1-C12, O12-O14, E4,
 * E5, E10].
 *
 * Of a pipe's name all is kept, its case too: slashes, dots, wildcards, backslashes within
 * and at the end. The words before it may be in any case. Texts are UTF-8, in which a lone
 * surrogate has its three bytes (base/utf16.h).
 */
#include <penstock/arena.h>

enum {
	PEN_NAME_WIN32_MAX = 256, /* code units of \\.\pipe\NAME, all of it [row C5] */
	PEN_NAME_MAX = 256,	  /* of any other name's last part */
	PEN_NAME_PATH_MAX = 512,  /* of a full name */
};

/* The directory of pipes, without its last backslash the device [row E5]. */
#define PEN_NAME_PIPES "\\Device\\NamedPipe\\"

enum pen_name_kind {
	PEN_NAME_PIPE,
	PEN_NAME_DEVICE,    /* \\.\pipe: nobody creates that */
	PEN_NAME_DIRECTORY, /* \\.\pipe\ */
};

struct pen_name {
	enum pen_name_kind kind;
	const char *server; /* NULL: this machine, not said in so many words */
	const char *path;   /* full; on that server, if there is one */
};

/*
 * A pipe's name: \\.\pipe\NAME, \\?\pipe\NAME, \??\pipe\NAME, \DosDevices\pipe\NAME,
 * \Device\NamedPipe\NAME; \\SERVER\pipe\NAME, \\?\UNC\SERVER\pipe\NAME, whatever the server is
 * called. OBJECT_NAME_INVALID: none of these, too long, or not UTF-8; NO_MEMORY.
 */
uint32_t pen_name_parse_pipe(const char *text, struct pen_arena *arena, struct pen_name *name);

/* The asker's session, whichever that is: the name stays relative, for the tree to tell. */
#define PEN_NAME_OWN_SESSION UINT32_MAX

/*
 * A section's: Global\NAME, Local\NAME, Session\N\NAME, NAME, and full names. With a session
 * the full name; else one that the tree takes as relative to the asker's directory.
 * OBJECT_NAME_INVALID: nothing where a name should be, too long, or not UTF-8; NO_MEMORY.
 */
uint32_t pen_name_parse_section(const char *text, uint32_t session, struct pen_arena *arena,
				const char **pathp);

enum { PEN_NAME_FILE_SIZE = 108 };

/*
 * The file that smbd looks for when a client opens the pipe: its name in lower case. False: no
 * file can be called so, or it is too long for a socket's address.
 */
bool pen_name_to_file(const char *name, char file[PEN_NAME_FILE_SIZE]);

/* Whether it is UTF-8 and not longer than so many code units. */
bool pen_name_is_text(const char *text, size_t n, size_t units_max);

#endif
