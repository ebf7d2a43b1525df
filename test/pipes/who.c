/* SPDX-License-Identifier: MIT */
/*
 * Two users and root, in four sessions, each a process: what descriptors, the privilege and
 * sessions refuse and admit, by the functions that a program has (docs/objects.md, "Rules").
 */
#include "io/session.h"
#include "np/agent.h"
#include "support/objectd.h"
#include "support/unit.h"
#include <fcntl.h>
#include <penstock/pipe.h>
#include <penstock/section.h>
#include <penstock/status.h>
#include <penstock/token.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum who { ROOT, ANNA, ANNA_AGAIN, BERT, BERT_0, N_WHO };

#define ANNA_SID "S-1-22-1-1111"
#define BERT_SID "S-1-22-1-2222"

enum { READ = 0x1, WRITE = 0x2, READ_CONTROL = 0x20000, WRITE_DAC = 0x40000 };
enum { MAP_READ = PEN_SECTION_MAP_READ, MAP_BOTH = MAP_READ | PEN_SECTION_MAP_WRITE };
enum { WAIT_MS = 60000, OWNER = 1, DACL = 4 };

static const struct person {
	const char *name;
	unsigned user;
	bool has_session;
} people[N_WHO] = {
	[ROOT] = { "root", 0, false },
	[ANNA] = { "anna", 1111, true },
	[ANNA_AGAIN] = { "anna in a second session", 1111, true },
	[BERT] = { "bert", 2222, true },
	[BERT_0] = { "bert without a session", 2222, false },
};

/* What a process keeps between its steps, and where the others find its session. */
static struct objectd objectd;
static struct pen_pipe *pipe_held;
static struct pen_section *section_held;
static uint32_t *sessions;

struct step {
	enum who who;
	uint32_t (*act)(const struct step *step, const char *name);
	const char *name; /* @: the session of the person named by of */
	const char *text; /* a descriptor, or a name that a list has */
	uint32_t access;
	uint32_t expected;
	enum who of;
};

/* ---- what a person does ---- */

static struct pen_descriptor *descriptor_of(const char *text, struct pen_arena *arena,
					    struct pen_descriptor *descriptor)
{
	pen_arena_init(arena, 0);
	if (!text)
		return NULL;
	if (pen_sddl_parse(descriptor, arena, text, NULL, NULL))
		abort();
	return descriptor;
}

static uint32_t creates(const struct step *step, const char *name)
{
	struct pen_descriptor descriptor;
	struct pen_arena arena;
	const struct pen_pipe_config config = {
		.configuration = PEN_PIPE_DUPLEX,
		.access = step->access,
		.descriptor = descriptor_of(step->text, &arena, &descriptor),
		.objects_dir = objectd.directory,
	};
	struct pen_pipe *pipe;
	uint32_t status = pen_pipe_create(&pipe, name, &config, NULL);

	pen_arena_done(&arena);
	if (status)
		return status;
	pen_pipe_free(pipe_held);
	pipe_held = pipe;
	return 0;
}

static uint32_t opens(const struct step *step, const char *name)
{
	const struct pen_pipe_open_config config = { .access = step->access,
						     .objects_dir = objectd.directory };
	struct pen_pipe *pipe;
	uint32_t status = pen_pipe_open(&pipe, name, &config);

	if (status)
		return status;
	pen_pipe_free(pipe_held);
	pipe_held = pipe;
	return 0;
}

static uint32_t closes(const struct step *step, const char *name)
{
	(void)step, (void)name;
	pipe_held = pen_pipe_free(pipe_held);
	section_held = pen_section_free(section_held);
	return 0;
}

static uint32_t reads_descriptor(const struct step *step, const char *name)
{
	struct pen_descriptor descriptor;
	struct pen_arena arena;
	uint32_t status;

	(void)name;
	pen_arena_init(&arena, 0);
	status = pen_pipe_get_security(pipe_held, OWNER | DACL, &arena, &descriptor);
	if (!status && step->text) {
		struct pen_buffer out = { 0 };

		if (pen_sddl_print(&descriptor, NULL, &out) || pen_buffer_add(&out, "", 1))
			abort();
		status = strcmp((char *)out.data, step->text) ? PEN_STATUS_INVALID_SECURITY_DESCR
							      : 0;
		if (status)
			fprintf(stderr, "the descriptor is %s\n", (char *)out.data);
		pen_buffer_done(&out);
	}
	pen_arena_done(&arena);
	return status;
}

