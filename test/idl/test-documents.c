/* SPDX-License-Identifier: MIT */
/*
 * What the published documents say of each interface in idl/, and what penidl made of the text
 * there: identity, number of operations, which is at which number, and the size of structures.
 * The numbers here are the documents', written down a second time.
 */
#include "support/unit.h"
#include <penstock/buffer.h>
#include <penstock/idl/conv.h>
#include <penstock/idl/dssetup.h>
#include <penstock/idl/eerr.h>
#include <penstock/idl/epm.h>
#include <penstock/idl/even6.h>
#include <penstock/idl/frstrans.h>
#include <penstock/idl/lsarpc.h>
#include <penstock/idl/mgmt.h>
#include <penstock/idl/netdfs.h>
#include <penstock/idl/netlogon.h>
#include <penstock/idl/samr.h>
#include <penstock/idl/srvsvc.h>
#include <penstock/idl/svcctl.h>
#include <penstock/idl/tsch.h>
#include <penstock/idl/winreg.h>
#include <penstock/idl/winspool.h>
#include <penstock/idl/witness.h>
#include <penstock/idl/wkssvc.h>
#include <string.h>

/* ---- interfaces ---- */

enum { LANDMARKS_MAX = 7 };

struct expected_interface {
	const struct pen_interface *interface;
	const char *section; /* where the document lists the operations */
	const char *uuid;
	uint16_t major;
	uint16_t minor;
	uint32_t n_operations;
	uint32_t n_unused; /* those that are not used on the wire */
	struct {
		uint16_t opnum;
		const char *name;
	} landmarks[LANDMARKS_MAX];
};

