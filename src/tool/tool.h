/* SPDX-License-Identifier: MIT */
#ifndef PEN_TOOL_TOOL_H
#define PEN_TOOL_TOOL_H
/*
 * What the subcommands of penstock share: the command line, the way to a server,
 * what is printed, and how a failure is told.
 */
#include "base/cleanup.h"
#include "tool/login.h"
#include <getopt.h>
#include <penstock/buffer.h>
#include <penstock/client.h>
#include <penstock/idl.h>
#include <signal.h>
#include <stdio.h>

/* How penstock ends. */
enum tool_exit {
	TOOL_OK,
	TOOL_FAILED, /* nobody answered, or not as it should */
	TOOL_USAGE,  /* the command line, or a file it names */
	TOOL_SERVER, /* the server answered, with an error */
};

struct tool;

struct tool_command {
	const char *name;
	const char *arguments;	      /* "BINDING [OPTION]..." */
	const char *summary;	      /* a line */
	const char *help;	      /* the options it adds, what it does, examples */
	const struct option *options; /* it adds, ended by zeros; val is what option gets */
	int (*option)(struct tool *tool, int val, const char *value);
	int (*run)(struct tool *tool, int argc, char **argv);
	const char *rest_option; /* NULL, or an option all that follows which is tool->rest */
	int min_arguments, max_arguments;
	bool has_login; /* it connects, and has the options for that */
	bool is_public; /* what it asks is for everybody: nobody is proved unless that is said */
};

enum { TOOL_FOLDERS_MAX = 16, TOOL_VALUES_MAX = 40, TOOL_WORDS_MAX = 16 };

/* Values of an option that may be given more than once. */
struct tool_words {
	const char *words[TOOL_WORDS_MAX];
	size_t n;
};

/* A file of --idl. */
struct tool_idl {
	struct tool *tool;
	const char *path;
	struct pen_idl *compiled; /* NULL: not yet */
};

/* What the command line said. */
struct tool {
	const struct tool_command *command;
	bool is_json;
	bool is_stdout_taken; /* by the data of a pipe: what is said goes to stderr */
	uint32_t timeout_ms;
	struct tool_idl idls[TOOL_FOLDERS_MAX]; /* files to compile */
	size_t n_idls;
	const char *folders[TOOL_FOLDERS_MAX];
	size_t n_folders;
	struct tool_words words; /* NAME=FILE of call, types of pickle */
	const char *callbacks;	 /* a script of call's; NULL: none */
	const char *binding;	 /* of share */
	const char *remark;
	const char *type;
	uint32_t max_users; /* 0: no limit */
	uint32_t count;	    /* of ping */
	uint32_t interval_ms;
	bool is_long, is_in, is_out, is_ndr64, is_big_endian, is_redacted;
	const char *interface_name;
	const char *operation_name; /* of decode: it alone */
	const char *address;
	const char *user; /* of trace */
	uint32_t n_bytes;
	bool is_faults_only, reveals;
	const char *keylog;		     /* to read; one that is written is the login's */
	const char *output;		     /* a file of pickle; NULL: standard output */
	const char *values[TOOL_VALUES_MAX]; /* see account.h, pipe.h */
	volatile sig_atomic_t *interrupts;   /* of whoever takes Control-C; NULL: nobody does */
	char **rest; /* after the command's rest_option; NULL: it is not there */

	struct tool_login login;
	struct tool_identity identity;
	struct pen_client *client;
	char *ncalrpc_dir;
	struct pen_call *call;
	struct pen_arena arena;
};

extern const struct tool_command tool_call, tool_decode, tool_endpoints, tool_interfaces_command,
	tool_ping, tool_share, tool_user, tool_machine, tool_group, tool_policy, tool_whoami,
	tool_pipe, tool_ns, tool_pickle, tool_shell, tool_status, tool_top, tool_daemon, tool_trace;

/* Values of options that more than one command has. */
enum { TOOL_OPTION_IDL = 256, TOOL_OPTION_OWN };

/* ---- complain.c: each says a sentence on stderr, in JSON on stdout too, and returns the exit ----
 */

int tool_fail(struct tool *tool, enum tool_exit how, const char *hint, const char *format, ...)
	PEN_PRINTF(4, 5);

/* Out of memory or the like: a result that says all. */
int tool_fail_result(struct tool *tool, int result);

/* A call of tool->call, or a bind, that did not succeed. what: "srvsvc.NetrShareEnum". */
int tool_fail_call(struct tool *tool, const char *what, int result);

/* The server's own status in an answer. */
int tool_fail_status(struct tool *tool, const char *what, uint32_t status);

