/* SPDX-License-Identifier: MIT */
#include "service/srvsvc/fixture.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint32_t statistics(struct fixture *f, uint32_t level, uint32_t options,
			   const struct srvsvc_STAT_SERVER_0 **infop)
{
	struct srvsvc_NetrServerStatisticsGet_in in = { .Level = level, .Options = options };
	struct srvsvc_NetrServerStatisticsGet_out out = { 0 };

	assert_int_equal(ops()->NetrServerStatisticsGet(f->admin, &in, &out), 0);
	*infop = out.InfoStruct;
	return out.result;
}

static void test_statistics(void **state)
{
	struct fixture *f = *state;
	const struct srvsvc_STAT_SERVER_0 *info;

	assert_int_equal(statistics(f, 0, 0, &info), 0);
	assert_int_equal(info->sts0_start, FIXTURE_STARTED);
	assert_int_equal(info->sts0_sopens, 0);
	assert_int_equal(statistics(f, 1, 0, &info), PEN_WERR_INVALID_LEVEL);
	assert_null(info);
	assert_int_equal(statistics(f, 0, 1, &info), PEN_WERR_INVALID_PARAMETER);
	assert_null(info);
}

/* All of its members say the same moment. */
/* time() may be a moment behind, in the second before. */
static time_t now(void)
{
	struct timespec clock;

	clock_gettime(CLOCK_REALTIME, &clock);
	return clock.tv_sec;
}

static void test_time_of_day(void **state)
{
	static const char *const zones[] = { "UTC0", "XST-5:30", "XST+8" };
	static const int minutes[] = { 0, -330, 480 };
	struct fixture *f = *state;
	struct srvsvc_NetrRemoteTOD_in in = { 0 };

	for (size_t i = 0; i < PEN_COUNT(zones); i++) {
		struct srvsvc_NetrRemoteTOD_out out = { 0 };
		const struct srvsvc_TIME_OF_DAY_INFO *tod;
		struct tm tm;
		time_t before = now();

		setenv("TZ", zones[i], 1);
		tzset();
		assert_int_equal(ops()->NetrRemoteTOD(f->nobody, &in, &out), 0);
		assert_int_equal(out.result, 0);
		tod = out.BufferPtr;
		assert_true(tod->tod_elapsedt >= before && tod->tod_elapsedt <= now());
		assert_int_equal(tod->tod_timezone, minutes[i]);
		assert_true(tod->tod_hunds < 100);
		assert_int_not_equal(tod->tod_msecs, 0);
		tm = (struct tm){ .tm_sec = (int)tod->tod_secs,
				  .tm_min = (int)tod->tod_mins,
				  .tm_hour = (int)tod->tod_hours,
				  .tm_mday = (int)tod->tod_day,
				  .tm_mon = (int)tod->tod_month - 1,
				  .tm_year = (int)tod->tod_year - 1900 };
		assert_int_equal(timegm(&tm), tod->tod_elapsedt);
		assert_int_equal(tod->tod_weekday, tm.tm_wday);
	}
}

static uint32_t disks(struct fixture *f, uint32_t level, uint32_t *resume,
		      struct srvsvc_NetrServerDiskEnum_out *out)
{
	struct srvsvc_NetrServerDiskEnum_in in = { .Level = level,
						   .PreferedMaximumLength = UINT32_MAX,
						   .ResumeHandle = resume };

	*out = (struct srvsvc_NetrServerDiskEnum_out){ 0 };
	assert_int_equal(ops()->NetrServerDiskEnum(f->admin, &in, out), 0);
	return out->result;
}

static void test_disks(void **state)
{
	struct fixture *f = *state;
	struct srvsvc_NetrServerDiskEnum_out out;
	uint32_t resume = 0;

	assert_int_equal(disks(f, 0, &resume, &out), 0);
	assert_int_equal(out.TotalEntries, 1);
	assert_int_equal(out.DiskInfoStruct.EntriesRead, 1);
	assert_string_equal(out.DiskInfoStruct.Buffer[0].Disk, "C:");
	assert_int_equal(*out.ResumeHandle, 0);
	resume = 1;
	assert_int_equal(disks(f, 0, &resume, &out), 0);
	assert_int_equal(out.DiskInfoStruct.EntriesRead, 0);
	assert_int_equal(disks(f, 1, NULL, &out), PEN_WERR_INVALID_LEVEL);
}

static uint32_t transports(struct fixture *f, uint32_t level, uint32_t preferred, uint32_t *resume,
			   struct srvsvc_NetrServerTransportEnum_out *out)
{
	struct srvsvc_NetrServerTransportEnum_in in = { .InfoStruct.Level = level,
							.PreferedMaximumLength = preferred,
							.ResumeHandle = resume };

	*out = (struct srvsvc_NetrServerTransportEnum_out){ 0 };
	assert_int_equal(ops()->NetrServerTransportEnum(f->admin, &in, out), 0);
	return out->result;
}

/* The endpoints, one after another however little a caller takes at a time. */
static void test_transports(void **state)
{
	struct fixture *f = *state;
	struct srvsvc_NetrServerTransportEnum_out out;
	const char *bindings[2];
	uint32_t resume = 0;

	assert_int_equal(transports(f, 0, UINT32_MAX, NULL, &out), 0);
	assert_int_equal(out.InfoStruct.XportInfo.Level0->EntriesRead, 0);
	assert_int_equal(pen_server_add(f->server, &pen_srvsvc_service, f->srvsvc), 0);
	for (size_t i = 0; i < PEN_COUNT(bindings); i++)
		assert_int_equal(pen_server_listen(f->server, "ncacn_ip_tcp:127.0.0.1[0]", NULL,
						   &bindings[i]),
				 0);
	for (uint32_t level = 0; level < 4; level++) {
		assert_int_equal(transports(f, level, UINT32_MAX, NULL, &out), 0);
		assert_int_equal(out.TotalEntries, 2);
		assert_int_equal(out.InfoStruct.XportInfo.Level0->EntriesRead, 2);
	}
	assert_string_equal(out.InfoStruct.XportInfo.Level3->Buffer[1].svti3_domain, "WORKGROUP");
	for (uint32_t seen = 0; seen < 2; seen++) {
		uint32_t more = seen ? 0 : PEN_WERR_MORE_DATA;
		bool is_found = false;

		assert_int_equal(transports(f, 1, 1, &resume, &out), more);
		resume = *out.ResumeHandle;
		for (size_t i = 0; i < PEN_COUNT(bindings); i++)
			is_found |= !strcmp(
				bindings[i],
				out.InfoStruct.XportInfo.Level1->Buffer[0].svti1_transportname);
		assert_true(is_found);
	}
	assert_int_equal(resume, 0);
	assert_int_equal(transports(f, 4, UINT32_MAX, NULL, &out), PEN_WERR_INVALID_LEVEL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_statistics, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_time_of_day, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_disks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_transports, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
