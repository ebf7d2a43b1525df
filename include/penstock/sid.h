/* SPDX-License-Identifier: MIT */
#ifndef PENSTOCK_SID_H
#define PENSTOCK_SID_H
/*
 * Security identifiers [MS-DTYP 2.4.2]: the names of users, groups and domains.
 *
 * A SID is a value of fixed size: copy it, keep it, compare it. Its parts are in
 * the host's byte order.
 */
#include <penstock/base.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PEN_SID_SUB_AUTHORITIES_MAX 15

struct pen_sid {
	uint8_t revision; /* 1 */
	uint8_t n_sub_authorities;
	uint64_t authority; /* 48 bits */
	uint32_t sub_authorities[PEN_SID_SUB_AUTHORITIES_MAX];
};

#define PEN_SID_TEXT_SIZE 184 /* of the longest, with the NUL */

/* Writes S-1-authority-sub-sub...; an authority from 2^32 on is in hexadecimal. */
void pen_sid_print(const struct pen_sid *sid, char text[PEN_SID_TEXT_SIZE]);

/* Reads that form, the whole text; a hexadecimal authority has twelve digits. PEN_E_SYNTAX. */
int pen_sid_parse(struct pen_sid *sid, const char *text);

bool pen_sid_equal(const struct pen_sid *a, const struct pen_sid *b);

/* Orders by authority, then by each sub-authority; a domain before its members. */
int pen_sid_compare(const struct pen_sid *a, const struct pen_sid *b);

/* Adds one more sub-authority, such as a RID to a domain. PEN_E_LIMIT: it has 15. */
int pen_sid_append(struct pen_sid *sid, uint32_t sub_authority);

/* Whether sid is a domain's SID and one RID after it; ridp may be NULL. */
bool pen_sid_in_domain(const struct pen_sid *sid, const struct pen_sid *domain, uint32_t *ridp);

/* S-1-22-1-uid and S-1-22-2-gid, as Samba names what the unix side alone knows. */
struct pen_sid pen_sid_unix_user(uint32_t uid);
struct pen_sid pen_sid_unix_group(uint32_t gid);

/*
 * The two-letter names of SDDL [MS-DTYP 2.5.1.1]. Some name a member of a domain,
 * for which domain is asked; NULL: there is none. PEN_E_NOT_FOUND: no such
 * alias, or none without a domain. And back; NULL: the SID has no alias.
 */
int pen_sid_from_alias(struct pen_sid *sid, const char *alias, const struct pen_sid *domain);
const char *pen_sid_alias(const struct pen_sid *sid, const struct pen_sid *domain);

/* Well-known SIDs [MS-DTYP 2.4.2.4]. */
extern const struct pen_sid pen_sid_null;		 /* S-1-0-0 */
extern const struct pen_sid pen_sid_everyone;		 /* S-1-1-0 */
extern const struct pen_sid pen_sid_local;		 /* S-1-2-0 */
extern const struct pen_sid pen_sid_creator_owner;	 /* S-1-3-0 */
extern const struct pen_sid pen_sid_creator_group;	 /* S-1-3-1 */
extern const struct pen_sid pen_sid_owner_rights;	 /* S-1-3-4 */
extern const struct pen_sid pen_sid_network;		 /* S-1-5-2 */
extern const struct pen_sid pen_sid_batch;		 /* S-1-5-3 */
extern const struct pen_sid pen_sid_interactive;	 /* S-1-5-4 */
extern const struct pen_sid pen_sid_service;		 /* S-1-5-6 */
extern const struct pen_sid pen_sid_anonymous;		 /* S-1-5-7 */
extern const struct pen_sid pen_sid_domain_controllers;	 /* S-1-5-9, of the enterprise */
extern const struct pen_sid pen_sid_self;		 /* S-1-5-10 */
extern const struct pen_sid pen_sid_authenticated_users; /* S-1-5-11 */
extern const struct pen_sid pen_sid_restricted;		 /* S-1-5-12 */
extern const struct pen_sid pen_sid_system;		 /* S-1-5-18 */
extern const struct pen_sid pen_sid_local_service;	 /* S-1-5-19 */
extern const struct pen_sid pen_sid_network_service;	 /* S-1-5-20 */
extern const struct pen_sid pen_sid_builtin;		 /* S-1-5-32 */
extern const struct pen_sid pen_sid_administrators;	 /* S-1-5-32-544 */
extern const struct pen_sid pen_sid_users;		 /* S-1-5-32-545 */
extern const struct pen_sid pen_sid_guests;		 /* S-1-5-32-546 */
extern const struct pen_sid pen_sid_power_users;	 /* S-1-5-32-547 */
extern const struct pen_sid pen_sid_account_operators;	 /* S-1-5-32-548 */
extern const struct pen_sid pen_sid_server_operators;	 /* S-1-5-32-549 */
extern const struct pen_sid pen_sid_print_operators;	 /* S-1-5-32-550 */
extern const struct pen_sid pen_sid_backup_operators;	 /* S-1-5-32-551 */

/* RIDs that mean the same in every domain [MS-DTYP 2.4.2.4]. */
enum pen_rid {
	PEN_RID_ADMINISTRATOR = 500,
	PEN_RID_GUEST = 501,
	PEN_RID_DOMAIN_ADMINS = 512,
	PEN_RID_DOMAIN_USERS = 513,
	PEN_RID_DOMAIN_GUESTS = 514,
	PEN_RID_DOMAIN_COMPUTERS = 515,
	PEN_RID_DOMAIN_CONTROLLERS = 516,
};

#ifdef __cplusplus
}
#endif
#endif