static const struct expected_interface expected_interfaces[] = {
	{
		.interface = &atsvc_interface,
		.section = "MS-TSCH 3.2.5.2",
		.uuid = "1ff70682-0a51-30e8-076d-740be8cee98b",
		.major = 1,
		.n_operations = 4,
		.landmarks = { { 0, "NetrJobAdd" },
			       { 1, "NetrJobDel" },
			       { 2, "NetrJobEnum" },
			       { 3, "NetrJobGetInfo" } },
	},
	{
		.interface = &conv_interface,
		.section = "C706 appendix P",
		.uuid = "333a2276-0000-0000-0d00-00809c000000",
		.major = 3,
		.n_operations = 5,
		.landmarks = { { 0, "conv_who_are_you" },
			       { 1, "conv_who_are_you2" },
			       { 2, "conv_are_you_there" },
			       { 3, "conv_who_are_you_auth" },
			       { 4, "conv_who_are_you_auth_more" } },
	},
	{
		.interface = &convc_interface,
		.section = "C706 appendix P",
		.uuid = "4a967f14-3000-0000-0d00-012882000000",
		.major = 1,
		.n_operations = 1,
		.landmarks = { { 0, "convc_indy" } },
	},
	{
		.interface = &dssetup_interface,
		.section = "MS-DSSP 3.2.5",
		.uuid = "3919286a-b10c-11d0-9ba8-00c04fd92ef5",
		.n_operations = 12,
		.n_unused = 11,
		.landmarks = { { 0, "DsRolerGetPrimaryDomainInformation" } },
	},
	{
		.interface = &epm_interface,
		.section = "C706 appendix O",
		.uuid = "e1af8308-5d1f-11c9-91a4-08002b14a0fa",
		.major = 3,
		.n_operations = 7,
		.landmarks = { { 0, "ept_insert" },
			       { 1, "ept_delete" },
			       { 2, "ept_lookup" },
			       { 3, "ept_map" },
			       { 4, "ept_lookup_handle_free" },
			       { 6, "ept_mgmt_delete" } },
	},
	{
		.interface = &ExtendedError_interface,
		.section = "MS-EERR 6",
		.uuid = "14a8831c-bc82-11d2-8a64-0008c7457e5d",
		.major = 1,
	},
	{
		.interface = &FrsTransport_interface,
		.section = "MS-FRS2 3.2.4.1",
		.uuid = "897e2e5f-93f3-4376-9c9c-fd2277495c27",
		.major = 1,
		.n_operations = 18,
		.n_unused = 1,
		.landmarks = { { 0, "CheckConnectivity" },
			       { 3, "RequestUpdates" },
			       { 8, "RawGetFileData" },
			       { 12, "RdcClose" },
			       { 15, "RawGetFileDataAsync" },
			       { 16, "RdcGetFileDataAsync" },
			       { 17, "RdcFileDataTransferKeepAlive" } },
	},
	{
		.interface = &IEventService_interface,
		.section = "MS-EVEN6 3.1.4",
		.uuid = "f6beaff7-1e19-4fbb-9f8f-b89e2018337c",
		.major = 1,
		.n_operations = 29,
		.landmarks = { { 0, "EvtRpcRegisterRemoteSubscription" },
			       { 5, "EvtRpcRegisterLogQuery" },
			       { 11, "EvtRpcQueryNext" },
			       { 13, "EvtRpcClose" },
			       { 19, "EvtRpcGetChannelList" },
			       { 28, "EvtRpcGetClassicLogDisplayName" } },
	},
	{
		.interface = &ITaskSchedulerService_interface,
		.section = "MS-TSCH 3.2.5.4",
		.uuid = "86d35949-83c9-4044-b424-db363231fd0c",
		.major = 1,
		.n_operations = 20,
		.landmarks = { { 0, "SchRpcHighestVersion" },
			       { 1, "SchRpcRegisterTask" },
			       { 9, "SchRpcGetInstanceInfo" },
			       { 12, "SchRpcRun" },
			       { 15, "SchRpcScheduledRuntimes" },
			       { 19, "SchRpcEnableTask" } },
	},
	{
		.interface = &lsarpc_interface,
		.section = "MS-LSAD 3.1.4, MS-LSAT 3.1.4",
		.uuid = "12345778-1234-abcd-ef00-0123456789ab",
		.n_operations = 136,
		.n_unused = 72,
		.landmarks = { { 0, "LsarClose" },
			       { 14, "LsarLookupNames" },
			       { 44, "LsarOpenPolicy2" },
			       { 77, "LsarLookupNames4" },
			       { 130, "LsarOpenPolicy3" },
			       { 135, "LsarOpenPolicyWithCreds" } },
	},
	{
		.interface = &mgmt_interface,
		.section = "C706 appendix Q",
		.uuid = "afa8bd80-7d8a-11c9-bef4-08002b102989",
		.major = 1,
		.n_operations = 5,
		.landmarks = { { 0, "rpc__mgmt_inq_if_ids" },
			       { 1, "rpc__mgmt_inq_stats" },
			       { 2, "rpc__mgmt_is_server_listening" },
			       { 3, "rpc__mgmt_stop_server_listening" },
			       { 4, "rpc__mgmt_inq_princ_name" } },
	},
	{
		.interface = &netdfs_interface,
		.section = "MS-DFSNM 3.1.4",
		.uuid = "4fc742e0-4a10-11cf-8273-00aa004ae673",
		.major = 3,
		.n_operations = 26,
		.n_unused = 3,
		.landmarks = { { 0, "NetrDfsManagerGetVersion" },
			       { 5, "NetrDfsEnum" },
			       { 10, "NetrDfsAddFtRoot" },
			       { 16, "NetrDfsGetDcAddress" },
			       { 21, "NetrDfsEnumEx" },
			       { 25, "NetrDfsGetSupportedNamespaceVersion" } },
	},
	{
		.interface = &netlogon_interface,
		.section = "MS-NRPC 3.5.4",
		.uuid = "12345678-1234-abcd-ef00-01234567cffb",
		.major = 1,
		.n_operations = 60,
		.n_unused = 10,
		.landmarks = { { 0, "NetrLogonUasLogon" },
			       { 2, "NetrLogonSamLogon" },
			       { 26, "NetrServerAuthenticate3" },
			       { 39, "NetrLogonSamLogonEx" },
			       { 46, "NetrServerGetTrustInfo" },
			       { 59, "NetrServerAuthenticateKerberos" } },
	},
	{
		/* Four numbers more are used here than in the document, see idl/samr.idl. */
		.interface = &samr_interface,
		.section = "MS-SAMR 3.1.5",
		.uuid = "12345778-1234-abcd-ef00-0123456789ac",
		.major = 1,
		.n_operations = 78,
		.n_unused = 10,
		.landmarks = { { 0, "SamrConnect" },
			       { 17, "SamrLookupNamesInDomain" },
			       { 36, "SamrQueryInformationUser" },
			       { 58, "SamrSetInformationUser2" },
			       { 64, "SamrConnect5" },
			       { 77, "SamrAccountIsDelegatedManagedServiceAccount" } },
	},
	{
		.interface = &sasec_interface,
		.section = "MS-TSCH 3.2.5.3",
		.uuid = "378e52b0-c0a9-11cf-822d-00aa0051e40f",
		.major = 1,
		.n_operations = 4,
		.landmarks = { { 0, "SASetAccountInformation" },
			       { 1, "SASetNSAccountInformation" },
			       { 2, "SAGetNSAccountInformation" },
			       { 3, "SAGetAccountInformation" } },
	},
	{
		.interface = &srvsvc_interface,
		.section = "MS-SRVS 3.1.4",
		.uuid = "4b324fc8-1670-01d3-1278-5a47bf6ee188",
		.major = 3,
		.n_operations = 58,
		.n_unused = 11,
		.landmarks = { { 8, "NetrConnectionEnum" },
			       { 15, "NetrShareEnum" },
			       { 28, "NetrRemoteTOD" },
			       { 39, "NetrpGetFileSecurity" },
			       { 53, "NetrServerTransportDelEx" },
			       { 57, "NetrShareDelEx" } },
	},
	{
		.interface = &svcctl_interface,
		.section = "MS-SCMR 3.1.4",
		.uuid = "367abb81-9844-35f1-ad32-98f038001003",
		.major = 2,
		.n_operations = 65,
		.n_unused = 15,
		.landmarks = { { 0, "RCloseServiceHandle" },
			       { 12, "RCreateServiceW" },
			       { 15, "ROpenSCManagerW" },
			       { 40, "RQueryServiceStatusEx" },
			       { 56, "RQueryServiceConfigEx" },
			       { 64, "ROpenSCManager2" } },
	},
	{
		.interface = &winreg_interface,
		.section = "MS-RRP 3.1.5",
		.uuid = "338cd001-2244-31f1-aaaa-900038001003",
		.major = 1,
		.n_operations = 36,
		.n_unused = 5,
		.landmarks = { { 0, "OpenClassesRoot" },
			       { 5, "BaseRegCloseKey" },
			       { 15, "BaseRegOpenKey" },
			       { 17, "BaseRegQueryValue" },
			       { 29, "BaseRegQueryMultipleValues" },
			       { 35, "BaseRegDeleteKeyEx" } },
	},
	{
		.interface = &winspool_interface,
		.section = "MS-RPRN 3.1.4",
		.uuid = "12345678-1234-abcd-ef00-0123456789ab",
		.major = 1,
		.n_operations = 124,
		.n_unused = 36,
		.landmarks = { { 0, "RpcEnumPrinters" },
			       { 29, "RpcClosePrinter" },
			       { 69, "RpcOpenPrinterEx" },
			       { 97, "RpcSendRecvBidiData" },
			       { 110, "RpcGetJobNamedPropertyValue" },
			       { 123, "RpcIppSetPrinterAttributes" } },
	},
	{
		.interface = &Witness_interface,
		.section = "MS-SWN 3.1.4",
		.uuid = "ccd8c074-d0e5-4a40-92b4-d074faa6ba28",
		.major = 1,
		.minor = 1,
		.n_operations = 6,
		.landmarks = { { 0, "WitnessrGetInterfaceList" },
			       { 1, "WitnessrRegister" },
			       { 2, "WitnessrUnRegister" },
			       { 3, "WitnessrAsyncNotify" },
			       { 4, "WitnessrRegisterEx" },
			       { 5, "WitnessrUnRegisterEx" } },
	},
	{
		.interface = &wkssvc_interface,
		.section = "MS-WKST 3.2.4",
		.uuid = "6bffd098-a112-3610-9833-46c3f87e345a",
		.major = 1,
		.n_operations = 38,
		.n_unused = 10,
		.landmarks = { { 0, "NetrWkstaGetInfo" },
			       { 2, "NetrWkstaUserEnum" },
			       { 13, "NetrWorkstationStatisticsGet" },
			       { 20, "NetrGetJoinInformation" },
			       { 30, "NetrEnumerateComputerNames" },
			       { 37, "NetrSetPrimaryComputerName2" } },
	},
};

