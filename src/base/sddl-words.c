/* SPDX-License-Identifier: MIT */
#include "base/sddl.h"

const struct pen_sddl_word pen_sddl_types[] = {
	{ "A", PEN_ACE_ALLOWED },	   { "D", PEN_ACE_DENIED },
	{ "AU", PEN_ACE_AUDIT },	   { "AL", PEN_ACE_ALARM },
	{ "OA", PEN_ACE_ALLOWED_OBJECT },  { "OD", PEN_ACE_DENIED_OBJECT },
	{ "OU", PEN_ACE_AUDIT_OBJECT },	   { "OL", PEN_ACE_ALARM_OBJECT },
	{ "ML", PEN_ACE_MANDATORY_LABEL }, { "SP", PEN_ACE_SCOPED_POLICY_ID },
};
const size_t pen_sddl_n_types = PEN_COUNT(pen_sddl_types);

const struct pen_sddl_word pen_sddl_flags[] = {
	{ "OI", PEN_ACE_OBJECT_INHERIT },
	{ "CI", PEN_ACE_CONTAINER_INHERIT },
	{ "NP", PEN_ACE_NO_PROPAGATE_INHERIT },
	{ "IO", PEN_ACE_INHERIT_ONLY },
	{ "ID", PEN_ACE_INHERITED },
	{ "SA", PEN_ACE_SUCCESSFUL_ACCESS },
	{ "FA", PEN_ACE_FAILED_ACCESS },
};
const size_t pen_sddl_n_flags = PEN_COUNT(pen_sddl_flags);

const struct pen_sddl_word pen_sddl_masks[] = {
	{ "FA", PEN_FILE_ALL_ACCESS },
	{ "FR", PEN_FILE_GENERIC_READ },
	{ "FW", PEN_FILE_GENERIC_WRITE },
	{ "FX", PEN_FILE_GENERIC_EXECUTE },
	{ "KA", 0x000f003f },
	{ "KR", 0x00020019 },
	{ "KW", 0x00020006 },
	{ "KX", 0x00020019 },
};
const size_t pen_sddl_n_masks = PEN_COUNT(pen_sddl_masks);

const struct pen_sddl_word pen_sddl_rights[] = {
	{ "CC", 0x00000001 },
	{ "DC", 0x00000002 },
	{ "LC", 0x00000004 },
	{ "SW", 0x00000008 },
	{ "RP", 0x00000010 },
	{ "WP", 0x00000020 },
	{ "DT", 0x00000040 },
	{ "LO", 0x00000080 },
	{ "CR", 0x00000100 },
	{ "SD", PEN_ACCESS_DELETE },
	{ "RC", PEN_ACCESS_READ_CONTROL },
	{ "WD", PEN_ACCESS_WRITE_DAC },
	{ "WO", PEN_ACCESS_WRITE_OWNER },
	{ "GA", PEN_ACCESS_GENERIC_ALL },
	{ "GX", PEN_ACCESS_GENERIC_EXECUTE },
	{ "GW", PEN_ACCESS_GENERIC_WRITE },
	{ "GR", PEN_ACCESS_GENERIC_READ },
};
const size_t pen_sddl_n_rights = PEN_COUNT(pen_sddl_rights);

const struct pen_sddl_word pen_sddl_label_rights[] = {
	{ "NW", 1 },
	{ "NR", 2 },
	{ "NX", 4 },
};
const size_t pen_sddl_n_label_rights = PEN_COUNT(pen_sddl_label_rights);
