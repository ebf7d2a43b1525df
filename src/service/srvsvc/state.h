/* SPDX-License-Identifier: MIT */
#ifndef PEN_SERVICE_SRVSVC_STATE_H
#define PEN_SERVICE_SRVSVC_STATE_H
/*
 * What the files of the service share.
 */
#include "service/srvsvc/srvsvc.h"
#include <penstock/idl/srvsvc.h>
#include <penstock/status.h>
#include <penstock/token.h>

enum { PEN_SRVSVC_COMMENT_MAX = 256 }; /* characters [MS-SRVS 2.2.4.43] */

/* What NetrServerSetInfo changes, until the server ends. */
struct pen_srvsvc_settings {
	struct srvsvc_SERVER_INFO_599 tuning;
	uint32_t users;
	int32_t disc;
	int32_t hidden;
	uint32_t announce;
	uint32_t anndelta;
};

struct pen_srvsvc {
	char *name;
	char *comment;
	char *domain;
	uint32_t platform_id;
	uint32_t version_major;
	uint32_t version_minor;
	uint32_t type;
	uint64_t started;
	struct pen_shares *shares;
	const char *const *folders;
	struct pen_srvsvc_settings settings;
};

/* A call to the service: what nearly every operation asks first. */
static inline struct pen_srvsvc *pen_srvsvc_of(const struct pen_call *call)
{
	return (struct pen_srvsvc *)pen_call_data(call);
}

static inline bool pen_srvsvc_is_admin(const struct pen_call *call)
{
	return pen_token_is_admin(pen_call_token(call));
}

/* The Win32 error that an operation on shares ends with. */
uint32_t pen_srvsvc_error(int result);

/*
 * Which rows of an enumeration are sent: from the resume handle on, as many as the
 * preferred length has room for, and at least one.
 */
struct pen_srvsvc_window {
	size_t first;
	size_t count;
	uint32_t total;	 /* from the first on, as NetrShareEnum counts */
	uint32_t result; /* 0, or ERROR_MORE_DATA */
	uint32_t resume; /* 0 at the end */
};

struct pen_srvsvc_window pen_srvsvc_window(size_t n_rows, size_t row_size, uint32_t preferred,
					   const uint32_t *resume);

/* A resume handle for the answer: NULL where the caller gave none, or for want of memory. */
uint32_t *pen_srvsvc_resume(struct pen_call *call, const uint32_t *given, uint32_t value);

/* Any container of any enumeration: they differ in what the buffer holds. */
struct pen_srvsvc_container {
	uint32_t n;
	void *buffer;
};

_Static_assert(sizeof(struct pen_srvsvc_container) ==
			       sizeof(struct srvsvc_SHARE_INFO_502_CONTAINER) &&
		       offsetof(struct pen_srvsvc_container, buffer) ==
			       offsetof(struct srvsvc_SHARE_INFO_502_CONTAINER, Buffer),
	       "containers have one layout");

/* Room for n rows, all zero, in the call's arena. -ENOMEM. */
int pen_srvsvc_container_new(struct pen_call *call, size_t n, size_t row_size,
			     struct pen_srvsvc_container **containerp);

/* ---- share.c ---- */
int pen_srvsvc_share_enum(struct pen_call *call, const struct srvsvc_NetrShareEnum_in *in,
			  struct srvsvc_NetrShareEnum_out *out);
int pen_srvsvc_share_enum_sticky(struct pen_call *call,
				 const struct srvsvc_NetrShareEnumSticky_in *in,
				 struct srvsvc_NetrShareEnumSticky_out *out);
int pen_srvsvc_share_get(struct pen_call *call, const struct srvsvc_NetrShareGetInfo_in *in,
			 struct srvsvc_NetrShareGetInfo_out *out);
int pen_srvsvc_share_check(struct pen_call *call, const struct srvsvc_NetrShareCheck_in *in,
			   struct srvsvc_NetrShareCheck_out *out);

/* The share of that name, IPC$ among them. PEN_E_NOT_FOUND. */
int pen_srvsvc_share_find(struct pen_call *call, const char *name, struct pen_share *share);

/* ---- share-write.c ---- */
int pen_srvsvc_share_add(struct pen_call *call, const struct srvsvc_NetrShareAdd_in *in,
			 struct srvsvc_NetrShareAdd_out *out);
int pen_srvsvc_share_set(struct pen_call *call, const struct srvsvc_NetrShareSetInfo_in *in,
			 struct srvsvc_NetrShareSetInfo_out *out);
int pen_srvsvc_share_del(struct pen_call *call, const struct srvsvc_NetrShareDel_in *in,
			 struct srvsvc_NetrShareDel_out *out);
int pen_srvsvc_share_del_sticky(struct pen_call *call,
				const struct srvsvc_NetrShareDelSticky_in *in,
				struct srvsvc_NetrShareDelSticky_out *out);