static void check_interface(const struct expected_interface *expected)
{
	const struct pen_interface *interface = expected->interface;
	char uuid[PEN_UUID_TEXT_SIZE];
	uint32_t n_unused = 0;

	pen_uuid_print(&interface->id.uuid, uuid);
	assert_string_equal(uuid, expected->uuid);
	assert_int_equal(interface->id.major, expected->major);
	assert_int_equal(interface->id.minor, expected->minor);
	if (interface->n_operations != expected->n_operations)
		fail_msg("%s has %u operations; %s has %u", interface->name,
			 interface->n_operations, expected->section, expected->n_operations);
	for (uint32_t i = 0; i < interface->n_operations; i++)
		n_unused += strstr(interface->operations[i].name, "NotUsedOnWire") != NULL;
	if (n_unused != expected->n_unused)
		fail_msg("%s does not use %u numbers; in %s they are %u", interface->name, n_unused,
			 expected->section, expected->n_unused);
	for (size_t i = 0; i < LANDMARKS_MAX && expected->landmarks[i].name; i++) {
		uint16_t opnum = expected->landmarks[i].opnum;

		assert_true(opnum < interface->n_operations);
		assert_non_null(interface->operations[opnum].name);
		assert_string_equal(interface->operations[opnum].name, expected->landmarks[i].name);
	}
}