static uint32_t changes_descriptor(const struct step *step, const char *name)
{
	struct pen_descriptor descriptor;
	struct pen_arena arena;
	uint32_t status;

	(void)name;
	status = pen_pipe_set_security(pipe_held, DACL,
				       descriptor_of(step->text, &arena, &descriptor));
	pen_arena_done(&arena);
	return status;
}

/* Whether a list of names has that one. */
static uint32_t lists(const struct step *step, const char *name)
{
	const struct object_request request = { .verb = object_LIST,
						.body.list = { .name = name } };
	struct pen_answer answer;
	uint32_t status = pen_agent_ask(objectd.directory, &request, NULL, WAIT_MS, &answer);

	if (!status && step->text) {
		const struct object_entries *entries = &answer.reply.body.entries;

		status = PEN_STATUS_OBJECT_NAME_NOT_FOUND;
		for (uint32_t i = 0; i < entries->n; i++)
			if (!strcmp(entries->entries[i].name, step->text))
				status = 0;
	}
	pen_answer_done(&answer);
	return status;
}

/* The client writes a byte; the server reads it, and tells who it is from. */
static uint32_t writes(const struct step *step, const char *name)
{
	uint32_t n;

	(void)step, (void)name;
	return pen_pipe_write(pipe_held, "x", 1, &n, WAIT_MS);
}

static uint32_t reads(const struct step *step, const char *name)
{
	uint32_t n;
	char byte;

	(void)step, (void)name;
	return pen_pipe_read(pipe_held, &byte, 1, &n, WAIT_MS);
}

static uint32_t knows(const struct step *step, const char *name)
{
	struct pen_token *token;
	char text[PEN_SID_TEXT_SIZE];
	uint32_t session, status = pen_pipe_client_token(pipe_held, &token);

	(void)name;
	if (status)
		return status;
	pen_sid_print(&pen_token_info(token)->sids[0], text);
	status = strcmp(text, step->text) ? PEN_STATUS_NO_SUCH_USER : 0;
	pen_token_free(token);
	if (status)
		return status;
	status = pen_pipe_client_session(pipe_held, &session);
	if (!status && session != sessions[step->of])
		status = PEN_STATUS_NO_SUCH_LOGON_SESSION;
	return status;
}

static uint32_t impersonates(const struct step *step, const char *name)
{
	uint32_t status = pen_pipe_impersonate(pipe_held);
	uid_t user = geteuid();

	(void)name;
	pen_pipe_revert();
	if (status)
		return status;
	return user == people[step->of].user ? 0 : PEN_STATUS_NO_SUCH_USER;
}

static uint32_t creates_section(const struct step *step, const char *name)
{
	struct pen_descriptor descriptor;
	struct pen_arena arena;
	const struct pen_section_config config = {
		.descriptor = descriptor_of(step->text, &arena, &descriptor),
		.objects_dir = objectd.directory,
	};
	struct pen_section *section;
	uint32_t status = pen_section_create(&section, name, 4096, &config);

	pen_arena_done(&arena);
	if (status && status != PEN_STATUS_OBJECT_NAME_EXISTS)
		return status;
	pen_section_free(section_held);
	section_held = section;
	return status;
}

static uint32_t opens_section(const struct step *step, const char *name)
{
	struct pen_section *section;
	uint32_t status = pen_section_open(&section, name, step->access, objectd.directory);

	if (status)
		return status;
	pen_section_free(section_held);
	section_held = section;
	return 0;
}

/* Maps it, and asks the kernel for more than that: read-only is read-only. */
static uint32_t maps(const struct step *step, const char *name)
{
	void *memory;
	size_t n;
	uint32_t status = pen_section_map(section_held, step->access, 0, 0, &memory, &n);

	(void)name;
	if (status)
		return status;
	if (step->access == MAP_READ && mprotect(memory, n, PROT_READ | PROT_WRITE) == 0)
		status = PEN_STATUS_SECTION_PROTECTION;
	pen_section_unmap(memory, n);
	return status;
}

/* ---- what each may ---- */

#define PIPE   "\\\\.\\pipe\\"
#define DENIED PEN_STATUS_ACCESS_DENIED