/* A status of this machine's: "cannot open x: NAME (0xc0000034): the sentence". */
int tool_fail_nt(struct tool *tool, enum tool_exit how, const char *hint, const char *what,
		 uint32_t status);

/* The name of a status of any of the three families and its sentence. name may be NULL. */
const char *tool_status_name(uint32_t status);
const char *tool_status_text(uint32_t status);

/* ---- eerr.c ---- */

struct pen_eerr;

/* On stderr, a line a record, each further in. */
void tool_print_eerr(const struct pen_eerr *chain);

/* Appends the member "extended_errors"; of bytes that do not read, "extended_errors_error". */
void tool_json_eerr(struct pen_buffer *json, const struct pen_eerr *chain);
void tool_json_eerr_bytes(struct pen_buffer *json, struct pen_slice eerr);

/* ---- verb.c ---- */

/* What follows a command's name: the first member of a row of the command's own. */
struct tool_verb {
	const char *name;
	int min_arguments, max_arguments;
	const char *arguments; /* " NAME [DATA]" */
};

/* The row of the verb that argv begins with, of n of that size. NULL: it complained, TOOL_USAGE. */
const void *tool_find_verb(struct tool *tool, const void *rows, size_t n, size_t size, int argc,
			   char **argv);

/* ---- connect.c ---- */

/* Makes tool->client and tool->call for the binding. Nothing is opened yet. */
int tool_connect(struct tool *tool, const char *binding, const struct pen_interface *interface);

/* The same to a program of this machine, who is told our uid and nothing else. */
int tool_connect_local(struct tool *tool, const char *binding);

/* A host, a host[port] or a string binding, as a string binding in the arena; NULL: no memory. */
const char *tool_binding(struct tool *tool, const char *text);

void tool_disconnect(struct tool *tool);

/* ---- idl.c ---- */

/* --idl, which may be given several times. */
int tool_add_idl(struct tool *tool, const char *path);

/* Compiles all of them. Complains. */
int tool_load_idl(struct tool *tool);
void tool_free_idl(struct tool *tool);

/* ---- interfaces.c ---- */

/* The n-th interface that is compiled in, or of --idl; NULL past the last. */
const struct pen_interface *tool_interface(const struct tool *tool, size_t n);

/* The n-th that is compiled in, whatever --idl says. */
const struct pen_interface *tool_own_interface(size_t n);
const struct pen_interface *tool_interface_by_id(const struct tool *tool,
						 const struct pen_syntax_id *id);

/* type.c: of --idl, or a scalar; with * at its end a pointer to it. Complains. */
int tool_find_type(struct tool *tool, const char *name, const struct pen_type **typep);

/* Finds by name, or complains and suggests. */
int tool_find_interface(struct tool *tool, const char *name,
			const struct pen_interface **interfacep);

/* Finds "interface.operation". */
int tool_find_operation(struct tool *tool, const char *name,
			const struct pen_interface **interfacep, uint16_t *opnump);

/* ---- output.c ---- */

/* Prints JSON text and a newline: in lines and indented, or as it is under --json. */
int tool_print_json(struct tool *tool, const struct pen_buffer *json);

/* Appends "name": "text" to a JSON object, with a comma unless it is the first member. */
int tool_json_text(struct pen_buffer *json, const char *name, const char *text);
int tool_json_number(struct pen_buffer *json, const char *name, uint64_t number);
int tool_json_bool(struct pen_buffer *json, const char *name, bool is);

/* A text alone. */
int tool_json_string(struct pen_buffer *json, const char *text);

/* A whole file, or standard input for "-"; PEN_E_LIMIT: more than max. */
int tool_read(const char *path, size_t max, struct pen_buffer *text);

/* ---- input.c: these complain ---- */

/* Bytes: a file, - for standard input, or hex digits themselves; a file may have these, too. */
int tool_read_bytes(struct tool *tool, const char *text, struct pen_buffer *bytes);

/*
 * The same in two steps, for what may be too large to read at once, or come by and by: a beginning
 * of some bytes, if there are any, then the rest, by the descriptor of the file. *filep is NULL
 * where text was the digits themselves; who takes no second step closes it.
 */
int tool_open_bytes(struct tool *tool, const char *text, FILE **filep, struct pen_buffer *bytes);
int tool_rest_of_bytes(struct tool *tool, const char *text, FILE *file, struct pen_buffer *bytes);

/* How long the JSON value is that the text begins with, if it is one. */
size_t tool_json_size(const char *text, size_t n);

/* JSON: the text itself, @FILE, or - for standard input. */
int tool_read_json(struct tool *tool, const char *text, struct pen_buffer *json);

#endif