static void test_interfaces(void **state)
{
	(void)state;
	for (size_t i = 0; i < PEN_COUNT(expected_interfaces); i++)
		check_interface(&expected_interfaces[i]);
}

/* ---- structures ---- */

/*
 * Bytes on the wire of the structure itself, with NULL in its pointers: alignment is counted, and
 * in NDR64 the gap at its end [MS-RPCE 2.2.5.3.4.1]. The value is all zero.
 */
static const struct {
	const struct pen_type *type;
	const char *section;
	uint32_t size[PEN_N_TRANSFERS];
} expected_sizes[] = {
	{ &dtyp_FILETIME_type, "MS-DTYP 2.3.3", { 8, 8 } },
	{ &dtyp_GUID_type, "MS-DTYP 2.3.4.1", { 16, 16 } },
	{ &dtyp_LUID_type, "MS-DTYP 2.3.7", { 8, 8 } },
	{ &dtyp_RPC_UNICODE_STRING_type, "MS-DTYP 2.3.10", { 8, 16 } },
	{ &dtyp_SYSTEMTIME_type, "MS-DTYP 2.3.13", { 16, 16 } },

	{ &mgmt_rpc_if_id_t_type, "C706 appendix N", { 20, 20 } },
	{ &conv_uuid_t_type, "C706 appendix N", { 16, 16 } },

	{ &dssetup_DSROLE_UPGRADE_STATUS_INFO_type, "MS-DSSP 2.2", { 6, 8 } },

	{ &ExtendedError_EEAString_type, "MS-EERR 2.2.1.1", { 8, 16 } },
	{ &ExtendedError_EEUString_type, "MS-EERR 2.2.1.2", { 8, 16 } },
	{ &ExtendedError_BinaryEEInfo_type, "MS-EERR 2.2.1.3", { 8, 16 } },

	{ &lsarpc_POLICY_AUDIT_LOG_INFO_type, "MS-LSAD 2.2.4", { 36, 40 } },
	{ &lsarpc_LSAPR_POLICY_DNS_DOMAIN_INFO_type, "MS-LSAD 2.2.4", { 44, 72 } },

	{ &netdfs_DFS_TARGET_PRIORITY_type, "MS-DFSNM 2.2.2", { 8, 8 } },
	{ &netdfs_DFS_STORAGE_INFO_type, "MS-DFSNM 2.2.2", { 12, 24 } },
	{ &netdfs_DFS_STORAGE_INFO_1_type, "MS-DFSNM 2.2.2", { 20, 32 } },
	{ &netdfs_DFS_INFO_4_type, "MS-DFSNM 2.2.3", { 40, 56 } },
	{ &netdfs_DFS_INFO_5_type, "MS-DFSNM 2.2.3", { 44, 56 } },
	{ &netdfs_DFS_INFO_8_type, "MS-DFSNM 2.2.3", { 52, 72 } },
	{ &netdfs_DFS_INFO_50_type, "MS-DFSNM 2.2.3", { 16, 16 } },
	{ &netdfs_DFS_INFO_105_type, "MS-DFSNM 2.2.3", { 20, 24 } },
	{ &netdfs_DFS_INFO_106_type, "MS-DFSNM 2.2.3", { 12, 12 } },
	{ &netdfs_DFS_SUPPORTED_NAMESPACE_VERSION_INFO_type, "MS-DFSNM 2.2.2", { 32, 32 } },

	{ &netlogon_NETLOGON_AUTHENTICATOR_type, "MS-NRPC 2.2.1.1", { 12, 12 } },
	{ &netlogon_NL_TRUST_PASSWORD_type, "MS-NRPC 2.2.1.3", { 516, 516 } },

	{ &samr_SAMPR_ENCRYPTED_USER_PASSWORD_type, "MS-SAMR 2.2.6.21", { 516, 516 } },
	{ &samr_SAMPR_ENCRYPTED_USER_PASSWORD_NEW_type, "MS-SAMR 2.2.6.22", { 532, 532 } },
	{ &samr_ENCRYPTED_NT_OWF_PASSWORD_type, "MS-SAMR 2.2.3", { 16, 16 } },

	{ &srvsvc_SERVER_INFO_100_type, "MS-DTYP 2.3.11", { 8, 16 } },
	{ &srvsvc_SERVER_INFO_101_type, "MS-DTYP 2.3.12", { 24, 40 } },
	{ &srvsvc_SERVER_INFO_102_type, "MS-SRVS 2.2.4", { 52, 72 } },
	{ &srvsvc_SERVER_INFO_502_type, "MS-SRVS 2.2.4", { 72, 72 } },
	{ &srvsvc_SHARE_INFO_2_type, "MS-SRVS 2.2.4", { 32, 56 } },
	{ &srvsvc_SHARE_INFO_502_I_type, "MS-SRVS 2.2.4", { 40, 72 } },
	{ &srvsvc_STAT_SERVER_0_type, "MS-SRVS 2.2.4", { 68, 68 } },
	{ &srvsvc_TIME_OF_DAY_INFO_type, "MS-SRVS 2.2.4", { 48, 48 } },
	{ &srvsvc_SERVER_TRANSPORT_INFO_3_type, "MS-SRVS 2.2.4", { 288, 312 } },

	{ &FrsTransport_FRS_VERSION_VECTOR_type, "MS-FRS2 2.2.1.4", { 32, 32 } },
	{ &FrsTransport_FRS_EPOQUE_VECTOR_type, "MS-FRS2 2.2.1.4", { 32, 32 } },
	{ &FrsTransport_FRS_ID_GVSN_type, "MS-FRS2 2.2.1.4", { 48, 48 } },
	{ &FrsTransport_FRS_RDC_PARAMETERS_GENERIC_type, "MS-FRS2 2.2.1.4", { 66, 66 } },

	{ &IEventService_RpcInfo_type, "MS-EVEN6 2.2.1", { 12, 12 } },
	{ &IEventService_StringArray_type, "MS-EVEN6 2.2", { 8, 16 } },
	{ &IEventService_EvtRpcVariantList_type, "MS-EVEN6 2.2", { 8, 16 } },

	{ &svcctl_SERVICE_STATUS_type, "MS-SCMR 2.2.47", { 28, 28 } },
	{ &svcctl_SERVICE_STATUS_PROCESS_type, "MS-SCMR 2.2.49", { 36, 36 } },
	{ &svcctl_ENUM_SERVICE_STATUSW_type, "MS-SCMR 2.2.11", { 36, 48 } },
	{ &svcctl_QUERY_SERVICE_CONFIGW_type, "MS-SCMR 2.2.15", { 36, 64 } },
	{ &svcctl_SERVICE_NOTIFY_STATUS_CHANGE_PARAMS_1_type, "MS-SCMR 2.2", { 88, 88 } },
	{ &svcctl_SERVICE_NOTIFY_STATUS_CHANGE_PARAMS_2_type, "MS-SCMR 2.2", { 96, 104 } },
	{ &svcctl_SERVICE_FAILURE_ACTIONSW_type, "MS-SCMR 2.2", { 20, 40 } },

	{ &tsch_AT_INFO_type, "MS-TSCH 2.3", { 16, 24 } },
	{ &tsch_AT_ENUM_type, "MS-TSCH 2.3", { 20, 32 } },
	{ &ITaskSchedulerService_TASK_XML_ERROR_INFO_type, "MS-TSCH 2.3", { 16, 24 } },
	{ &ITaskSchedulerService_TASK_USER_CRED_type, "MS-TSCH 2.3", { 12, 24 } },

	{ &winreg_RVALENT_type, "MS-RRP 2.2.6", { 16, 24 } },
	{ &winreg_RPC_SECURITY_DESCRIPTOR_type, "MS-RRP 2.2.8", { 12, 16 } },
	{ &winreg_RPC_SECURITY_ATTRIBUTES_type, "MS-RRP 2.2.7", { 17, 32 } },

	{ &winspool_DEVMODE_type, "MS-RPRN 2.2.2.1", { 220, 220 } },
	{ &winspool_FORM_INFO_1_type, "MS-RPRN 2.2.1.6", { 32, 40 } },
	{ &winspool_JOB_INFO_1_type, "MS-RPRN 2.2.1.7", { 64, 96 } },
	{ &winspool_PRINTER_INFO_2_type, "MS-RPRN 2.2.1.10", { 84, 136 } },
	{ &winspool_PRINTER_INFO_STRESS_type, "MS-RPRN 2.2.1.10", { 124, 136 } },
	{ &winspool_CORE_PRINTER_DRIVER_type, "MS-RPRN 2.2.1.5", { 552, 552 } },

	{ &Witness_WITNESS_INTERFACE_INFO_type, "MS-SWN 2.2.2", { 552, 552 } },
	{ &Witness_RESP_ASYNC_NOTIFY_type, "MS-SWN 2.2.2.4", { 16, 24 } },

	{ &wkssvc_WKSTA_INFO_100_type, "MS-WKST 2.2.5.1", { 20, 32 } },
	{ &wkssvc_WKSTA_INFO_102_type, "MS-WKST 2.2.5.3", { 28, 48 } },
	{ &wkssvc_WKSTA_INFO_502_type, "MS-WKST 2.2.5.4", { 140, 140 } },
	{ &wkssvc_STAT_WORKSTATION_0_type, "MS-WKST 2.2.5.11", { 212, 216 } },
	{ &wkssvc_JOINPR_USER_PASSWORD_type, "MS-WKST 2.2.5.17", { 524, 524 } },
	{ &wkssvc_JOINPR_ENCRYPTED_USER_PASSWORD_type, "MS-WKST 2.2.5.18", { 524, 524 } },
	{ &wkssvc_JOINPR_ENCRYPTED_USER_PASSWORD_AES_type, "MS-WKST 2.2.5.19", { 88, 96 } },
	{ &wkssvc_USE_INFO_2_type, "MS-WKST 2.2.5", { 36, 56 } },
};

static void test_sizes(void **state)
{
	static const uint8_t zero[1024];

	(void)state;
	for (size_t i = 0; i < PEN_COUNT(expected_sizes); i++) {
		const struct pen_type *type = expected_sizes[i].type;

		assert_true(type->size <= sizeof(zero));
		for (enum pen_transfer transfer = PEN_NDR; transfer < PEN_N_TRANSFERS; transfer++) {
			struct pen_ndr_error error = { "" };
			struct pen_buffer buffer;

			pen_buffer_init(&buffer, 0);
			if (pen_ndr_put(type, (struct pen_layout){ .transfer = transfer }, NULL,
					zero, &buffer, &error))
				fail_msg("%s: %s", type->name, error.text);
			if (buffer.size != expected_sizes[i].size[transfer])
				fail_msg("%s has %zu bytes in NDR%s; %s makes it %u", type->name,
					 buffer.size, transfer == PEN_NDR64 ? "64" : "",
					 expected_sizes[i].section,
					 expected_sizes[i].size[transfer]);
			pen_buffer_done(&buffer);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_interfaces),
		cmocka_unit_test(test_sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
