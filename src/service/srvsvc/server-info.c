/* SPDX-License-Identifier: MIT */
#include "base/utf16.h"
#include "service/srvsvc/state.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TUNING(member) offsetof(struct pen_srvsvc_settings, tuning.sv599_##member)
#define OWN(member)    offsetof(struct pen_srvsvc_settings, member)

/* Levels of one number: where it is kept. */
static const struct single {
	uint32_t level;
	size_t offset;
} singles[] = {
	{ 1107, OWN(users) },
	{ 1010, OWN(disc) },
	{ 1016, OWN(hidden) },
	{ 1017, OWN(announce) },
	{ 1018, OWN(anndelta) },
	{ 1501, TUNING(sessopens) },
	{ 1502, TUNING(sessvcs) },
	{ 1503, TUNING(opensearch) },
	{ 1506, TUNING(maxworkitems) },
	{ 1510, TUNING(sessusers) },
	{ 1511, TUNING(sessconns) },
	{ 1512, TUNING(maxnonpagedmemoryusage) },
	{ 1513, TUNING(maxpagedmemoryusage) },
	{ 1514, TUNING(enablesoftcompat) },
	{ 1515, TUNING(enableforcedlogoff) },
	{ 1516, TUNING(timesource) },
	{ 1518, TUNING(lmannounce) },
	{ 1523, TUNING(maxkeepsearch) },
	{ 1528, TUNING(scavtimeout) },
	{ 1529, TUNING(minrcvqueue) },
	{ 1530, TUNING(minfreeworkitems) },
	{ 1533, TUNING(maxmpxct) },
	{ 1534, TUNING(oplockbreakwait) },
	{ 1535, TUNING(oplockbreakresponsewait) },
	{ 1536, TUNING(enableoplocks) },
	{ 1538, TUNING(enablefcbopens) },
	{ 1539, TUNING(enableraw) },
	{ 1540, TUNING(enablesharednetdrives) },
	{ 1541, TUNING(minfreeconnections) },
	{ 1542, TUNING(maxfreeconnections) },
	{ 1543, TUNING(initsesstable) },
	{ 1544, TUNING(initconntable) },
	{ 1545, TUNING(initfiletable) },
	{ 1546, TUNING(initsearchtable) },
	{ 1547, TUNING(alertschedule) },
	{ 1548, TUNING(errorthreshold) },
	{ 1549, TUNING(networkerrorthreshold) },
	{ 1550, TUNING(diskspacethreshold) },
	{ 1552, TUNING(maxlinkdelay) },
	{ 1553, TUNING(minlinkthroughput) },
	{ 1554, TUNING(linkinfovalidtime) },
	{ 1555, TUNING(scavqosinfoupdatetime) },
	{ 1556, TUNING(maxworkitemidletime) },
};

/* The members of 502 and 503 are the first of 599, in its order. */
enum {
	SIZE_502 = offsetof(struct srvsvc_SERVER_INFO_502, sv502_lmannounce) + 4,
	SIZE_503 = offsetof(struct srvsvc_SERVER_INFO_503, sv503_maxfreeconnections) + 4,
};
_Static_assert(SIZE_502 == offsetof(struct srvsvc_SERVER_INFO_599, sv599_lmannounce) + 4, "502");
_Static_assert(SIZE_503 == offsetof(struct srvsvc_SERVER_INFO_599, sv599_maxfreeconnections) + 4,
	       "503");

/* What a Windows server of today says. */
void pen_srvsvc_settings_init(struct pen_srvsvc_settings *settings)
{
	*settings = (struct pen_srvsvc_settings){
		.tuning = {
			.sv599_sessopens = 16384,
			.sv599_sessvcs = 1,
			.sv599_opensearch = 2048,
			.sv599_sizreqbuf = 4356,
			.sv599_initworkitems = 4,
			.sv599_maxworkitems = 64,
			.sv599_rawworkitems = 4,
			.sv599_irpstacksize = 11,
			.sv599_maxrawbuflen = 65535,
			.sv599_sessusers = 2048,
			.sv599_sessconns = 2048,
			.sv599_maxpagedmemoryusage = UINT32_MAX,
			.sv599_maxnonpagedmemoryusage = UINT32_MAX,
			.sv599_enablesoftcompat = 1,
			.sv599_maxcopyreadlen = 8192,
			.sv599_minkeepsearch = 480,
			.sv599_maxkeepsearch = 3600,
			.sv599_minkeepcomplsearch = 240,
			.sv599_maxkeepcomplsearch = 600,
			.sv599_threadcountadd = 2,
			.sv599_numblockthreads = 2,
			.sv599_scavtimeout = 30,
			.sv599_minrcvqueue = 2,
			.sv599_minfreeworkitems = 2,
			.sv599_xactmemsize = 1048576,
			.sv599_threadpriority = 1,
			.sv599_maxmpxct = 50,
			.sv599_oplockbreakwait = 35,
			.sv599_oplockbreakresponsewait = 35,
			.sv599_enableoplocks = 1,
			.sv599_enablefcbopens = 1,
			.sv599_enableraw = 1,
			.sv599_enablesharednetdrives = 0,
			.sv599_minfreeconnections = 2,
			.sv599_maxfreeconnections = 2,
		},
		.users = UINT32_MAX,
		.disc = 15,
		.announce = 240,
		.anndelta = 3000,
	};
}

