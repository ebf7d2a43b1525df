/* SPDX-License-Identifier: MIT */
/* Credentials written down, machine by machine, as netrc has them. */
#include "base/cleanup.h"
#include "crypto/crypto.h"
#include "sec/credentials.h"
#include <penstock/ndr.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Words are taken out in place: each is ended by a NUL where what parted it stood. */
struct words {
	char *at;
	unsigned line;
	bool is_quoted; /* the last one was */
	struct pen_ndr_error *error;
};

/* What an entry says; NULL: nothing. */
struct entry {
	unsigned line;
	const char *login;
	const char *password;
	const char *nt_hash;
	const char *domain;
};

static int refuse(struct words *words, const char *format, ...) PEN_PRINTF(2, 3);

static int refuse(struct words *words, const char *format, ...)
{
	va_list arguments;
	int n;

	if (!words->error)
		return PEN_E_SYNTAX;
	n = snprintf(words->error->text, sizeof(words->error->text), "line %u: ", words->line);
	va_start(arguments, format);
	vsnprintf(words->error->text + n, sizeof(words->error->text) - (size_t)n, format,
		  arguments);
	va_end(arguments);
	return PEN_E_SYNTAX;
}

/* ---- words ---- */

static void skip_space(struct words *words)
{
	char *at = words->at;

	while (*at && strchr(" \t\r\n#", *at)) {
		if (*at == '#')
			at += strcspn(at, "\n");
		else
			words->line += *at++ == '\n';
	}
	words->at = at;
}

/* Up to the closing quote; what follows a backslash stands for itself. */
static int take_quoted(struct words *words, char **wordp)
{
	char *from = words->at + 1;
	char *to = from;

	*wordp = from;
	while (*from != '"') {
		if (*from == '\\')
			from++;
		if (!*from || *from == '\n')
			return refuse(words, "a quoted word does not end");
		*to++ = *from++;
	}
	words->at = from + 1;
	*to = 0;
	if (*words->at && !strchr(" \t\r\n", *words->at))
		return refuse(words, "there is no space after a quoted word");
	return 0;
}

/* PEN_E_NOT_FOUND: there are no more. */
static int next_word(struct words *words, char **wordp)
{
	size_t n;

	skip_space(words);
	if (!*words->at)
		return PEN_E_NOT_FOUND;
	words->is_quoted = *words->at == '"';
	if (words->is_quoted)
		return take_quoted(words, wordp);
	*wordp = words->at;
	n = strcspn(words->at, " \t\r\n");
	words->at += n;
	if (*words->at) {
		words->line += *words->at == '\n';
		*words->at++ = 0;
	}
	return 0;
}

static int next_value(struct words *words, const char *keyword, char **wordp)
{
	unsigned line = words->line;
	int r = next_word(words, wordp);

	if (r != PEN_E_NOT_FOUND)
		return r;
	words->line = line;
	return refuse(words, "nothing follows \"%s\"", keyword);
}

/* ---- entries ---- */

static const char **member_of(struct entry *entry, const char *keyword)
{
	if (!strcmp(keyword, "login"))
		return &entry->login;
	if (!strcmp(keyword, "password"))
		return &entry->password;
	if (!strcmp(keyword, "nt-hash"))
		return &entry->nt_hash;
	return !strcmp(keyword, "domain") ? &entry->domain : NULL;
}

static int take_member(struct words *words, struct entry *entry, const char *keyword)
{
	const char **member = member_of(entry, keyword);
	char *value;
	int r;

	/* What is no keyword may be the rest of a password: it is not repeated. */
	if (!member)
		return refuse(words, "there should be machine, default, login, password, "
				     "nt-hash or domain; quote what has spaces in it");
	if (!entry->line)
		return refuse(words, "\"%s\" stands before any machine", keyword);
	if (*member)
		return refuse(words, "\"%s\" stands twice for one machine", keyword);
	r = next_value(words, keyword, &value);
	if (!r)
		*member = value;
	return r;
}

/* All of the text is read, so that a mistake in it is found at once. */
static int find_entry(struct words *words, const char *host, struct entry *found)
{
	struct entry other;
	struct entry *entry = &other;
	char *word;
	char *name;
	int r;

	other = (struct entry){ 0 };
	while (!(r = next_word(words, &word))) {
		bool is_machine = !words->is_quoted && !strcmp(word, "machine");
		bool is_match = !words->is_quoted && !strcmp(word, "default");

		if (!is_machine && !is_match) {
			r = take_member(words, entry, word);
			if (r)
				return r;
			continue;
		}
		if (is_machine) {
			r = next_value(words, word, &name);
			if (r)
				return r;
			is_match = !strcasecmp(name, host);
		}
		entry = is_match && !found->line ? found : &other;
		*entry = (struct entry){ .line = words->line };
	}
	return r == PEN_E_NOT_FOUND ? 0 : r;
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c | 0x20) : NULL;

	return at ? (int)(at - digits) : -1;
}

int pen_nt_hash_parse(const char *text, uint8_t hash[16])
{
	if (strlen(text) != 32)
		return PEN_E_SYNTAX;
	for (size_t i = 0; i < 16; i++) {
		int high = hex_digit(text[2 * i]);
		int low = hex_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return PEN_E_SYNTAX;
		hash[i] = (uint8_t)(high << 4 | low);
	}
	return 0;
}

static int make(struct pen_credentials **credentialsp, struct words *words,
		const struct entry *entry)
{
	uint8_t hash[16];
	int r;

	words->line = entry->line;
	if (!entry->login)
		return refuse(words, "the machine has no login");
	if (!entry->password == !entry->nt_hash)
		return refuse(words, entry->password ? "the machine has a password and a hash"
						     : "the machine has no password");
	if (entry->password)
		return pen_credentials_new_password(credentialsp, entry->login, entry->domain,
						    entry->password);
	if (pen_nt_hash_parse(entry->nt_hash, hash))
		r = refuse(words, "nt-hash is not 32 hexadecimal digits");
	else
		r = pen_credentials_new_nt_hash(credentialsp, entry->login, entry->domain, hash);
	pen_wipe(hash, sizeof(hash));
	return r;
}

int pen_credentials_read(struct pen_credentials **credentialsp, char *text, const char *host,
			 struct pen_ndr_error *error)
{
	struct words words = { .at = text, .line = 1, .error = error };
	struct entry entry = { 0 };
	int r = find_entry(&words, host, &entry);

	if (r)
		return r;
	if (entry.line)
		return make(credentialsp, &words, &entry);
	if (error)
		snprintf(error->text, sizeof(error->text),
			 "there is no machine %.100s in it, and no default", host);
	return PEN_E_NOT_FOUND;
}
