/* SPDX-License-Identifier: MIT */
#ifndef PENSTOCK_STATUS_H
#define PENSTOCK_STATUS_H
/*
 * The three families of codes that say how something ended: NTSTATUS [MS-ERREF
 * 2.3], Win32 error codes [MS-ERREF 2.2] and the status of RPC faults [C706
 * appendix E, MS-RPCE 2.2.2.11]; their names, a sentence for each, and how one
 * becomes another.
 *
 * A constant is the specification's name with our prefix for its own:
 *
 *   STATUS_ACCESS_DENIED       PEN_STATUS_ACCESS_DENIED
 *   RPC_NT_SERVER_UNAVAILABLE  PEN_STATUS_RPC_NT_SERVER_UNAVAILABLE
 *   ERROR_ACCESS_DENIED        PEN_WERR_ACCESS_DENIED
 *   RPC_X_BAD_STUB_DATA        PEN_WERR_RPC_X_BAD_STUB_DATA
 *   NERR_UserNotFound          PEN_WERR_NERR_USERNOTFOUND
 *   nca_s_op_rng_error         PEN_FAULT_OP_RNG_ERROR
 *   nca_s_fault_addr_error     PEN_FAULT_ADDR_ERROR
 */
#include <penstock/base.h>
#include <penstock/status-codes.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The two upper bits: 0 success, 1 information, 2 warning, 3 error. */
static inline bool pen_ntstatus_is_error(uint32_t status)
{
	return status >> 30 == 3;
}

/*
 * The specification's name of a code, or NULL: it is in no published table. Of
 * names that share a number, the one that is used more. A fault's status may
 * also be a Win32 code or an NTSTATUS [MS-RPCE 3.1.1.5.5]; then it has that name.
 */
const char *pen_ntstatus_name(uint32_t status);
const char *pen_werror_name(uint32_t error);
const char *pen_fault_name(uint32_t fault);

/* What the code means, in a sentence. Never NULL: for unknown codes it says so. */
const char *pen_ntstatus_text(uint32_t status);
const char *pen_werror_text(uint32_t error);
const char *pen_fault_text(uint32_t fault);

/*
 * The code of a name, in any case of letters, with or without a prefix: STATUS_
 * or NT_STATUS_; ERROR_ or WERR_; nca_s_, nca_s_fault_ or nca_. PEN_E_NOT_FOUND:
 * nothing has that name.
 */
int pen_ntstatus_find(const char *name, uint32_t *statusp);
int pen_werror_find(const char *name, uint32_t *errorp);
int pen_fault_find(const char *name, uint32_t *faultp);

/*
 * As Windows answers through RtlNtStatusToDosError. An NTSTATUS that wraps a
 * Win32 code gives that code; one of a customer's own stays as it is; one with
 * no counterpart becomes PEN_WERR_MR_MID_NOT_FOUND.
 */
uint32_t pen_werror_from_ntstatus(uint32_t status);

/*
 * The NTSTATUS that says most nearly the same. A code without one is wrapped:
 * 0xC007 before its 16 bits, which the function above undoes. A HRESULT that wraps
 * a Win32 code counts as that code; a code of more than 16 bits becomes
 * PEN_STATUS_UNSUCCESSFUL.
 */
uint32_t pen_ntstatus_from_werror(uint32_t error);

/* What an errno says, given as it is or negative. Unknown: STATUS_UNSUCCESSFUL, ERROR_GEN_FAILURE.
 */
uint32_t pen_ntstatus_from_errno(int error);
uint32_t pen_werror_from_errno(int error);

/* A fault as a client sees it. Unknown: PEN_STATUS_RPC_NT_CALL_FAILED. */
uint32_t pen_ntstatus_from_fault(uint32_t fault);

/*
 * The status of the fault that a server sends: nca_s_ where there is one, else the
 * Win32 code, else the NTSTATUS itself. A success is no fault: nca_s_fault_unspec.
 */
uint32_t pen_fault_from_ntstatus(uint32_t status);

#ifdef __cplusplus
}
#endif
#endif
