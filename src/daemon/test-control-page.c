/* SPDX-License-Identifier: MIT */
/* Where a status page listens, and what becomes of its process. */
#include "daemon/child.h"
#include "daemon/page.h"
#include "daemon/test-control.h"
#include "support/fail.h"

static int make_page(struct fixture *f, struct page **pagep, const char *program,
		     const char *listen)
{
	const struct page_config config = {
		.loop = &f->loop,
		.control = f->control,
		.log = &silent,
		.program = program,
		.listen = listen,
	};

	return page_new(pagep, &config);
}

static void finish_with_page(struct fixture *f, struct page *page)
{
	page_free(page);
	finish(f);
	child_reap_forgotten(10000);
}

static void test_places_of_a_page(void **state)
{
	static const char *const wrong[] = { "",
					     "9164",
					     "127.0.0.1",
					     "127.0.0.1:",
					     "127.0.0.1:x",
					     ":9164",
					     "127.0.0.1:65536",
					     "localhost:1",
					     "::1:9164",
					     "[::1:9164",
					     "[]:1",
					     "127.0.0.1:1x",
					     "[127.0.0.1:1" };
	struct fixture *f = start(true);
	struct page *page, *other;
	char path[80];

	for (size_t i = 0; i < PEN_COUNT(wrong); i++)
		if (make_page(f, &page, "/bin/true", wrong[i]) != PEN_E_SYNTAX)
			fail_msg("%s", wrong[i]);
	assert_int_equal(make_page(f, &page, "/bin/true", "/nowhere/at/all"), -ENOENT);
	snprintf(path, sizeof(path), "%s/page", f->directory);
	assert_int_equal(make_page(f, &page, "/bin/true", path), 0);
	assert_string_equal(page_place(page), path);
	assert_int_equal(make_page(f, &other, "/bin/true", path), -EADDRINUSE);
	page_free(page);
	uv_run(&f->loop, UV_RUN_NOWAIT);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(make_page(f, &page, "/bin/true", "127.0.0.1:0"), 0);
	assert_int_equal(strncmp(page_place(page), "127.0.0.1:", 10), 0);
	assert_int_not_equal(atoi(page_place(page) + 10), 0);
	assert_int_equal(make_page(f, &other, "/bin/true", page_place(page)), -EADDRINUSE);
	finish_with_page(f, page);
}

/* A program that leaves a mark and ends. */
static void write_program(const char *path, const char *mark)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fprintf(file, "#!/bin/sh\necho >>%s\n", mark);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0755), 0);
}

static void test_a_page_whose_process_ends_gets_another(void **state)
{
	struct fixture *f = start(true);
	char program[80], mark[80];
	struct stat st = { 0 };
	struct page *page;

	snprintf(program, sizeof(program), "%s/program", f->directory);
	snprintf(mark, sizeof(mark), "%s/mark", f->directory);
	write_program(program, mark);
	assert_int_equal(make_page(f, &page, program, "127.0.0.1:0"), 0);
	for (int i = 0; st.st_size < 3 && i < 30000; i++) {
		child_reap();
		uv_run(&f->loop, UV_RUN_NOWAIT);
		if (stat(mark, &st))
			st.st_size = 0;
		usleep(1000);
	}
	assert_true(st.st_size >= 3);
	page_free(page);
	page = NULL;
	child_reap_forgotten(10000);
	unlink(program);
	unlink(mark);
	finish_with_page(f, page);
}

static void test_allocations_of_a_page_fail(void **state)
{
	struct fixture *f = start(true);
	struct page *page = NULL;
	int r;

	for (size_t n = 1;; n++) {
		pen_fail_at(n);
		r = make_page(f, &page, "/bin/true", "127.0.0.1:0");
		if (!pen_fail_hit())
			break;
		if (r)
			assert_int_equal(r, -ENOMEM);
		else /* without a process for now */
			page_free(page);
		uv_run(&f->loop, UV_RUN_NOWAIT);
	}
	assert_int_equal(r, 0);
	finish_with_page(f, page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places_of_a_page),
		cmocka_unit_test(test_a_page_whose_process_ends_gets_another),
		cmocka_unit_test(test_allocations_of_a_page_fail),
	};

	return cmocka_run_group_tests_name("control", tests, warm_up, NULL);
}