/* S1, S3 to S5: without a descriptor everybody reads, and no one else writes, adds or changes. */
static const struct step default_descriptor[] = {
	{ ANNA, creates, PIPE "plain", NULL, 0, 0, 0 },
	{ ANNA, reads_descriptor, NULL,
	  "O:" ANNA_SID "D:(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;" ANNA_SID ")(A;;FR;;;WD)(A;;FR;;;AN)",
	  0, 0, 0 },
	{ BERT, creates, PIPE "plain", NULL, 0, DENIED, 0 },
	{ BERT, opens, PIPE "plain", NULL, READ | WRITE, DENIED, 0 },
	{ BERT, opens, PIPE "plain", NULL, WRITE, DENIED, 0 },
	{ BERT, opens, PIPE "plain", NULL, READ | WRITE_DAC, DENIED, 0 },
	{ BERT, opens, PIPE "plain", NULL, READ | READ_CONTROL, 0, 0 },
	{ BERT, reads_descriptor, NULL, NULL, 0, 0, 0 },
	{ BERT, changes_descriptor, NULL, "D:(A;;GA;;;WD)", 0, DENIED, 0 },
	{ BERT, closes, NULL, NULL, 0, 0, 0 },
	{ ANNA_AGAIN, creates, PIPE "plain", NULL, 0, 0, 0 },
	{ ROOT, creates, PIPE "plain", NULL, 0, 0, 0 },
	{ ANNA, closes, NULL, NULL, 0, 0, 0 },
	{ ROOT, closes, NULL, NULL, 0, 0, 0 },
	{ ANNA_AGAIN, closes, NULL, NULL, 0, 0, 0 },
	{ BERT, opens, PIPE "plain", NULL, READ, PEN_STATUS_OBJECT_NAME_NOT_FOUND, 0 },
};

/* S4, S6, S8, C38, O8: a descriptor of one's own. */
static const struct step own_descriptor[] = {
	{ ANNA, creates, PIPE "own", "D:(A;;GRGW;;;" BERT_SID ")", WRITE_DAC, 0, 0 },
	{ BERT, opens, PIPE "own", NULL, READ | WRITE, 0, 0 },
	{ BERT, creates, PIPE "own", NULL, 0, 0, 0 },
	{ BERT, closes, NULL, NULL, 0, 0, 0 },
	/* The owner may read and change the descriptor, and nothing else that it does not say. */
	{ ANNA_AGAIN, opens, PIPE "own", NULL, READ, DENIED, 0 },
	{ ROOT, opens, PIPE "own", NULL, READ, DENIED, 0 },
	{ ANNA, changes_descriptor, NULL, "D:(A;;GR;;;WD)", 0, 0, 0 },
	{ BERT, creates, PIPE "own", NULL, 0, DENIED, 0 },
	{ BERT, opens, PIPE "own", NULL, WRITE, DENIED, 0 },
	{ ANNA, closes, NULL, NULL, 0, 0, 0 },
	/* Anew, and the new one's holds. */
	{ BERT, creates, PIPE "own", "D:(A;;GA;;;" BERT_SID ")", 0, 0, 0 },
	{ ANNA, opens, PIPE "own", NULL, READ, DENIED, 0 },
	{ ANNA, creates, PIPE "own", NULL, 0, DENIED, 0 },
	{ BERT, closes, NULL, NULL, 0, 0, 0 },
};

/* I2, I8, I12, J5: the server knows who it is; to be him takes root. */
static const struct step identity[] = {
	{ ANNA, creates, PIPE "who", "D:(A;;GA;;;WD)", 0, 0, 0 },
	{ BERT, opens, PIPE "who", NULL, READ | WRITE, 0, 0 },
	{ ANNA, impersonates, NULL, NULL, 0, PEN_STATUS_CANNOT_IMPERSONATE, BERT },
	{ BERT, writes, NULL, NULL, 0, 0, 0 },
	{ ANNA, reads, NULL, NULL, 0, 0, 0 },
	{ ANNA, knows, NULL, BERT_SID, 0, 0, BERT },
	{ ANNA, impersonates, NULL, NULL, 0, DENIED, BERT },
	{ BERT, closes, NULL, NULL, 0, 0, 0 },
	{ ANNA, closes, NULL, NULL, 0, 0, 0 },
	{ ROOT, creates, PIPE "who", "D:(A;;GA;;;WD)", 0, 0, 0 },
	{ ANNA_AGAIN, opens, PIPE "who", NULL, READ | WRITE, 0, 0 },
	{ ANNA_AGAIN, writes, NULL, NULL, 0, 0, 0 },
	{ ROOT, reads, NULL, NULL, 0, 0, 0 },
	{ ROOT, knows, NULL, ANNA_SID, 0, 0, ANNA_AGAIN },
	{ ROOT, impersonates, NULL, NULL, 0, 0, ANNA },
	{ ANNA_AGAIN, closes, NULL, NULL, 0, 0, 0 },
	{ ROOT, closes, NULL, NULL, 0, 0, 0 },
};

