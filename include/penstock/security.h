/* SPDX-License-Identifier: MIT */
#ifndef PENSTOCK_SECURITY_H
#define PENSTOCK_SECURITY_H
/*
 * Security descriptors, their text form, and the access check [MS-DTYP 2.4, 2.5].
 *
 *	pen_sddl_parse(&descriptor, &arena, "O:BAG:SYD:(A;;GA;;;BA)(A;;GR;;;WD)", NULL, &error);
 *	r = pen_access_check(&descriptor, &subject, &mapping, PEN_ACCESS_READ_CONTROL, &granted);
 *
 * What a descriptor points to lives in the arena it was read into.
 */
#include <penstock/arena.h>
#include <penstock/sid.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pen_buffer;

/* Rights that mean the same for every kind of object [MS-DTYP 2.4.3]. The low 16 bits are its own.
 */
#define PEN_ACCESS_DELETE	   UINT32_C(0x00010000)
#define PEN_ACCESS_READ_CONTROL	   UINT32_C(0x00020000)
#define PEN_ACCESS_WRITE_DAC	   UINT32_C(0x00040000)
#define PEN_ACCESS_WRITE_OWNER	   UINT32_C(0x00080000)
#define PEN_ACCESS_SYNCHRONIZE	   UINT32_C(0x00100000)
#define PEN_ACCESS_SYSTEM_SECURITY UINT32_C(0x01000000)
#define PEN_ACCESS_MAXIMUM_ALLOWED UINT32_C(0x02000000)
#define PEN_ACCESS_GENERIC_ALL	   UINT32_C(0x10000000)
#define PEN_ACCESS_GENERIC_EXECUTE UINT32_C(0x20000000)
#define PEN_ACCESS_GENERIC_WRITE   UINT32_C(0x40000000)
#define PEN_ACCESS_GENERIC_READ	   UINT32_C(0x80000000)

/* Files and pipes. */
#define PEN_FILE_ALL_ACCESS	 UINT32_C(0x001f01ff)
#define PEN_FILE_GENERIC_READ	 UINT32_C(0x00120089)
#define PEN_FILE_GENERIC_WRITE	 UINT32_C(0x00120116)
#define PEN_FILE_GENERIC_EXECUTE UINT32_C(0x001200a0)

/* A privilege is the bit of its number [MS-LSAD 3.1.1.2.1]. */
#define PEN_PRIVILEGE(number) (UINT64_C(1) << (number))

enum pen_privilege {
	PEN_PRIVILEGE_CREATE_TOKEN = 2,
	PEN_PRIVILEGE_ASSIGN_PRIMARY_TOKEN = 3,
	PEN_PRIVILEGE_LOCK_MEMORY = 4,
	PEN_PRIVILEGE_INCREASE_QUOTA = 5,
	PEN_PRIVILEGE_MACHINE_ACCOUNT = 6,
	PEN_PRIVILEGE_TCB = 7,
	PEN_PRIVILEGE_SECURITY = 8,
	PEN_PRIVILEGE_TAKE_OWNERSHIP = 9,
	PEN_PRIVILEGE_LOAD_DRIVER = 10,
	PEN_PRIVILEGE_SYSTEM_PROFILE = 11,
	PEN_PRIVILEGE_SYSTEM_TIME = 12,
	PEN_PRIVILEGE_PROFILE_SINGLE_PROCESS = 13,
	PEN_PRIVILEGE_INCREASE_BASE_PRIORITY = 14,
	PEN_PRIVILEGE_CREATE_PAGEFILE = 15,
	PEN_PRIVILEGE_CREATE_PERMANENT = 16,
	PEN_PRIVILEGE_BACKUP = 17,
	PEN_PRIVILEGE_RESTORE = 18,
	PEN_PRIVILEGE_SHUTDOWN = 19,
	PEN_PRIVILEGE_DEBUG = 20,
	PEN_PRIVILEGE_AUDIT = 21,
	PEN_PRIVILEGE_SYSTEM_ENVIRONMENT = 22,
	PEN_PRIVILEGE_CHANGE_NOTIFY = 23,
	PEN_PRIVILEGE_REMOTE_SHUTDOWN = 24,
	PEN_PRIVILEGE_UNDOCK = 25,
	PEN_PRIVILEGE_SYNC_AGENT = 26,
	PEN_PRIVILEGE_ENABLE_DELEGATION = 27,
	PEN_PRIVILEGE_MANAGE_VOLUME = 28,
	PEN_PRIVILEGE_IMPERSONATE = 29,
	PEN_PRIVILEGE_CREATE_GLOBAL = 30,
	PEN_PRIVILEGE_TRUSTED_CREDMAN_ACCESS = 31,
	PEN_PRIVILEGE_RELABEL = 32,
	PEN_PRIVILEGE_INCREASE_WORKING_SET = 33,
	PEN_PRIVILEGE_TIME_ZONE = 34,
	PEN_PRIVILEGE_CREATE_SYMBOLIC_LINK = 35,
	PEN_PRIVILEGE_DELEGATE_SESSION_USER_IMPERSONATE = 36,
	/* Samba's own; its numbers for them do not fit into a mask. */
	PEN_PRIVILEGE_PRINT_OPERATOR = 61,
	PEN_PRIVILEGE_ADD_USERS = 62,
	PEN_PRIVILEGE_DISK_OPERATOR = 63,
};

