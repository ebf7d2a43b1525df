/* SPDX-License-Identifier: MIT */
#include <penstock/sid.h>

const struct pen_sid pen_sid_null = { 1, 1, 0, { 0 } };
const struct pen_sid pen_sid_everyone = { 1, 1, 1, { 0 } };
const struct pen_sid pen_sid_local = { 1, 1, 2, { 0 } };
const struct pen_sid pen_sid_creator_owner = { 1, 1, 3, { 0 } };
const struct pen_sid pen_sid_creator_group = { 1, 1, 3, { 1 } };
const struct pen_sid pen_sid_owner_rights = { 1, 1, 3, { 4 } };
const struct pen_sid pen_sid_network = { 1, 1, 5, { 2 } };
const struct pen_sid pen_sid_batch = { 1, 1, 5, { 3 } };
const struct pen_sid pen_sid_interactive = { 1, 1, 5, { 4 } };
const struct pen_sid pen_sid_service = { 1, 1, 5, { 6 } };
const struct pen_sid pen_sid_anonymous = { 1, 1, 5, { 7 } };
const struct pen_sid pen_sid_domain_controllers = { 1, 1, 5, { 9 } };
const struct pen_sid pen_sid_self = { 1, 1, 5, { 10 } };
const struct pen_sid pen_sid_authenticated_users = { 1, 1, 5, { 11 } };
const struct pen_sid pen_sid_restricted = { 1, 1, 5, { 12 } };
const struct pen_sid pen_sid_system = { 1, 1, 5, { 18 } };
const struct pen_sid pen_sid_local_service = { 1, 1, 5, { 19 } };
const struct pen_sid pen_sid_network_service = { 1, 1, 5, { 20 } };
const struct pen_sid pen_sid_builtin = { 1, 1, 5, { 32 } };
const struct pen_sid pen_sid_administrators = { 1, 2, 5, { 32, 544 } };
const struct pen_sid pen_sid_users = { 1, 2, 5, { 32, 545 } };
const struct pen_sid pen_sid_guests = { 1, 2, 5, { 32, 546 } };
const struct pen_sid pen_sid_power_users = { 1, 2, 5, { 32, 547 } };
const struct pen_sid pen_sid_account_operators = { 1, 2, 5, { 32, 548 } };
const struct pen_sid pen_sid_server_operators = { 1, 2, 5, { 32, 549 } };
const struct pen_sid pen_sid_print_operators = { 1, 2, 5, { 32, 550 } };
const struct pen_sid pen_sid_backup_operators = { 1, 2, 5, { 32, 551 } };