/* Names of pipes and of the global directory are everybody's to see; a session's are its own. */
static const struct step lists_of_names[] = {
	{ ANNA, creates, PIPE "seen", "D:(A;;GA;;;" ANNA_SID ")", 0, 0, 0 },
	{ ANNA, creates_section, "mine", NULL, 0, 0, 0 },
	{ BERT, lists, "\\Device\\NamedPipe\\", "seen", 0, 0, 0 },
	{ ANNA, lists, "Local", "mine", 0, 0, 0 },
	{ BERT, lists, "Local", "mine", 0, PEN_STATUS_OBJECT_NAME_NOT_FOUND, 0 },
	{ ANNA_AGAIN, lists, "Local", "mine", 0, PEN_STATUS_OBJECT_NAME_NOT_FOUND, 0 },
	{ BERT, lists, "\\Sessions\\@\\BaseNamedObjects", NULL, 0, DENIED, ANNA },
	{ BERT, lists, "Session\\@", NULL, 0, DENIED, ANNA },
	{ ANNA_AGAIN, lists, "Session\\@", NULL, 0, DENIED, ANNA },
	{ ROOT, lists, "Session\\@", "mine", 0, 0, ANNA },
	{ BERT, lists, "Global", NULL, 0, 0, 0 },
	{ BERT_0, lists, "Global", NULL, 0, 0, 0 },
	{ ANNA, closes, NULL, NULL, 0, 0, 0 },
	{ ROOT, lists, "Session\\@", "mine", 0, PEN_STATUS_OBJECT_NAME_NOT_FOUND, ANNA },
};

/* Where a section may be made, and by which names others come to it. */
static const struct step sections_of_all[] = {
	{ ANNA, creates_section, "Global\\a", NULL, 0, DENIED, 0 },
	{ ANNA, creates_section, "\\BaseNamedObjects\\a", NULL, 0, DENIED, 0 },
	{ ANNA, creates_section, "Session\\0\\a", NULL, 0, DENIED, 0 },
	{ ANNA, creates_section, "Session\\@\\a", NULL, 0, DENIED, BERT },
	{ BERT_0, creates_section, "Global\\a", "D:(A;;GR;;;WD)", 0, 0, 0 },
	{ ANNA, creates_section, "Global\\a", NULL, 0, DENIED, 0 },
	{ ANNA, opens_section, "Global\\a", NULL, MAP_BOTH, DENIED, 0 },
	{ ANNA, opens_section, "Global\\a", NULL, MAP_READ, 0, 0 },
	{ ANNA, maps, NULL, NULL, MAP_READ, 0, 0 },
	{ ANNA, maps, NULL, NULL, MAP_BOTH, DENIED, 0 },
	{ ANNA, opens_section, "a", NULL, MAP_READ, PEN_STATUS_OBJECT_NAME_NOT_FOUND, 0 },
	{ ANNA, creates_section, "a", NULL, 0, 0, 0 },
	{ ANNA, maps, NULL, NULL, MAP_BOTH, 0, 0 },
	{ BERT, opens_section, "Local\\a", NULL, MAP_READ, PEN_STATUS_OBJECT_NAME_NOT_FOUND, 0 },
	{ BERT, opens_section, "Session\\@\\a", NULL, MAP_READ, DENIED, ANNA },
	{ BERT_0, opens_section, "Session\\@\\a", NULL, MAP_READ, DENIED, ANNA },
	{ ANNA_AGAIN, opens_section, "a", NULL, MAP_READ, PEN_STATUS_OBJECT_NAME_NOT_FOUND, 0 },
	{ ANNA_AGAIN, opens_section, "Session\\@\\a", NULL, MAP_BOTH, 0, ANNA },
	{ ANNA_AGAIN, maps, NULL, NULL, MAP_BOTH, 0, 0 },
	{ ROOT, opens_section, "Session\\@\\a", NULL, MAP_BOTH, 0, ANNA },
	{ ROOT, creates_section, "Session\\@\\b", "D:(A;;GR;;;WD)", 0, 0, ANNA },
	{ ANNA, opens_section, "b", NULL, MAP_BOTH, DENIED, 0 },
	{ ANNA, opens_section, "b", NULL, MAP_READ, 0, 0 },
	{ BERT, opens_section, "Session\\@\\b", NULL, MAP_READ, 0, ANNA },
	{ BERT_0, closes, NULL, NULL, 0, 0, 0 },
	{ ANNA, closes, NULL, NULL, 0, 0, 0 },
	{ ANNA_AGAIN, closes, NULL, NULL, 0, 0, 0 },
	{ BERT, closes, NULL, NULL, 0, 0, 0 },
	{ ROOT, closes, NULL, NULL, 0, 0, 0 },
	{ ROOT, opens_section, "Session\\@\\a", NULL, MAP_READ, PEN_STATUS_OBJECT_NAME_NOT_FOUND,
	  ANNA },
	{ ROOT, opens_section, "Global\\a", NULL, MAP_READ, PEN_STATUS_OBJECT_NAME_NOT_FOUND, 0 },
};

