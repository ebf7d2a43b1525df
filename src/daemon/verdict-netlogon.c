/* SPDX-License-Identifier: MIT */
#include "daemon/verdict-netlogon.h"
#include "base/cleanup.h"
#include "runtime/machine.h"
#include "sec/ntlm-keys.h"
#include "sec/pac.h"
#include <errno.h>
#include <fcntl.h>
#include <penstock/status.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECRET_MAX = 1024 };

/* A secret that is no password but its NT hash, in hexadecimal. */
static const char hash_prefix[] = "{nthash}";

struct daemon_netlogon {
	pthread_mutex_t mutex;
	struct pen_machine *machine;
};

PEN_DEFINE_FREEP(struct daemon_netlogon, daemon_netlogon)

struct daemon_netlogon *daemon_netlogon_free(struct daemon_netlogon *netlogon)
{
	if (!netlogon)
		return NULL;
	pen_machine_free(netlogon->machine);
	pthread_mutex_destroy(&netlogon->mutex);
	free(netlogon);
	return NULL;
}

/* ---- the secret ---- */

static int read_line(const char *path, char secret[SECRET_MAX], char error[256])
{
	struct stat info;
	ssize_t n = -1;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		int r = -errno;

		snprintf(error, 256, "%s: %s", path, strerror(-r));
		return r;
	}
	if (fstat(fd, &info) || !S_ISREG(info.st_mode) || info.st_mode & 077)
		snprintf(error, 256, "%s is not a file for its owner alone (0600)", path);
	else
		n = read(fd, secret, SECRET_MAX - 1);
	close(fd);
	if (n < 0)
		return -EPERM;
	secret[n] = '\0';
	secret[strcspn(secret, "\r\n")] = '\0';
	if (!secret[0])
		snprintf(error, 256, "%s: its first line is empty, so there is no secret", path);
	return secret[0] ? 0 : -EINVAL;
}

static bool parse_hash(const char *hex, uint8_t hash[PEN_NTLM_KEY_SIZE])
{
	unsigned byte;

	for (size_t i = 0; i < PEN_NTLM_KEY_SIZE; i++) {
		if (strspn(hex, "0123456789abcdefABCDEF") < 2 || sscanf(hex, "%2x", &byte) != 1)
			return false;
		hash[i] = (uint8_t)byte;
		hex += 2;
	}
	return !*hex;
}

static int read_hash(const char *path, uint8_t hash[PEN_NTLM_KEY_SIZE], char error[256])
{
	struct pen_crypto *crypto = NULL;
	char secret[SECRET_MAX];
	int r = read_line(path, secret, error);

	if (!r && strncmp(secret, hash_prefix, sizeof(hash_prefix) - 1) == 0) {
		if (!parse_hash(secret + sizeof(hash_prefix) - 1, hash)) {
			snprintf(error, 256, "%s: after %s come 32 hexadecimal digits", path,
				 hash_prefix);
			r = -EINVAL;
		}
	} else if (!r) {
		r = pen_crypto_new(&crypto);
		if (!r)
			r = pen_ntlm_nt_hash(crypto, secret, hash);
		pen_crypto_free(crypto);
	}
	pen_wipe(secret, sizeof(secret));
	return r;
}

int daemon_netlogon_new(struct daemon_netlogon **netlogonp, const struct config *config,
			char error[256])
{
	pen_cleanup(daemon_netlogon_freep) struct daemon_netlogon *netlogon = NULL;
	struct pen_machine_config machine = {
		.binding = config->dc,
		.computer = config->machine ? config->machine : config->name,
		.domain = config->domain,
	};
	int r;

	if (!config->dc || !config->domain || !config->machine_secret) {
		snprintf(error, 256,
			 "verdicts of a domain controller need the keys dc, domain and "
			 "machine_secret");
		return -EINVAL;
	}
	netlogon = calloc(1, sizeof(*netlogon));
	if (!netlogon)
		return -ENOMEM;
	pthread_mutex_init(&netlogon->mutex, NULL);
	r = read_hash(config->machine_secret, machine.nt_hash, error);
	if (!r)
		r = pen_machine_new(&netlogon->machine, &machine);
	pen_wipe(machine.nt_hash, sizeof(machine.nt_hash));
	if (!r)
		*netlogonp = pen_take(&netlogon);
	return r;
}

/* ---- questions ---- */

/* A domain speaks for its own: nobody becomes this machine's by its word. */
static bool is_of_domain(const struct pen_sid *sid)
{
	return sid->authority == 18 ||
	       (sid->authority == 5 && sid->n_sub_authorities && sid->sub_authorities[0] == 21);
}

static int make_token(const struct pen_ntlm_attempt *attempt, const struct pen_machine_logon *logon,
		      struct pen_arena *arena, struct pen_token **tokenp)
{
	const struct pen_token_info known = { .proof = PEN_TOKEN_RPC,
					      .remote_address = attempt->peer };
	struct pen_sid *groups = pen_arena_array(arena, logon->n_groups + 1, sizeof(*groups));
	struct pen_pac pac = {
		.user = logon->user,
		.primary_group = logon->primary_group,
		.groups = groups,
		.account = logon->account,
		.domain = logon->domain,
	};

	if (!groups)
		return -ENOMEM;
	for (size_t i = 0; i < logon->n_groups; i++)
		if (is_of_domain(&logon->groups[i]))
			groups[pac.n_groups++] = logon->groups[i];
	return pen_pac_token(tokenp, &pac, &known);
}

static int refuse(struct pen_ntlm_verdict *verdict, int result, const char *user, const char *why)
{
	snprintf(verdict->reason, sizeof(verdict->reason), "%.64s: %s", user, why);
	return result;
}

static int take_answer(const struct pen_ntlm_attempt *attempt,
		       const struct pen_machine_logon *logon, struct pen_arena *arena,
		       struct pen_ntlm_verdict *verdict)
{
	int r;

	if (logon->status)
		return refuse(verdict,
			      logon->status == PEN_STATUS_NO_SUCH_USER ? PEN_E_NOT_FOUND
								       : PEN_E_DENIED,
			      attempt->user, pen_ntstatus_text(logon->status));
	if (logon->is_guest)
		return refuse(verdict, PEN_E_DENIED, attempt->user,
			      "a guest, and guests of others stay out");
	if (!is_of_domain(&logon->user))
		return refuse(verdict, PEN_E_DENIED, attempt->user, "its user is none of a domain");
	r = make_token(attempt, logon, arena, &verdict->token);
	if (!r)
		memcpy(verdict->session_base_key, logon->session_base_key, PEN_NTLM_KEY_SIZE);
	return r;
}

int daemon_netlogon_judge(void *data, const struct pen_ntlm_attempt *attempt,
			  struct pen_ntlm_verdict *verdict)
{
	struct daemon_netlogon *netlogon = data;
	struct pen_machine_logon logon;
	struct pen_arena arena;
	int r;

	pen_arena_init(&arena, 0);
	pthread_mutex_lock(&netlogon->mutex);
	r = pen_machine_logon(netlogon->machine, attempt, &arena, &logon);
	if (r)
		refuse(verdict, r, attempt->user, pen_machine_error(netlogon->machine));
	pthread_mutex_unlock(&netlogon->mutex);
	if (!r)
		r = take_answer(attempt, &logon, &arena, verdict);
	else if (r > 0)
		r = PEN_E_DENIED;
	pen_wipe(logon.session_base_key, sizeof(logon.session_base_key));
	pen_arena_done(&arena);
	return r;
}