int pen_srvsvc_share_del_start(struct pen_call *call, const struct srvsvc_NetrShareDelStart_in *in,
			       struct srvsvc_NetrShareDelStart_out *out);
int pen_srvsvc_share_del_commit(struct pen_call *call,
				const struct srvsvc_NetrShareDelCommit_in *in,
				struct srvsvc_NetrShareDelCommit_out *out);
int pen_srvsvc_share_del_ex(struct pen_call *call, const struct srvsvc_NetrShareDelEx_in *in,
			    struct srvsvc_NetrShareDelEx_out *out);

/* ---- server-info.c ---- */
void pen_srvsvc_settings_init(struct pen_srvsvc_settings *settings);
int pen_srvsvc_server_get(struct pen_call *call, const struct srvsvc_NetrServerGetInfo_in *in,
			  struct srvsvc_NetrServerGetInfo_out *out);
int pen_srvsvc_server_set(struct pen_call *call, const struct srvsvc_NetrServerSetInfo_in *in,
			  struct srvsvc_NetrServerSetInfo_out *out);
int pen_srvsvc_tod(struct pen_call *call, const struct srvsvc_NetrRemoteTOD_in *in,
		   struct srvsvc_NetrRemoteTOD_out *out);
int pen_srvsvc_statistics(struct pen_call *call, const struct srvsvc_NetrServerStatisticsGet_in *in,
			  struct srvsvc_NetrServerStatisticsGet_out *out);

/* ---- session.c ---- */
int pen_srvsvc_connection_enum(struct pen_call *call, const struct srvsvc_NetrConnectionEnum_in *in,
			       struct srvsvc_NetrConnectionEnum_out *out);
int pen_srvsvc_file_enum(struct pen_call *call, const struct srvsvc_NetrFileEnum_in *in,
			 struct srvsvc_NetrFileEnum_out *out);
int pen_srvsvc_file_get(struct pen_call *call, const struct srvsvc_NetrFileGetInfo_in *in,
			struct srvsvc_NetrFileGetInfo_out *out);
int pen_srvsvc_file_close(struct pen_call *call, const struct srvsvc_NetrFileClose_in *in,
			  struct srvsvc_NetrFileClose_out *out);
int pen_srvsvc_session_enum(struct pen_call *call, const struct srvsvc_NetrSessionEnum_in *in,
			    struct srvsvc_NetrSessionEnum_out *out);
int pen_srvsvc_session_del(struct pen_call *call, const struct srvsvc_NetrSessionDel_in *in,
			   struct srvsvc_NetrSessionDel_out *out);

/* ---- transport.c ---- */
int pen_srvsvc_disk_enum(struct pen_call *call, const struct srvsvc_NetrServerDiskEnum_in *in,
			 struct srvsvc_NetrServerDiskEnum_out *out);
int pen_srvsvc_transport_enum(struct pen_call *call,
			      const struct srvsvc_NetrServerTransportEnum_in *in,
			      struct srvsvc_NetrServerTransportEnum_out *out);

/* ---- path.c, name.c ---- */
int pen_srvsvc_path_type(struct pen_call *call, const struct srvsvc_NetprPathType_in *in,
			 struct srvsvc_NetprPathType_out *out);
int pen_srvsvc_path_canonicalize(struct pen_call *call,
				 const struct srvsvc_NetprPathCanonicalize_in *in,
				 struct srvsvc_NetprPathCanonicalize_out *out);
int pen_srvsvc_path_compare(struct pen_call *call, const struct srvsvc_NetprPathCompare_in *in,
			    struct srvsvc_NetprPathCompare_out *out);
int pen_srvsvc_name_validate(struct pen_call *call, const struct srvsvc_NetprNameValidate_in *in,
			     struct srvsvc_NetprNameValidate_out *out);
int pen_srvsvc_name_canonicalize(struct pen_call *call,
				 const struct srvsvc_NetprNameCanonicalize_in *in,
				 struct srvsvc_NetprNameCanonicalize_out *out);
int pen_srvsvc_name_compare(struct pen_call *call, const struct srvsvc_NetprNameCompare_in *in,
			    struct srvsvc_NetprNameCompare_out *out);

/* Whether it is a share's name: 1 to 80 characters, none that a name may not have. */
bool pen_srvsvc_is_share_name(const char *name);

/* "/srv/data" as "C:\srv\data" and back; in the arena. NULL: not absolute, "..", no memory. */
char *pen_srvsvc_path_to_windows(struct pen_arena *arena, const char *path);
char *pen_srvsvc_path_from_windows(struct pen_arena *arena, const char *path);

/* ---- security.c ---- */
int pen_srvsvc_security_get(struct pen_call *call, const struct srvsvc_NetrpGetFileSecurity_in *in,
			    struct srvsvc_NetrpGetFileSecurity_out *out);
int pen_srvsvc_security_set(struct pen_call *call, const struct srvsvc_NetrpSetFileSecurity_in *in,
			    struct srvsvc_NetrpSetFileSecurity_out *out);

#endif