static const struct single *single_find(uint32_t level)
{
	for (size_t i = 0; i < PEN_COUNT(singles); i++)
		if (singles[i].level == level)
			return &singles[i];
	return NULL;
}

/* The levels below 502; a higher one has the members of those before it. */
static void *identity(struct pen_arena *arena, const struct pen_srvsvc *s, uint32_t level)
{
	const struct pen_srvsvc_settings *set = &s->settings;
	struct srvsvc_SERVER_INFO_103 info = {
		s->platform_id,	  s->name,
		s->version_major, s->version_minor,
		s->type,	  s->comment,
		set->users,	  set->disc,
		set->hidden,	  set->announce,
		set->anndelta,	  0,
		"c:\\",		  0,
	};
	struct srvsvc_SERVER_INFO_101 short_info = {
		s->platform_id, s->name, s->version_major, s->version_minor, s->type, s->comment,
	};
	struct srvsvc_SERVER_INFO_102 long_info = {
		s->platform_id, s->name,    s->version_major, s->version_minor, s->type,
		s->comment,	set->users, set->disc,	      set->hidden,	set->announce,
		set->anndelta,	0,	    "c:\\",
	};
	struct srvsvc_SERVER_INFO_100 name = { s->platform_id, s->name };
	struct srvsvc_SERVER_INFO_1005 comment = { s->comment };

	switch (level) {
	case 100:
		return pen_arena_copy(arena, &name, sizeof(name));
	case 101:
		return pen_arena_copy(arena, &short_info, sizeof(short_info));
	case 102:
		return pen_arena_copy(arena, &long_info, sizeof(long_info));
	case 103:
		return pen_arena_copy(arena, &info, sizeof(info));
	default:
		return pen_arena_copy(arena, &comment, sizeof(comment));
	}
}

static void *tuning(struct pen_arena *arena, const struct pen_srvsvc *s, uint32_t level)
{
	struct srvsvc_SERVER_INFO_599 *info =
		pen_arena_copy(arena, &s->settings.tuning, sizeof(*info));

	if (info && level != 502)
		info->sv599_domain = s->domain;
	return info;
}

/* Who may see a level [MS-SRVS 3.1.4.17]: from 102 on, administrators. */
int pen_srvsvc_server_get(struct pen_call *call, const struct srvsvc_NetrServerGetInfo_in *in,
			  struct srvsvc_NetrServerGetInfo_out *out)
{
	const struct single *single = single_find(in->Level);
	struct pen_srvsvc *s = pen_srvsvc_of(call);
	struct pen_arena *arena = pen_call_arena(call);
	uint32_t level = in->Level;
	void *info;

	if (!single && !(level >= 100 && level <= 103) && level != 502 && level != 503 &&
	    level != 599 && level != 1005) {
		out->result = PEN_WERR_INVALID_LEVEL;
		return 0;
	}
	if (level != 100 && level != 101 && !pen_srvsvc_is_admin(call)) {
		out->result = PEN_WERR_ACCESS_DENIED;
		return 0;
	}
	if (single)
		info = pen_arena_copy(arena, (const uint8_t *)&s->settings + single->offset, 4);
	else if (level == 502 || level == 503 || level == 599)
		info = tuning(arena, s, level);
	else
		info = identity(arena, s, level);
	if (!info)
		return -ENOMEM;
	out->InfoStruct.ServerInfo100 = info;
	return 0;
}

/* ---- NetrServerSetInfo ---- */

static uint32_t set_comment(struct pen_srvsvc *s, const char *comment)
{
	char *copy;

	if (!comment)
		comment = "";
	if (pen_utf16_count(comment, strlen(comment)) > PEN_SRVSVC_COMMENT_MAX)
		return PEN_WERR_INVALID_PARAMETER;
	copy = strdup(comment);
	if (!copy)
		return PEN_WERR_NOT_ENOUGH_MEMORY;
	free(s->comment);
	s->comment = copy;
	return 0;
}

