/* SPDX-License-Identifier: MIT */
#ifndef PEN_TEST_INTERFACES_H
#define PEN_TEST_INTERFACES_H
/* All interfaces of idl/ that have operations. */
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
#include <penstock/idl/rpcecho.h>
#include <penstock/idl/samr.h>
#include <penstock/idl/srvsvc.h>
#include <penstock/idl/svcctl.h>
#include <penstock/idl/tsch.h>
#include <penstock/idl/winreg.h>
#include <penstock/idl/winspool.h>
#include <penstock/idl/witness.h>
#include <penstock/idl/wkssvc.h>

static const struct pen_interface *const interfaces[] = {
	&atsvc_interface,	  &conv_interface,
	&convc_interface,	  &dssetup_interface,
	&epm_interface,		  &FrsTransport_interface,
	&IEventService_interface, &ITaskSchedulerService_interface,
	&lsarpc_interface,	  &mgmt_interface,
	&netdfs_interface,	  &netlogon_interface,
	&rpcecho_interface,	  &samr_interface,
	&sasec_interface,	  &srvsvc_interface,
	&svcctl_interface,	  &winreg_interface,
	&winspool_interface,	  &Witness_interface,
	&wkssvc_interface,
};

#endif
