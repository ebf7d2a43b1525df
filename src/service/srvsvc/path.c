/* SPDX-License-Identifier: MIT */
#include "base/utf16.h"
#include "service/srvsvc/state.h"
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

/* Path types [MS-SRVS 2.2.2.9]. Bit 0: wildcards; bit 1: absolute; bit 2: with a drive. */
enum {
	ITYPE_UNC_COMPNAME = 4144,
	ITYPE_UNC = 4096,
	ITYPE_UNC_WC = 4097,
	ITYPE_PATH_RELND = 8192,
	ITYPE_WILDCARD = 1,
	ITYPE_ABSOLUTE = 2,
	ITYPE_DRIVE = 4,
	ITYPE_DEVICE_DISK = 8200,
	ITYPE_DEVICE_LPT = 8208,
	ITYPE_DEVICE_COM = 8224,
	ITYPE_DEVICE_CON = 8256,
	ITYPE_DEVICE_NUL = 8272,
};

enum { PATH_MAX_UNITS = 260, OLD_PATH_MAX_UNITS = 128 };

static bool is_separator(char c)
{
	return c == '\\' || c == '/';
}

/* ---- a share's path, there and back ---- */

char *pen_srvsvc_path_to_windows(struct pen_arena *arena, const char *path)
{
	char *windows = pen_arena_printf(arena, "C:%s%s", *path == '/' ? "" : "\\", path);

	for (char *p = windows; p && *p; p++)
		if (*p == '/')
			*p = '\\';
	return windows;
}

/* Appends a component; false: it is "..", which would lead out of where it seems to be. */
static bool component_add(char **nextp, const char *component, size_t n)
{
	if (!n || (n == 1 && component[0] == '.'))
		return true;
	if (n == 2 && !memcmp(component, "..", 2))
		return false;
	*(*nextp)++ = '/';
	memcpy(*nextp, component, n);
	*nextp += n;
	return true;
}

char *pen_srvsvc_path_from_windows(struct pen_arena *arena, const char *windows)
{
	size_t size = strlen(windows) + 2;
	char *path = pen_arena_zalloc(arena, size);
	char *next = path;

	if ((windows[0] | 0x20) == 'c' && windows[1] == ':')
		windows += 2;
	if (!path || !is_separator(*windows) || strchr(windows, ':'))
		return NULL;
	while (*windows) {
		size_t n = strcspn(windows, "\\/");

		if (!component_add(&next, windows, n))
			return NULL;
		windows += n;
		if (*windows)
			windows++;
	}
	if (next == path)
		*next = '/';
	return path;
}

/* ---- NetprPathType ---- */

/* "LPT1", "COM2:", "CON", "NUL": 0 if the path is no device. */
static uint32_t device_type(const char *path)
{
	static const struct {
		const char *name;
		bool is_numbered;
		uint32_t type;
	} devices[] = {
		{ "LPT", true, ITYPE_DEVICE_LPT },
		{ "COM", true, ITYPE_DEVICE_COM },
		{ "CON", false, ITYPE_DEVICE_CON },
		{ "NUL", false, ITYPE_DEVICE_NUL },
	};

	for (size_t i = 0; i < PEN_COUNT(devices); i++) {
		const char *rest = path + 3;

		if (strncasecmp(path, devices[i].name, 3))
			continue;
		if (devices[i].is_numbered && (*rest < '1' || *rest > '9'))
			continue;
		if (devices[i].is_numbered)
			rest++;
		if (!*rest || !strcmp(rest, ":"))
			return devices[i].type;
	}
	return 0;
}

/* \\computer, or \\computer\share\and\more. 0: it is neither. */
static uint32_t unc_type(const char *path)
{
	size_t n = strcspn(path + 2, "\\/");
	const char *rest = path + 2 + n;

	if (!n || (n == 1 && path[2] == '*' && !*rest))
		return 0;
	if (!*rest)
		return ITYPE_UNC_COMPNAME;
	if (!rest[1] || is_separator(rest[1]))
		return 0;
	return strpbrk(rest, "*?") ? ITYPE_UNC_WC : ITYPE_UNC;
}

/* 0: not a valid path. */
static uint32_t type_of(const char *path, size_t max)
{
	size_t n = pen_utf16_count(path, strlen(path));
	uint32_t type = ITYPE_PATH_RELND;
	uint32_t device;

	if (!n || n == PEN_UTF16_BAD || n > max)
		return 0;
	if (is_separator(path[0]) && is_separator(path[1]))
		return unc_type(path);
	device = device_type(path);
	if (device)
		return device;
	if (isalpha((unsigned char)path[0]) && path[1] == ':') {
		if (!path[2])
			return ITYPE_DEVICE_DISK;
		type |= ITYPE_DRIVE;
		path += 2;
	}
	if (is_separator(*path))
		type |= ITYPE_ABSOLUTE;
	for (const char *p = path; *p; p++) {
		if ((unsigned char)*p < 0x20 || strchr(":<>|\"", *p))
			return 0;
		if (is_separator(p[0]) && is_separator(p[1]))
			return 0;
	}
	return strpbrk(path, "*?") ? type | ITYPE_WILDCARD : type;
}

