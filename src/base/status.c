/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <penstock/status.h>
#include <string.h>
#include <strings.h>

/* words is where in the family's words the name begins; the sentence follows it. */
struct status_row {
	uint32_t value;
	uint32_t words;
};

struct status_pair {
	uint32_t from;
	uint32_t to;
};

/* A family's words are one long string: no pointers, so nothing to relocate. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverlength-strings"
#include "base/status-tables.h"
#pragma GCC diagnostic pop

struct status_table {
	const struct status_row *rows;
	size_t n_rows;
	const char *words;
	const char *const *prefixes; /* longest first where one begins another; NULL ends */
};

#define FACILITY(status) ((status) >> 16)

enum facility {
	FACILITY_NTWIN32 = 0xC007, /* an NTSTATUS around a Win32 code */
	FACILITY_HRESULT = 0x8007, /* a HRESULT around one */
};

static const char unknown_text[] = "No published table knows this code.";

/* Both kinds of rows begin with the number they are sorted by. */
static const void *find_number(uint32_t number, const void *rows, size_t n, size_t size)
{
	const char *low = rows;
	const void *found = NULL;

	/* The first of equals, so that the table says which name a number has. */
	while (n) {
		const char *middle = low + n / 2 * size;
		uint32_t value;

		memcpy(&value, middle, sizeof(value));
		if (value == number)
			found = middle;
		if (value < number) {
			low = middle + size;
			n -= n / 2 + 1;
		} else {
			n /= 2;
		}
	}
	return found;
}

static const char *find_name(const struct status_table *table, uint32_t value)
{
	const struct status_row *row;

	row = find_number(value, table->rows, table->n_rows, sizeof(*row));
	return row ? table->words + row->words : NULL;
}

static const char *text_of(const char *name)
{
	return name ? name + strlen(name) + 1 : unknown_text;
}

static const char *bare(const char *name, const char *const *prefixes)
{
	for (; *prefixes; prefixes++) {
		size_t n = strlen(*prefixes);

		if (strncasecmp(name, *prefixes, n) == 0)
			return name + n;
	}
	return name;
}

static int find_value(const struct status_table *table, const char *name, uint32_t *valuep)
{
	name = bare(name, table->prefixes);
	for (size_t i = 0; i < table->n_rows; i++) {
		const char *other = table->words + table->rows[i].words;

		if (strcasecmp(name, bare(other, table->prefixes)) == 0) {
			*valuep = table->rows[i].value;
			return 0;
		}
	}
	return PEN_E_NOT_FOUND;
}