static uint32_t set_identity(struct pen_srvsvc *s, uint32_t level,
			     const union srvsvc_SERVER_INFO *info)
{
	const struct srvsvc_SERVER_INFO_102 *all = info->ServerInfo102;
	uint32_t result;

	if (level == 1005)
		return set_comment(s, info->ServerInfo1005->sv1005_comment);
	if (level == 101)
		return set_comment(s, info->ServerInfo101->sv101_comment);
	result = set_comment(s, all->sv102_comment);
	if (result)
		return result;
	s->settings.users = all->sv102_users;
	s->settings.disc = all->sv102_disc;
	s->settings.hidden = all->sv102_hidden;
	s->settings.announce = all->sv102_announce;
	s->settings.anndelta = all->sv102_anndelta;
	return 0;
}

/* The domain is not the caller's to change. */
static void set_tuning(struct pen_srvsvc *s, uint32_t level, const union srvsvc_SERVER_INFO *info)
{
	size_t size = level == 502   ? SIZE_502
		      : level == 503 ? SIZE_503
				     : sizeof(s->settings.tuning);

	memcpy(&s->settings.tuning, info->ServerInfo502, size);
	s->settings.tuning.sv599_domain = NULL;
}

int pen_srvsvc_server_set(struct pen_call *call, const struct srvsvc_NetrServerSetInfo_in *in,
			  struct srvsvc_NetrServerSetInfo_out *out)
{
	const struct single *single = single_find(in->Level);
	struct pen_srvsvc *s = pen_srvsvc_of(call);
	uint32_t level = in->Level;

	out->ParmErr = pen_srvsvc_resume(call, in->ParmErr, 0);
	if (!single && level != 101 && level != 102 && level != 502 && level != 503 &&
	    level != 599 && level != 1005)
		out->result = PEN_WERR_INVALID_LEVEL;
	else if (!pen_srvsvc_is_admin(call))
		out->result = PEN_WERR_ACCESS_DENIED;
	else if (!in->ServerInfo.ServerInfo100)
		out->result = PEN_WERR_INVALID_PARAMETER;
	else if (single)
		memcpy((uint8_t *)&s->settings + single->offset, in->ServerInfo.ServerInfo1107, 4);
	else if (level == 502 || level == 503 || level == 599)
		set_tuning(s, level, &in->ServerInfo);
	else
		out->result = set_identity(s, level, &in->ServerInfo);
	return 0;
}

/* ---- time and numbers ---- */

int pen_srvsvc_tod(struct pen_call *call, const struct srvsvc_NetrRemoteTOD_in *in,
		   struct srvsvc_NetrRemoteTOD_out *out)
{
	struct srvsvc_TIME_OF_DAY_INFO *info =
		pen_arena_zalloc(pen_call_arena(call), sizeof(*info));
	struct timespec now, up;
	struct tm utc, local;

	if (!info)
		return -ENOMEM;
	clock_gettime(CLOCK_REALTIME, &now);
	clock_gettime(CLOCK_BOOTTIME, &up);
	gmtime_r(&now.tv_sec, &utc);
	localtime_r(&now.tv_sec, &local);
	*info = (struct srvsvc_TIME_OF_DAY_INFO){
		.tod_elapsedt = (uint32_t)now.tv_sec,
		.tod_msecs = (uint32_t)(up.tv_sec * 1000 + up.tv_nsec / 1000000),
		.tod_hours = utc.tm_hour,
		.tod_mins = utc.tm_min,
		.tod_secs = utc.tm_sec,
		.tod_hunds = (uint32_t)(now.tv_nsec / 10000000),
		.tod_timezone = (int32_t)(-local.tm_gmtoff / 60),
		.tod_tinterval = 310, /* ten thousandths of a second, as Windows says */
		.tod_day = utc.tm_mday,
		.tod_month = utc.tm_mon + 1,
		.tod_year = utc.tm_year + 1900,
		.tod_weekday = utc.tm_wday,
	};
	out->BufferPtr = info;
	return 0;
}

/* What a server of RPC can count; what a file server would count besides is 0. */
int pen_srvsvc_statistics(struct pen_call *call, const struct srvsvc_NetrServerStatisticsGet_in *in,
			  struct srvsvc_NetrServerStatisticsGet_out *out)
{
	struct srvsvc_STAT_SERVER_0 *info = pen_arena_zalloc(pen_call_arena(call), sizeof(*info));
	struct pen_server_stats stats = { 0 };

	if (!info)
		return -ENOMEM;
	if (in->Level)
		out->result = PEN_WERR_INVALID_LEVEL;
	else if (in->Options)
		out->result = PEN_WERR_INVALID_PARAMETER;
	else if (!pen_srvsvc_is_admin(call))
		out->result = PEN_WERR_ACCESS_DENIED;
	if (out->result)
		return 0;
	if (pen_call_server(call))
		pen_server_stats(pen_call_server(call), &stats);
	info->sts0_start = (uint32_t)pen_srvsvc_of(call)->started;
	info->sts0_sopens = stats.connections;
	info->sts0_syserrors = (uint32_t)stats.faults;
	out->InfoStruct = info;
	return 0;
}