/* ---- the people ---- */

static int sockets[N_WHO];
static pid_t pids[N_WHO];

static bool become(const struct person *person)
{
	char text[16];
	int fd, n = snprintf(text, sizeof(text), "%u", person->user);

	if (person->has_session) {
		fd = open("/proc/self/loginuid", O_WRONLY | O_CLOEXEC);
		if (fd < 0 || write(fd, text, (size_t)n) != n)
			return false;
		close(fd);
	}
	return !setgid(person->user) && !setuid(person->user);
}

static void spell(const struct step *step, char *name, size_t size)
{
	const char *at = strchr(step->name, '@');

	if (at)
		snprintf(name, size, "%.*s%u%s", (int)(at - step->name), step->name,
			 sessions[step->of], at + 1);
	else
		snprintf(name, size, "%s", step->name);
}

static void live(enum who who, int socket)
{
	const struct step *step;
	uint32_t status;
	char name[128];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	status = become(&people[who]) ? 0 : PEN_STATUS_NOT_SUPPORTED;
	sessions[who] = pen_session_own();
	while (write(socket, &status, sizeof(status)) == sizeof(status) &&
	       read(socket, &step, sizeof(step)) == sizeof(step)) {
		if (step->name)
			spell(step, name, sizeof(name));
		status = step->act(step, step->name ? name : NULL);
	}
	_exit(0);
}

static uint32_t answer_of(enum who who)
{
	uint32_t status;

	assert_int_equal(read(sockets[who], &status, sizeof(status)), sizeof(status));
	return status;
}

static void run(const struct step *steps, size_t n)
{
	for (const struct step *step = steps; step < steps + n; step++) {
		uint32_t status;

		assert_int_equal(write(sockets[step->who], &step, sizeof(step)), sizeof(step));
		status = answer_of(step->who);
		if (status != step->expected)
			fail_msg("step %td, %s, %s: %s, not %s", step - steps,
				 people[step->who].name, step->name ? step->name : "",
				 pen_ntstatus_name(status), pen_ntstatus_name(step->expected));
	}
}

#define RUN(steps) run(steps, sizeof(steps) / sizeof((steps)[0]))

static void test_default_descriptor(void **state)
{
	RUN(default_descriptor);
}

static void test_own_descriptor(void **state)
{
	RUN(own_descriptor);
}

static void test_identity(void **state)
{
	RUN(identity);
}

static void test_lists_of_names(void **state)
{
	RUN(lists_of_names);
}

static void test_sections(void **state)
{
	RUN(sections_of_all);
}

/* They are there before this process has asked anything, so that each has its own connections. */
static int meet(void **state)
{
	int pair[2];

	strcpy(objectd.directory, "/tmp/penstock-test-XXXXXX");
	assert_non_null(mkdtemp(objectd.directory));
	assert_int_equal(chmod(objectd.directory, 0755), 0);
	objectd_start(&objectd, NULL);
	sessions = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(sessions, MAP_FAILED);
	for (enum who who = 0; who < N_WHO; who++) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
		sockets[who] = pair[0];
		pids[who] = fork();
		if (!pids[who]) {
			close(pair[0]);
			live(who, pair[1]);
		}
		close(pair[1]);
		assert_int_equal(answer_of(who), 0);
	}
	return 0;
}

static int part(void **state)
{
	for (enum who who = 0; who < N_WHO; who++)
		close(sockets[who]);
	for (enum who who = 0; who < N_WHO; who++)
		waitpid(pids[who], NULL, 0);
	assert_int_equal(objectd_end(&objectd, SIGTERM), 0);
	objectd_clean(&objectd);
	return 0;
}

/* Whether this process may become others, and enter sessions. */
static bool is_able(void)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(pen_session_own() == 0 && become(&people[ANNA]) ? 0 : 1);
	return waitpid(pid, &status, 0) == pid && status == 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default_descriptor), cmocka_unit_test(test_own_descriptor),
		cmocka_unit_test(test_identity),	   cmocka_unit_test(test_lists_of_names),
		cmocka_unit_test(test_sections),
	};

	if (!is_able()) {
		printf("not root, in a session, or a kernel without sessions: passed over\n");
		return 77;
	}
	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, meet, part);
}
