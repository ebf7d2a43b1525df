/* SPDX-License-Identifier: MIT */
#include "store/lsa-schema.h"

/* A privilege is the bit of its number (enum pen_privilege). */
#define ASSIGN_TOKEN   "(1<<3)"
#define INCREASE_QUOTA "(1<<5)"
#define SYSTEM_TIME    "(1<<12)"
#define BASE_PRIORITY  "(1<<14)"
#define BACKUP	       "(1<<17)"
#define RESTORE	       "(1<<18)"
#define SHUTDOWN       "(1<<19)"
#define AUDIT	       "(1<<21)"
#define CHANGE_NOTIFY  "(1<<23)"
#define IMPERSONATE    "(1<<29)"
#define CREATE_GLOBAL  "(1<<30)"
#define WORKING_SET    "(1<<33)"
#define TIME_ZONE      "(1<<34)"

/* Logon rights, as in lsa.h. */
#define LOCALLY	 "1"
#define NETWORK	 "2"
#define BATCH	 "4"
#define SERVICE	 "16"
#define REMOTELY "1024"

/* Security, take ownership, load driver, profiles, page file, debug and so on. */
#define ADMINISTRATORS                                                                             \
	"(1<<8)|(1<<9)|(1<<10)|(1<<11)|(1<<13)|(1<<15)|(1<<20)|(1<<22)|(1<<24)|(1<<25)|(1<<28)|"   \
	"(1<<35)|(1<<36)|" INCREASE_QUOTA "|" SYSTEM_TIME "|" BASE_PRIORITY "|" BACKUP "|" RESTORE \
	"|" SHUTDOWN "|" CHANGE_NOTIFY "|" IMPERSONATE "|" CREATE_GLOBAL "|" WORKING_SET           \
	"|" TIME_ZONE

#define BACKUP_OPERATORS     BACKUP "|" RESTORE "|" SHUTDOWN "|" CHANGE_NOTIFY
#define USERS_LOGON	     LOCALLY "|" NETWORK
#define ADMINISTRATORS_LOGON USERS_LOGON "|" BATCH "|" REMOTELY

#define SERVICES                                                                                   \
	ASSIGN_TOKEN "|" INCREASE_QUOTA "|" AUDIT "|" CHANGE_NOTIFY "|" IMPERSONATE                \
		     "|" CREATE_GLOBAL

#define ROW(sid, privileges, logon) "('" sid "', " privileges ", " logon ")"

/*
 * A secret's key is its name in NT's upper case. The rights are those that a Windows
 * server has, by its security templates, when it is new.
 */
const char pen_lsa_schema[] =
	"CREATE TABLE lsa_account (sid TEXT PRIMARY KEY NOT NULL, privileges INTEGER NOT NULL,"
	" system_access INTEGER NOT NULL, security BLOB) WITHOUT ROWID;"

	"CREATE TABLE lsa_secret (key TEXT PRIMARY KEY NOT NULL, name TEXT NOT NULL,"
	" has_current INTEGER NOT NULL DEFAULT 0, current BLOB, current_set INTEGER NOT NULL,"
	" has_old INTEGER NOT NULL DEFAULT 0, old BLOB, old_set INTEGER NOT NULL,"
	" security BLOB) WITHOUT ROWID;"

	"CREATE TABLE lsa_value (name TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL)"
	" WITHOUT ROWID;"

	"INSERT INTO lsa_account (sid, privileges, system_access) VALUES " ROW(
		"S-1-1-0", CHANGE_NOTIFY, NETWORK) ","			    /* Everyone */
	ROW("S-1-5-6", IMPERSONATE "|" CREATE_GLOBAL, "0") ","		    /* SERVICE */
	ROW("S-1-5-19", SERVICES "|" SYSTEM_TIME "|" TIME_ZONE, "0") ","    /* LOCAL SERVICE */
	ROW("S-1-5-20", SERVICES, "0") ","				    /* NETWORK SERVICE */
	ROW("S-1-5-32-544", ADMINISTRATORS, ADMINISTRATORS_LOGON) ","	    /* Administrators */
	ROW("S-1-5-32-545", CHANGE_NOTIFY "|" WORKING_SET, USERS_LOGON) "," /* Users */
	ROW("S-1-5-32-551", BACKUP_OPERATORS, USERS_LOGON "|" BATCH) ","    /* Backup Operators */
	ROW("S-1-5-32-555", "0", REMOTELY) ","		       /* Remote Desktop Users */
	ROW("S-1-5-32-559", "0", BATCH) ","		       /* Performance Log Users */
	ROW("S-1-5-80-0", "0", SERVICE) ","		       /* NT SERVICE\\ALL SERVICES */
	ROW("S-1-5-90-0", BASE_PRIORITY "|" WORKING_SET, "0"); /* Window Manager Group */
