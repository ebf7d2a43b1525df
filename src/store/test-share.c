/* SPDX-License-Identifier: MIT */
#include "store/share.h"
#include "store/store.h"
#include "support/unit.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct pen_share data_share = {
	.name = "Data",
	.remark = "all of it",
	.path = "/srv/data",
	.max_uses = PEN_SHARE_UNLIMITED,
	.security = { (const uint8_t *)"\1\0\4", 3 },
};

/* What is kept comes back, also after the file was closed; names have no case. */
static void test_keeping(void **state)
{
	char folder[] = "/tmp/pen-store-XXXXXX", path[64], error[200];
	struct pen_share share, changed = data_share;
	struct pen_shares *shares;
	struct pen_store *store;
	struct pen_arena arena;
	struct stat info;

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/state.db", folder);
	pen_arena_init(&arena, 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pen_store_open(&store, path, error), 0);
		assert_int_equal(pen_shares_new_store(&shares, store), 0);
		assert_int_equal(pen_shares_add(shares, &data_share), i ? PEN_E_EXISTS : 0);
		assert_int_equal(pen_shares_find(shares, "dATA", &arena, &share), 0);
		assert_string_equal(share.path, "/srv/data");
		assert_int_equal(share.max_uses, PEN_SHARE_UNLIMITED);
		assert_int_equal(share.security.size, 3);
		pen_shares_free(shares);
		pen_store_close(store);
	}
	assert_int_equal(stat(path, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);

	assert_int_equal(pen_store_open(&store, path, error), 0);
	assert_int_equal(pen_shares_new_store(&shares, store), 0);
	changed.name = "DATA";
	changed.remark = "some of it";
	assert_int_equal(pen_shares_set(shares, &changed), 0);
	assert_int_equal(pen_shares_find(shares, "data", &arena, &share), 0);
	assert_string_equal(share.remark, "some of it");
	changed.name = "other";
	assert_int_equal(pen_shares_set(shares, &changed), PEN_E_NOT_FOUND);
	assert_int_equal(pen_shares_remove(shares, "data"), 0);
	assert_int_equal(pen_shares_remove(shares, "data"), PEN_E_NOT_FOUND);
	assert_int_equal(pen_shares_find(shares, "", &arena, &share), PEN_E_NOT_FOUND);
	pen_shares_free(shares);
	sqlite3_exec(store->db, "PRAGMA user_version = 1000", NULL, NULL, NULL);
	pen_store_close(store);
	assert_int_equal(pen_store_open(&store, path, error), PEN_E_UNSUPPORTED);
	unlink(path);
	rmdir(folder);
	pen_arena_done(&arena);
}

static const char smb_conf[] = "path = /before/any/section\n"
			       "[global]\n"
			       "  workgroup = TEST\n"
			       "[zeta]\n"
			       "  PATH=/srv/z \n"
			       "  comment = a \\\n"
			       " b\n"
			       "  maxconnections = 7\n"
			       "; [not a section]\n"
			       "[hidden]\n"
			       "path = /srv/h\n"
			       "browseable = no\n"
			       "[off]\n"
			       "path = /srv/off\n"
			       "available = no\n"
			       "[homes]\n"
			       "[broken\n";

static void test_smb_conf(void **state)
{
	char path[] = "/tmp/pen-smbconf-XXXXXX";
	struct pen_shares *shares;
	struct pen_share *rows, share;
	struct pen_arena arena;
	size_t n = 0;
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, smb_conf, strlen(smb_conf)), strlen(smb_conf));
	close(fd);
	pen_arena_init(&arena, 0);
	assert_int_equal(pen_shares_new_smb_conf(&shares, path), 0);
	assert_int_equal(pen_shares_list(shares, &arena, &rows, &n), 0);
	assert_int_equal(n, 2);
	assert_string_equal(rows[0].name, "hidden");
	assert_int_equal(rows[0].type, PEN_SHARE_SPECIAL);
	assert_string_equal(rows[1].path, "/srv/z");
	assert_int_equal(rows[1].max_uses, 7);
	assert_string_equal(rows[1].remark, "a    b");
	assert_int_equal(pen_shares_find(shares, "ZETA", &arena, &share), 0);
	assert_int_equal(pen_shares_find(shares, "off", &arena, &share), PEN_E_NOT_FOUND);
	assert_int_equal(pen_shares_add(shares, &data_share), PEN_E_UNSUPPORTED);
	assert_int_equal(pen_shares_remove(shares, "zeta"), PEN_E_UNSUPPORTED);
	unlink(path);
	assert_int_not_equal(pen_shares_list(shares, &arena, &rows, &n), 0);
	pen_shares_free(shares);
	pen_arena_done(&arena);
}

static void test_temporary(void **state)
{
	struct pen_share temporary = data_share;
	struct pen_store *store;
	struct pen_shares *shares;
	struct pen_arena arena;
	struct pen_share *rows;
	size_t n;

	assert_int_equal(pen_store_open(&store, ":memory:", NULL), 0);
	assert_int_equal(pen_shares_new_store(&shares, store), 0);
	assert_int_equal(pen_shares_remove_temporary(shares), 0);
	assert_int_equal(pen_shares_add(shares, &data_share), 0);
	for (char name[] = "a"; *name < 'd'; ++*name) {
		temporary.name = name;
		temporary.type = PEN_SHARE_TEMPORARY | (*name == 'a' ? PEN_SHARE_SPECIAL : 0);
		assert_int_equal(pen_shares_add(shares, &temporary), 0);
	}
	assert_int_equal(pen_shares_remove_temporary(shares), 0);
	pen_arena_init(&arena, 0);
	assert_int_equal(pen_shares_list(shares, &arena, &rows, &n), 0);
	assert_int_equal(n, 1);
	assert_string_equal(rows[0].name, data_share.name);
	pen_arena_done(&arena);
	pen_shares_free(shares);
	pen_store_close(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keeping),
		cmocka_unit_test(test_temporary),
		cmocka_unit_test(test_smb_conf),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