/* [MS-DTYP 2.4.4.1] */
enum pen_ace_type {
	PEN_ACE_ALLOWED = 0x00,
	PEN_ACE_DENIED = 0x01,
	PEN_ACE_AUDIT = 0x02,
	PEN_ACE_ALARM = 0x03,
	PEN_ACE_ALLOWED_OBJECT = 0x05,
	PEN_ACE_DENIED_OBJECT = 0x06,
	PEN_ACE_AUDIT_OBJECT = 0x07,
	PEN_ACE_ALARM_OBJECT = 0x08,
	PEN_ACE_ALLOWED_CALLBACK = 0x09,
	PEN_ACE_DENIED_CALLBACK = 0x0a,
	PEN_ACE_ALLOWED_CALLBACK_OBJECT = 0x0b,
	PEN_ACE_DENIED_CALLBACK_OBJECT = 0x0c,
	PEN_ACE_AUDIT_CALLBACK = 0x0d,
	PEN_ACE_ALARM_CALLBACK = 0x0e,
	PEN_ACE_AUDIT_CALLBACK_OBJECT = 0x0f,
	PEN_ACE_ALARM_CALLBACK_OBJECT = 0x10,
	PEN_ACE_MANDATORY_LABEL = 0x11,
	PEN_ACE_RESOURCE_ATTRIBUTE = 0x12,
	PEN_ACE_SCOPED_POLICY_ID = 0x13,
};

enum pen_ace_flag {
	PEN_ACE_OBJECT_INHERIT = 0x01,
	PEN_ACE_CONTAINER_INHERIT = 0x02,
	PEN_ACE_NO_PROPAGATE_INHERIT = 0x04,
	PEN_ACE_INHERIT_ONLY = 0x08,
	PEN_ACE_INHERITED = 0x10,
	PEN_ACE_SUCCESSFUL_ACCESS = 0x40,
	PEN_ACE_FAILED_ACCESS = 0x80,
};

enum pen_ace_object_flag {
	PEN_ACE_OBJECT_TYPE_PRESENT = 1,
	PEN_ACE_INHERITED_OBJECT_TYPE_PRESENT = 2,
};

struct pen_ace {
	uint8_t type;
	uint8_t flags;
	uint32_t mask;
	struct pen_sid sid;
	uint32_t object_flags; /* object types only, as the two after it */
	struct pen_uuid object_type;
	struct pen_uuid inherited_object_type;
	/*
	 * What follows the SID: a callback's condition, a resource attribute. Of a
	 * type that is not in pen_ace_type: all after the header; mask and sid are
	 * zero then.
	 */
	struct pen_slice data;
};

#define PEN_ACL_REVISION    2
#define PEN_ACL_REVISION_DS 4 /* with object types */

struct pen_acl {
	uint8_t revision;
	struct pen_ace *aces;
	size_t n_aces;
};