/* SDDL's names [MS-DTYP 2.5.1.1], where the SID is the same everywhere. */
static const struct {
	char alias[3];
	struct pen_sid sid;
} absolute[] = {
	{ "AA", { 1, 2, 5, { 32, 579 } } },
	{ "AC", { 1, 2, 15, { 2, 1 } } },
	{ "AN", { 1, 1, 5, { 7 } } },
	{ "AO", { 1, 2, 5, { 32, 548 } } },
	{ "AS", { 1, 1, 18, { 1 } } },
	{ "AU", { 1, 1, 5, { 11 } } },
	{ "BA", { 1, 2, 5, { 32, 544 } } },
	{ "BG", { 1, 2, 5, { 32, 546 } } },
	{ "BO", { 1, 2, 5, { 32, 551 } } },
	{ "BU", { 1, 2, 5, { 32, 545 } } },
	{ "CD", { 1, 2, 5, { 32, 574 } } },
	{ "CG", { 1, 1, 3, { 1 } } },
	{ "CO", { 1, 1, 3, { 0 } } },
	{ "CY", { 1, 2, 5, { 32, 569 } } },
	{ "ED", { 1, 1, 5, { 9 } } },
	{ "ER", { 1, 2, 5, { 32, 573 } } },
	{ "ES", { 1, 2, 5, { 32, 576 } } },
	{ "HA", { 1, 2, 5, { 32, 578 } } },
	{ "HI", { 1, 1, 16, { 12288 } } },
	{ "IS", { 1, 2, 5, { 32, 568 } } },
	{ "IU", { 1, 1, 5, { 4 } } },
	{ "LS", { 1, 1, 5, { 19 } } },
	{ "LU", { 1, 2, 5, { 32, 559 } } },
	{ "LW", { 1, 1, 16, { 4096 } } },
	{ "ME", { 1, 1, 16, { 8192 } } },
	{ "MP", { 1, 1, 16, { 8448 } } },
	{ "MS", { 1, 2, 5, { 32, 577 } } },
	{ "MU", { 1, 2, 5, { 32, 558 } } },
	{ "NO", { 1, 2, 5, { 32, 556 } } },
	{ "NS", { 1, 1, 5, { 20 } } },
	{ "NU", { 1, 1, 5, { 2 } } },
	{ "OW", { 1, 1, 3, { 4 } } },
	{ "PO", { 1, 2, 5, { 32, 550 } } },
	{ "PS", { 1, 1, 5, { 10 } } },
	{ "PU", { 1, 2, 5, { 32, 547 } } },
	{ "RA", { 1, 2, 5, { 32, 575 } } },
	{ "RC", { 1, 1, 5, { 12 } } },
	{ "RD", { 1, 2, 5, { 32, 555 } } },
	{ "RE", { 1, 2, 5, { 32, 552 } } },
	{ "RM", { 1, 2, 5, { 32, 580 } } },
	{ "RU", { 1, 2, 5, { 32, 554 } } },
	{ "SI", { 1, 1, 16, { 16384 } } },
	{ "SO", { 1, 2, 5, { 32, 549 } } },
	{ "SS", { 1, 1, 18, { 2 } } },
	{ "SU", { 1, 1, 5, { 6 } } },
	{ "SY", { 1, 1, 5, { 18 } } },
	{ "UD", { 1, 6, 5, { 84, 0, 0, 0, 0, 0 } } },
	{ "WD", { 1, 1, 1, { 0 } } },
	{ "WR", { 1, 1, 5, { 33 } } },
};

/* And where it is a member of the domain. */
static const struct {
	char alias[3];
	uint32_t rid;
} relative[] = {
	{ "AP", 525 }, { "CA", 517 }, { "CN", 522 }, { "DA", 512 }, { "DC", 515 }, { "DD", 516 },
	{ "DG", 514 }, { "DU", 513 }, { "EA", 519 }, { "EK", 527 }, { "KA", 526 }, { "LA", 500 },
	{ "LG", 501 }, { "PA", 520 }, { "RO", 498 }, { "RS", 553 }, { "SA", 518 },
};

static bool is_alias(const char *a, const char *b)
{
	return a[0] == b[0] && a[1] == b[1];
}

int pen_sid_from_alias(struct pen_sid *sid, const char *alias, const struct pen_sid *domain)
{
	for (size_t i = 0; i < PEN_COUNT(absolute); i++)
		if (is_alias(absolute[i].alias, alias)) {
			*sid = absolute[i].sid;
			return 0;
		}
	for (size_t i = 0; domain && i < PEN_COUNT(relative); i++)
		if (is_alias(relative[i].alias, alias)) {
			struct pen_sid member = *domain;

			if (pen_sid_append(&member, relative[i].rid))
				return PEN_E_NOT_FOUND;
			*sid = member;
			return 0;
		}
	return PEN_E_NOT_FOUND;
}

const char *pen_sid_alias(const struct pen_sid *sid, const struct pen_sid *domain)
{
	uint32_t rid;

	for (size_t i = 0; i < PEN_COUNT(absolute); i++)
		if (pen_sid_equal(&absolute[i].sid, sid))
			return absolute[i].alias;
	if (!domain || !pen_sid_in_domain(sid, domain, &rid))
		return NULL;
	for (size_t i = 0; i < PEN_COUNT(relative); i++)
		if (relative[i].rid == rid)
			return relative[i].alias;
	return NULL;
}
