/* SPDX-License-Identifier: MIT */
#include "tool/keyring.h"
#include "base/secret.h"
#include "crypto/crypto.h"
#include "runtime/keylog.h"
#include <errno.h>
#include <string.h>

enum { FILE_MAX = 256 << 20 };

/* ---- reading ---- */

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* In place. */
static bool get_key(struct pen_slice *key, char *hex)
{
	uint8_t *bytes = (uint8_t *)hex;
	size_t n = 0;

	for (; digit(hex[2 * n]) >= 0 && digit(hex[2 * n + 1]) >= 0; n++)
		bytes[n] = (uint8_t)(digit(hex[2 * n]) << 4 | digit(hex[2 * n + 1]));
	*key = (struct pen_slice){ bytes, n };
	return n && !hex[2 * n];
}

static bool get_number(const char *text, uint64_t max, uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 0);
	return *text >= '0' && *text <= '9' && !*end && !errno && *number <= max;
}

/* "ntlm:0xe2888235" */
static bool get_cipher(struct pen_session_keys *keys, const char *text)
{
	const char *colon = strchr(text, ':');
	uint64_t detail = 0;

	if (!colon || !get_number(colon + 1, UINT32_MAX, &detail))
		return false;
	keys->kind = pen_session_kind_parse(text, (size_t)(colon - text));
	keys->detail = (uint32_t)detail;
	return keys->kind != PEN_SESSION_NONE;
}

/* One word of a line. What is not known here is passed over. */
static bool take_word(struct keyring_key *key, const char *name, char *value)
{
	uint64_t number = 0;
	bool is_right = true;

	if (!strcmp(name, "local"))
		key->ends[0] = value;
	else if (!strcmp(name, "remote"))
		key->ends[1] = value;
	else if (!strcmp(name, "cipher"))
		is_right = get_cipher(&key->keys, value);
	else if (!strcmp(name, "key"))
		is_right = get_key(&key->keys.key, value);
	else if (!strcmp(name, "group")) {
		is_right = get_number(value, UINT32_MAX, &number);
		key->group = (uint32_t)number;
	} else if (!strcmp(name, "context")) {
		is_right = get_number(value, UINT32_MAX, &number);
		key->context = (uint32_t)number;
	} else if (!strcmp(name, "type")) {
		is_right = get_number(value, UINT8_MAX, &number);
		key->auth_type = (uint8_t)number;
	}
	return is_right;
}

static bool take_line(struct keyring_key *key, char *line)
{
	char *rest = NULL;
	char *word = strtok_r(line, " \r", &rest);

	*key = (struct keyring_key){ .ends = { "-", "-" } };
	if (!word || strcmp(word, "1") != 0)
		return false;
	while ((word = strtok_r(NULL, " \r", &rest))) {
		char *equals = strchr(word, '=');

		if (!equals)
			continue;
		*equals = '\0';
		if (!take_word(key, word, equals + 1))
			return false;
	}
	return key->keys.kind != PEN_SESSION_NONE && key->keys.key.size;
}

static size_t count_lines(const char *text)
{
	size_t n = 1;

	for (; (text = strchr(text, '\n')); text++)
		n++;
	return n;
}

int keyring_parse(struct keyring *keyring, char *text)
{
	char *rest = NULL;

	keyring->keys = calloc(count_lines(text), sizeof(*keyring->keys));
	if (!keyring->keys)
		return -ENOMEM;
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		if (take_line(&keyring->keys[keyring->n], line))
			keyring->n++;
		else
			keyring->n_passed++;
	}
	return 0;
}

int keyring_read(struct keyring *keyring, struct tool *tool, const char *path)
{
	struct pen_buffer text;
	int r;

	pen_buffer_init(&text, 0);
	r = tool_read(path, FILE_MAX, &text);
	if (r > 0)
		r = -EFBIG;
	keyring->text = r ? NULL : pen_secret_alloc(text.size + 1);
	if (keyring->text) {
		memcpy(keyring->text, text.data ? text.data : (const uint8_t *)"", text.size);
		r = keyring_parse(keyring, keyring->text);
	} else if (!r) {
		r = -ENOMEM;
	}
	if (text.data)
		pen_wipe(text.data, text.size);
	pen_buffer_done(&text);
	return r ? tool_fail(tool, TOOL_USAGE, NULL, "cannot read the key log %s: %s", path,
			     strerror(-r))
		 : TOOL_OK;
}

void keyring_done(struct keyring *keyring)
{
	free(keyring->keys);
	pen_secret_free(keyring->text);
	*keyring = (struct keyring){ 0 };
}

/* ---- looking up ---- */

static bool has_port(const char *end)
{
	const char *colon = strrchr(end, ':');

	return colon && (*end == '[' || strchr(end, ':') == colon);
}

/* Both ends, in either order. */
static bool is_of_connection(const struct keyring_key *key, const struct keyring_question *question)
{
	for (size_t i = 0; i < 2; i++)
		if (!strcmp(key->ends[0], question->ends[i]) &&
		    !strcmp(key->ends[1], question->ends[!i]))
			return true;
	return false;
}

/*
 * A line that has both ends is of that connection; one that has not, as those behind smbd and of
 * recordings on the other side of an address translation, is known by its group.
 */
static bool may_be(const struct keyring_key *key, const struct keyring_question *question)
{
	if (key->context != question->context || key->auth_type != question->auth_type)
		return false;
	if (is_of_connection(key, question))
		return true;
	if (question->group)
		return key->group == question->group;
	return !has_port(key->ends[0]) || !has_port(key->ends[1]);
}

const struct keyring_key *keyring_find(const struct keyring *keyring,
				       const struct keyring_question *question, size_t *n)
{
	while (*n < keyring->n) {
		const struct keyring_key *key = &keyring->keys[keyring->n - ++*n];

		if (may_be(key, question))
			return key;
	}
	return NULL;
}
