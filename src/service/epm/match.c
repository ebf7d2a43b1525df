/* SPDX-License-Identifier: MIT */
#include "service/epm/match.h"
#include <penstock/idl/epm.h>

static bool is_version(const struct pen_syntax_id *has, const struct pen_syntax_id *asked,
		       uint32_t option)
{
	switch (option) {
	case epm_RPC_C_VERS_ALL:
		return true;
	case epm_RPC_C_VERS_COMPATIBLE:
		return has->major == asked->major && has->minor >= asked->minor;
	case epm_RPC_C_VERS_EXACT:
		return has->major == asked->major && has->minor == asked->minor;
	case epm_RPC_C_VERS_MAJOR_ONLY:
		return has->major == asked->major;
	case epm_RPC_C_VERS_UPTO:
		return has->major < asked->major ||
		       (has->major == asked->major && has->minor <= asked->minor);
	}
	return false;
}

bool pen_epm_matches(const struct pen_epm_entry *entry, const struct pen_epm_question *question)
{
	const struct pen_syntax_id *has = &entry->tower.interface;

	if (question->by_interface &&
	    (!pen_uuid_equal(&has->uuid, &question->interface.uuid) ||
	     !is_version(has, &question->interface, question->vers_option)))
		return false;
	return !question->by_object || pen_uuid_equal(&entry->object, &question->object);
}

static bool is_known_transfer(const struct pen_syntax_id *transfer)
{
	return pen_syntax_id_equal(transfer, &pen_syntax_ndr) ||
	       pen_syntax_id_equal(transfer, &pen_syntax_ndr64);
}

bool pen_epm_maps(const struct pen_epm_entry *entry, const struct pen_tower *asked,
		  const struct pen_uuid *object)
{
	const struct pen_syntax_id *has = &entry->tower.interface;

	if (entry->tower.protseq != asked->protseq ||
	    !pen_uuid_equal(&has->uuid, &asked->interface.uuid) ||
	    !is_version(has, &asked->interface, epm_RPC_C_VERS_COMPATIBLE))
		return false;
	if (entry->owner ? !pen_syntax_id_equal(&entry->tower.transfer, &asked->transfer)
			 : !is_known_transfer(&asked->transfer))
		return false;
	return pen_uuid_is_nil(&entry->object) || !object || pen_uuid_is_nil(object) ||
	       pen_uuid_equal(&entry->object, object);
}