int pen_srvsvc_path_type(struct pen_call *call, const struct srvsvc_NetprPathType_in *in,
			 struct srvsvc_NetprPathType_out *out)
{
	if (in->Flags > 1) {
		out->result = PEN_WERR_INVALID_PARAMETER;
		return 0;
	}
	out->PathType = type_of(in->PathName, in->Flags ? OLD_PATH_MAX_UNITS : PATH_MAX_UNITS);
	out->result = out->PathType ? 0 : PEN_WERR_INVALID_NAME;
	return 0;
}

/* ---- NetprPathCanonicalize ---- */

/* Makes one separator of each, and takes "." and ".." away. False: ".." leads above the root. */
static bool path_normalize(char *path)
{
	bool is_unc = is_separator(path[0]) && is_separator(path[1]);
	char *root = path + (is_unc ? 2 : path[0] && path[1] == ':' ? 2 : 0);
	char *next, *read;

	for (char *p = path; *p; p++)
		if (*p == '/')
			*p = '\\';
	if (*root == '\\')
		root++;
	next = read = root;
	while (*read) {
		size_t n = strcspn(read, "\\");
		bool has_more = read[n];

		if (n == 2 && !memcmp(read, "..", 2)) {
			if (next == root)
				return false;
			next--;
			while (next > root && next[-1] != '\\')
				next--;
		} else if (n && !(n == 1 && *read == '.')) {
			memmove(next, read, n);
			next += n;
			*next++ = '\\';
		}
		read += n + has_more;
	}
	if (next > root && next[-1] == '\\')
		next--;
	*next = '\0';
	return true;
}

/* The path after its prefix, as a text that may be written to. */
static char *path_join(struct pen_arena *arena, const char *prefix, const char *path)
{
	size_t n = strlen(prefix);
	bool has_end = n && is_separator(prefix[n - 1]);

	return pen_arena_printf(arena, "%s%s%s ", prefix, n && !has_end ? "\\" : "", path);
}

int pen_srvsvc_path_canonicalize(struct pen_call *call,
				 const struct srvsvc_NetprPathCanonicalize_in *in,
				 struct srvsvc_NetprPathCanonicalize_out *out)
{
	struct pen_arena *arena = pen_call_arena(call);
	size_t n;
	char *path;

	out->PathType = in->PathType;
	out->Outbuf = pen_arena_zalloc(arena, (size_t)in->OutbufLen + 2);
	path = path_join(arena, in->Prefix, in->PathName);
	if (!out->Outbuf || !path)
		return -ENOMEM;
	path[strlen(path) - 1] = '\0'; /* room for the separator that normalize writes last */
	if (in->Flags & ~UINT32_C(0x80000000)) {
		out->result = PEN_WERR_INVALID_PARAMETER;
		return 0;
	}
	if (!type_of(path, PATH_MAX_UNITS) || !path_normalize(path)) {
		out->result = PEN_WERR_INVALID_NAME;
		return 0;
	}
	n = pen_utf16_count(path, strlen(path));
	if (2 * (n + 1) > in->OutbufLen) {
		out->result = PEN_WERR_NERR_BUFTOOSMALL;
		return 0;
	}
	pen_utf16_put(path, strlen(path), false, out->Outbuf, n);
	out->PathType = type_of(path, PATH_MAX_UNITS);
	return 0;
}

int pen_srvsvc_path_compare(struct pen_call *call, const struct srvsvc_NetprPathCompare_in *in,
			    struct srvsvc_NetprPathCompare_out *out)
{
	struct pen_arena *arena = pen_call_arena(call);
	char *a = path_join(arena, "", in->PathName1);
	char *b = path_join(arena, "", in->PathName2);

	if (!a || !b)
		return -ENOMEM;
	a[strlen(a) - 1] = b[strlen(b) - 1] = '\0';
	if (in->Flags > 1)
		out->result = (int32_t)PEN_WERR_INVALID_PARAMETER;
	else if (!type_of(a, PATH_MAX_UNITS) || !type_of(b, PATH_MAX_UNITS) || !path_normalize(a) ||
		 !path_normalize(b))
		out->result = (int32_t)PEN_WERR_INVALID_NAME;
	else
		out->result = pen_upcase_compare(a, strlen(a), b, strlen(b));
	return 0;
}