#define TABLE(kind)                                                                                \
	{                                                                                          \
		.rows = kind##_rows, .n_rows = PEN_COUNT(kind##_rows), .words = kind##_words,      \
		.prefixes = (const char *const[]){ kind##_PREFIXES, NULL },                        \
	}
#define ntstatus_PREFIXES "STATUS_", "NT_STATUS_"
#define werror_PREFIXES	  "ERROR_", "WERR_"
#define fault_PREFIXES	  "nca_s_fault_", "nca_s_", "nca_"

static const struct status_table ntstatus_table = TABLE(ntstatus);
static const struct status_table werror_table = TABLE(werror);
static const struct status_table fault_table = TABLE(fault);

const char *pen_ntstatus_name(uint32_t status)
{
	return find_name(&ntstatus_table, status);
}

const char *pen_ntstatus_text(uint32_t status)
{
	return text_of(pen_ntstatus_name(status));
}

int pen_ntstatus_find(const char *name, uint32_t *statusp)
{
	return find_value(&ntstatus_table, name, statusp);
}

const char *pen_werror_name(uint32_t error)
{
	return find_name(&werror_table, error);
}

const char *pen_werror_text(uint32_t error)
{
	return text_of(pen_werror_name(error));
}

int pen_werror_find(const char *name, uint32_t *errorp)
{
	return find_value(&werror_table, name, errorp);
}

const char *pen_fault_name(uint32_t fault)
{
	const char *name = find_name(&fault_table, fault);

	if (!name)
		name = pen_werror_name(fault);
	return name ? name : pen_ntstatus_name(fault);
}

const char *pen_fault_text(uint32_t fault)
{
	return text_of(pen_fault_name(fault));
}

int pen_fault_find(const char *name, uint32_t *faultp)
{
	return find_value(&fault_table, name, faultp);
}

uint32_t pen_werror_from_ntstatus(uint32_t status)
{
	const struct status_pair *pair;

	if (status & PEN_BIT(29))
		return status;
	if (FACILITY(status) == FACILITY_NTWIN32 || FACILITY(status) == FACILITY_HRESULT)
		return (uint16_t)status;
	pair = find_number(status, werror_of_ntstatus, PEN_COUNT(werror_of_ntstatus),
			   sizeof(*pair));
	return pair ? pair->to : PEN_WERR_MR_MID_NOT_FOUND;
}

uint32_t pen_ntstatus_from_werror(uint32_t error)
{
	const struct status_pair *pair;

	if (FACILITY(error) == FACILITY_HRESULT)
		error = (uint16_t)error;
	pair = find_number(error, ntstatus_of_werror, PEN_COUNT(ntstatus_of_werror), sizeof(*pair));
	if (pair)
		return pair->to;
	if (error > UINT16_MAX)
		return PEN_STATUS_UNSUCCESSFUL;
	return (uint32_t)FACILITY_NTWIN32 << 16 | error;
}

static const struct {
	int error;
	uint32_t status;
	uint32_t werror;
} of_errno[] = {
	{ 0, PEN_STATUS_SUCCESS, PEN_WERR_SUCCESS },
	{ EPERM, PEN_STATUS_ACCESS_DENIED, PEN_WERR_ACCESS_DENIED },
	{ ENOENT, PEN_STATUS_OBJECT_NAME_NOT_FOUND, PEN_WERR_FILE_NOT_FOUND },
	{ ESRCH, PEN_STATUS_INVALID_CID, PEN_WERR_INVALID_PARAMETER },
	{ EINTR, PEN_STATUS_RETRY, PEN_WERR_RETRY },
	{ EIO, PEN_STATUS_IO_DEVICE_ERROR, PEN_WERR_IO_DEVICE },
	{ ENXIO, PEN_STATUS_NO_SUCH_DEVICE, PEN_WERR_FILE_NOT_FOUND },
	{ E2BIG, PEN_STATUS_INVALID_BUFFER_SIZE, PEN_WERR_BAD_LENGTH },
	{ ENOEXEC, PEN_STATUS_INVALID_IMAGE_FORMAT, PEN_WERR_BAD_EXE_FORMAT },
	{ EBADF, PEN_STATUS_INVALID_HANDLE, PEN_WERR_INVALID_HANDLE },
	{ ECHILD, PEN_STATUS_NOT_FOUND, PEN_WERR_WAIT_NO_CHILDREN },
	{ EAGAIN, PEN_STATUS_RETRY, PEN_WERR_RETRY },
	{ ENOMEM, PEN_STATUS_NO_MEMORY, PEN_WERR_NOT_ENOUGH_MEMORY },
	{ EACCES, PEN_STATUS_ACCESS_DENIED, PEN_WERR_ACCESS_DENIED },
	{ EFAULT, PEN_STATUS_ACCESS_VIOLATION, PEN_WERR_NOACCESS },
	{ EBUSY, PEN_STATUS_DEVICE_BUSY, PEN_WERR_BUSY },
	{ EEXIST, PEN_STATUS_OBJECT_NAME_COLLISION, PEN_WERR_ALREADY_EXISTS },
	{ EXDEV, PEN_STATUS_NOT_SAME_DEVICE, PEN_WERR_NOT_SAME_DEVICE },
	{ ENODEV, PEN_STATUS_NO_SUCH_DEVICE, PEN_WERR_FILE_NOT_FOUND },
	{ ENOTDIR, PEN_STATUS_NOT_A_DIRECTORY, PEN_WERR_DIRECTORY },
	{ EISDIR, PEN_STATUS_FILE_IS_A_DIRECTORY, PEN_WERR_ACCESS_DENIED },
	{ EINVAL, PEN_STATUS_INVALID_PARAMETER, PEN_WERR_INVALID_PARAMETER },
	{ ENFILE, PEN_STATUS_TOO_MANY_OPENED_FILES, PEN_WERR_TOO_MANY_OPEN_FILES },
	{ EMFILE, PEN_STATUS_TOO_MANY_OPENED_FILES, PEN_WERR_TOO_MANY_OPEN_FILES },
	{ ENOTTY, PEN_STATUS_INVALID_DEVICE_REQUEST, PEN_WERR_INVALID_FUNCTION },
	{ EFBIG, PEN_STATUS_FILE_TOO_LARGE, PEN_WERR_FILE_TOO_LARGE },
	{ ENOSPC, PEN_STATUS_DISK_FULL, PEN_WERR_DISK_FULL },
	{ EROFS, PEN_STATUS_MEDIA_WRITE_PROTECTED, PEN_WERR_WRITE_PROTECT },
	{ EMLINK, PEN_STATUS_TOO_MANY_LINKS, PEN_WERR_TOO_MANY_LINKS },
	{ EPIPE, PEN_STATUS_PIPE_BROKEN, PEN_WERR_BROKEN_PIPE },
	{ EDOM, PEN_STATUS_INVALID_PARAMETER, PEN_WERR_INVALID_PARAMETER },
	{ ERANGE, PEN_STATUS_INTEGER_OVERFLOW, PEN_WERR_ARITHMETIC_OVERFLOW },
	{ EDEADLK, PEN_STATUS_POSSIBLE_DEADLOCK, PEN_WERR_POSSIBLE_DEADLOCK },
	{ ENAMETOOLONG, PEN_STATUS_NAME_TOO_LONG, PEN_WERR_FILENAME_EXCED_RANGE },
	{ ENOLCK, PEN_STATUS_INSUFFICIENT_RESOURCES, PEN_WERR_NO_SYSTEM_RESOURCES },
	{ ENOSYS, PEN_STATUS_NOT_IMPLEMENTED, PEN_WERR_CALL_NOT_IMPLEMENTED },
	{ ENOTEMPTY, PEN_STATUS_DIRECTORY_NOT_EMPTY, PEN_WERR_DIR_NOT_EMPTY },
	{ ELOOP, PEN_STATUS_REPARSE_POINT_NOT_RESOLVED, PEN_WERR_CANT_RESOLVE_FILENAME },
	{ ENODATA, PEN_STATUS_NO_EAS_ON_FILE, PEN_WERR_FILE_NOT_FOUND },
	{ EPROTO, PEN_STATUS_INVALID_NETWORK_RESPONSE, PEN_WERR_BAD_NET_RESP },
	{ EBADMSG, PEN_STATUS_INVALID_NETWORK_RESPONSE, PEN_WERR_BAD_NET_RESP },
	{ EOVERFLOW, PEN_STATUS_BUFFER_OVERFLOW, PEN_WERR_MORE_DATA },
	{ EILSEQ, PEN_STATUS_NO_UNICODE_TRANSLATION, PEN_WERR_NO_UNICODE_TRANSLATION },
	{ ENOTSOCK, PEN_STATUS_INVALID_HANDLE, PEN_WERR_INVALID_HANDLE },
	{ EMSGSIZE, PEN_STATUS_INVALID_BUFFER_SIZE, PEN_WERR_INVALID_USER_BUFFER },
	{ EPROTONOSUPPORT, PEN_STATUS_PROTOCOL_NOT_SUPPORTED, PEN_WERR_NOT_SUPPORTED },
	{ EOPNOTSUPP, PEN_STATUS_NOT_SUPPORTED, PEN_WERR_NOT_SUPPORTED },
	{ EAFNOSUPPORT, PEN_STATUS_NOT_SUPPORTED, PEN_WERR_NOT_SUPPORTED },
	{ EADDRINUSE, PEN_STATUS_ADDRESS_ALREADY_EXISTS, PEN_WERR_DUP_NAME },
	{ EADDRNOTAVAIL, PEN_STATUS_INVALID_ADDRESS_COMPONENT, PEN_WERR_INVALID_NETNAME },
	{ ENETDOWN, PEN_STATUS_NETWORK_UNREACHABLE, PEN_WERR_NETWORK_UNREACHABLE },
	{ ENETUNREACH, PEN_STATUS_NETWORK_UNREACHABLE, PEN_WERR_NETWORK_UNREACHABLE },
	{ ENETRESET, PEN_STATUS_NETWORK_NAME_DELETED, PEN_WERR_NETNAME_DELETED },
	{ ECONNABORTED, PEN_STATUS_CONNECTION_ABORTED, PEN_WERR_CONNECTION_ABORTED },
	{ ECONNRESET, PEN_STATUS_CONNECTION_RESET, PEN_WERR_NETNAME_DELETED },
	{ ENOBUFS, PEN_STATUS_INSUFFICIENT_RESOURCES, PEN_WERR_NO_SYSTEM_RESOURCES },
	{ EISCONN, PEN_STATUS_CONNECTION_ACTIVE, PEN_WERR_CONNECTION_ACTIVE },
	{ ENOTCONN, PEN_STATUS_CONNECTION_INVALID, PEN_WERR_CONNECTION_INVALID },
	{ ETIMEDOUT, PEN_STATUS_IO_TIMEOUT, PEN_WERR_SEM_TIMEOUT },
	{ ECONNREFUSED, PEN_STATUS_CONNECTION_REFUSED, PEN_WERR_CONNECTION_REFUSED },
	{ EHOSTDOWN, PEN_STATUS_HOST_DOWN, PEN_WERR_HOST_DOWN },
	{ EHOSTUNREACH, PEN_STATUS_HOST_UNREACHABLE, PEN_WERR_HOST_UNREACHABLE },
	{ EALREADY, PEN_STATUS_DEVICE_BUSY, PEN_WERR_BUSY },
	{ EINPROGRESS, PEN_STATUS_PENDING, PEN_WERR_IO_PENDING },
	{ ESTALE, PEN_STATUS_FILE_CLOSED, PEN_WERR_INVALID_HANDLE },
	{ EDQUOT, PEN_STATUS_DISK_QUOTA_EXCEEDED, PEN_WERR_DISK_QUOTA_EXCEEDED },
	{ ENOMEDIUM, PEN_STATUS_NO_MEDIA_IN_DEVICE, PEN_WERR_NOT_READY },
	{ ECANCELED, PEN_STATUS_CANCELLED, PEN_WERR_OPERATION_ABORTED },
};

uint32_t pen_ntstatus_from_errno(int error)
{
	for (size_t i = 0; i < PEN_COUNT(of_errno); i++)
		if (of_errno[i].error == error || of_errno[i].error == -error)
			return of_errno[i].status;
	return PEN_STATUS_UNSUCCESSFUL;
}

uint32_t pen_werror_from_errno(int error)
{
	for (size_t i = 0; i < PEN_COUNT(of_errno); i++)
		if (of_errno[i].error == error || of_errno[i].error == -error)
			return of_errno[i].werror;
	return PEN_WERR_GEN_FAILURE;
}

/* The first fault of a status is the one that the status becomes. */
static const struct status_pair ntstatus_of_fault[] = {
	{ PEN_FAULT_OP_RNG_ERROR, PEN_STATUS_RPC_NT_PROCNUM_OUT_OF_RANGE },
	{ PEN_FAULT_UNK_IF, PEN_STATUS_RPC_NT_UNKNOWN_IF },
	{ PEN_FAULT_CONTEXT_MISMATCH, PEN_STATUS_RPC_NT_SS_CONTEXT_MISMATCH },
	{ PEN_FAULT_CANCEL, PEN_STATUS_RPC_NT_CALL_CANCELLED },
	{ PEN_FAULT_SERVER_TOO_BUSY, PEN_STATUS_RPC_NT_SERVER_TOO_BUSY },
	{ PEN_FAULT_REMOTE_NO_MEMORY, PEN_STATUS_NO_MEMORY },
	{ PEN_FAULT_PROTO_ERROR, PEN_STATUS_RPC_NT_PROTOCOL_ERROR },
	{ PEN_FAULT_RPC_VERSION_MISMATCH, PEN_STATUS_RPC_NT_PROTOCOL_ERROR },
	{ PEN_FAULT_INVALID_PRES_CONTEXT_ID, PEN_STATUS_RPC_NT_PROTOCOL_ERROR },
	{ PEN_FAULT_OUT_ARGS_TOO_BIG, PEN_STATUS_RPC_NT_PROTOCOL_ERROR },
	{ PEN_FAULT_INVALID_CHECKSUM, PEN_STATUS_RPC_NT_SEC_PKG_ERROR },
	{ PEN_FAULT_INVALID_CRC, PEN_STATUS_RPC_NT_PROTOCOL_ERROR },
	{ PEN_FAULT_UNSPEC, PEN_STATUS_RPC_NT_CALL_FAILED },
	{ PEN_FAULT_UNSPEC_REJECT, PEN_STATUS_RPC_NT_CALL_FAILED_DNE },
	{ PEN_FAULT_MANAGER_NOT_ENTERED, PEN_STATUS_RPC_NT_CALL_FAILED_DNE },
	{ PEN_FAULT_WHO_ARE_YOU_FAILED, PEN_STATUS_RPC_NT_CALL_FAILED_DNE },
	{ PEN_FAULT_BAD_ACTID, PEN_STATUS_RPC_NT_CALL_FAILED_DNE },
	{ PEN_FAULT_WRONG_BOOT_TIME, PEN_STATUS_RPC_NT_CALL_FAILED_DNE },
	{ PEN_FAULT_YOU_CRASHED, PEN_STATUS_RPC_NT_CALL_FAILED },
	{ PEN_FAULT_COMM_FAILURE, PEN_STATUS_RPC_NT_COMM_FAILURE },
	{ PEN_FAULT_REMOTE_COMM_FAILURE, PEN_STATUS_RPC_NT_COMM_FAILURE },
	{ PEN_FAULT_UNSUPPORTED_TYPE, PEN_STATUS_RPC_NT_UNSUPPORTED_TYPE },
	{ PEN_FAULT_UNSUPPORTED_AUTHN_LEVEL, PEN_STATUS_RPC_NT_UNSUPPORTED_AUTHN_LEVEL },
	{ PEN_FAULT_OBJECT_NOT_FOUND, PEN_STATUS_RPC_NT_OBJECT_NOT_FOUND },
	{ PEN_FAULT_INVALID_TAG, PEN_STATUS_RPC_NT_INVALID_TAG },
	{ PEN_FAULT_INVALID_BOUND, PEN_STATUS_RPC_NT_INVALID_BOUND },
	{ PEN_FAULT_STRING_TOO_LONG, PEN_STATUS_RPC_NT_STRING_TOO_LONG },
	{ PEN_FAULT_INT_DIV_BY_ZERO, PEN_STATUS_RPC_NT_ZERO_DIVIDE },
	{ PEN_FAULT_ADDR_ERROR, PEN_STATUS_RPC_NT_ADDRESS_ERROR },
	{ PEN_FAULT_FP_DIV_ZERO, PEN_STATUS_RPC_NT_FP_DIV_ZERO },
	{ PEN_FAULT_FP_UNDERFLOW, PEN_STATUS_RPC_NT_FP_UNDERFLOW },
	{ PEN_FAULT_FP_OVERFLOW, PEN_STATUS_RPC_NT_FP_OVERFLOW },
	{ PEN_FAULT_INT_OVERFLOW, PEN_STATUS_INTEGER_OVERFLOW },
	{ PEN_FAULT_ILL_INST, PEN_STATUS_ILLEGAL_INSTRUCTION },
	{ PEN_FAULT_FP_ERROR, PEN_STATUS_FLOAT_INVALID_OPERATION },
	{ PEN_FAULT_PIPE_EMPTY, PEN_STATUS_RPC_NT_PIPE_EMPTY },
	{ PEN_FAULT_PIPE_CLOSED, PEN_STATUS_RPC_NT_PIPE_CLOSED },
	{ PEN_FAULT_PIPE_ORDER, PEN_STATUS_RPC_NT_INVALID_PIPE_OPERATION },
	{ PEN_FAULT_PIPE_DISCIPLINE, PEN_STATUS_RPC_NT_PIPE_DISCIPLINE_ERROR },
	{ PEN_FAULT_PIPE_COMM_ERROR, PEN_STATUS_RPC_NT_COMM_FAILURE },
	{ PEN_FAULT_PIPE_MEMORY, PEN_STATUS_NO_MEMORY },
};

uint32_t pen_ntstatus_from_fault(uint32_t fault)
{
	for (size_t i = 0; i < PEN_COUNT(ntstatus_of_fault); i++)
		if (ntstatus_of_fault[i].from == fault)
			return ntstatus_of_fault[i].to;
	if (fault && fault <= UINT16_MAX)
		return pen_ntstatus_from_werror(fault);
	return pen_ntstatus_is_error(fault) ? fault : PEN_STATUS_RPC_NT_CALL_FAILED;
}

uint32_t pen_fault_from_ntstatus(uint32_t status)
{
	uint32_t error;

	if (!pen_ntstatus_is_error(status))
		return PEN_FAULT_UNSPEC;
	for (size_t i = 0; i < PEN_COUNT(ntstatus_of_fault); i++)
		if (ntstatus_of_fault[i].to == status)
			return ntstatus_of_fault[i].from;
	error = pen_werror_from_ntstatus(status);
	return error == PEN_WERR_MR_MID_NOT_FOUND ? status : error;
}