/* [MS-DTYP 2.4.6] */
enum pen_descriptor_control {
	PEN_OWNER_DEFAULTED = 0x0001,
	PEN_GROUP_DEFAULTED = 0x0002,
	PEN_DACL_PRESENT = 0x0004,
	PEN_DACL_DEFAULTED = 0x0008,
	PEN_SACL_PRESENT = 0x0010,
	PEN_SACL_DEFAULTED = 0x0020,
	PEN_DACL_TRUSTED = 0x0040,
	PEN_SERVER_SECURITY = 0x0080,
	PEN_DACL_AUTO_INHERIT_REQ = 0x0100,
	PEN_SACL_AUTO_INHERIT_REQ = 0x0200,
	PEN_DACL_AUTO_INHERITED = 0x0400,
	PEN_SACL_AUTO_INHERITED = 0x0800,
	PEN_DACL_PROTECTED = 0x1000,
	PEN_SACL_PROTECTED = 0x2000,
	PEN_RM_CONTROL_VALID = 0x4000,
	PEN_SELF_RELATIVE = 0x8000,
};

/*
 * A descriptor. With PEN_DACL_PRESENT and no dacl it has a NULL DACL, and so
 * gives everything to everybody, as one without the flag does; an empty DACL gives nothing.
 */
struct pen_descriptor {
	uint8_t resource_manager_control; /* with PEN_RM_CONTROL_VALID */
	uint16_t control;
	const struct pen_sid *owner; /* NULL: none */
	const struct pen_sid *group;
	const struct pen_acl *sacl;
	const struct pen_acl *dacl;
};

/*
 * Reads a self-relative descriptor. Parts may lie anywhere after the header and
 * may share bytes, as the document allows. PEN_E_BAD_DATA: an offset, size or
 * count that leaves its bounds, or a revision there is not; -ENOMEM: also where
 * the arena's limit is crossed.
 */
int pen_descriptor_get(struct pen_descriptor *descriptor, struct pen_arena *arena, const void *data,
		       size_t n);

/*
 * Appends the self-relative form: SACL, DACL, owner, group. PEN_E_BAD_DATA: an ACL
 * of more than 65535 bytes or ACEs; -ENOMEM, PEN_E_LIMIT: the buffer's.
 */
int pen_descriptor_put(const struct pen_descriptor *descriptor, struct pen_buffer *buffer);

/* Copies a descriptor with all that it points to into the arena. -ENOMEM. */
int pen_descriptor_copy(struct pen_descriptor *copy, struct pen_arena *arena,
			const struct pen_descriptor *descriptor);

/* What is wrong with a text, for people. */
struct pen_sddl_error {
	size_t at; /* offset in the text */
	char text[120];
};

/*
 * Parses SDDL [MS-DTYP 2.5.1]: O:, G:, D: and S:, each at most once. domain is for
 * aliases of its members and may be NULL, as error may. PEN_E_SYNTAX;
 * PEN_E_UNSUPPORTED: a conditional expression or a resource attribute; -ENOMEM.
 */
int pen_sddl_parse(struct pen_descriptor *descriptor, struct pen_arena *arena, const char *text,
		   const struct pen_sid *domain, struct pen_sddl_error *error);

/*
 * Appends the text form, with aliases where there are any; domain may be NULL.
 * PEN_E_UNSUPPORTED: it has an ACE of a type or a flag that SDDL cannot say here;
 * nothing is appended then. -ENOMEM, PEN_E_LIMIT: the buffer's.
 */
int pen_sddl_print(const struct pen_descriptor *descriptor, const struct pen_sid *domain,
		   struct pen_buffer *buffer);

/* What an object's kind makes of the four generic rights. */
struct pen_generic_mapping {
	uint32_t read;
	uint32_t write;
	uint32_t execute;
	uint32_t all;
};

uint32_t pen_access_map(uint32_t mask, const struct pen_generic_mapping *mapping);

/* Who asks: what the access check needs of a token. */
struct pen_access_subject {
	const struct pen_sid *sids; /* the user and all groups */
	size_t n_sids;
	uint64_t privileges;
};

/*
 * The access check [MS-DTYP 2.5.3.2]. desired may hold generic rights and
 * PEN_ACCESS_MAXIMUM_ALLOWED; 0 and *grantedp: all that was asked, or the most there
 * is. PEN_E_DENIED: not all of it, or nothing at all for MAXIMUM_ALLOWED.
 *
 * There are no object type trees and no evaluation of conditions here, and what is
 * not known does not open a door: an ACE of an object type or with a condition
 * denies as if it applied, and allows nothing.
 */
int pen_access_check(const struct pen_descriptor *descriptor,
		     const struct pen_access_subject *subject,
		     const struct pen_generic_mapping *mapping, uint32_t desired,
		     uint32_t *grantedp);

#ifdef __cplusplus
}
#endif
#endif
