"""Calls of the interfaces that manage a machine as Samba's bindings hold them, for test-ndr.py."""
from samba.dcerpc import atsvc, dfs, misc, svcctl, winreg, witness, wkssvc
from ndr_lsarpc import HANDLE, HANDLE_TEXT, made


def winreg_cases(case):
    def name(letters, size=None):
        return made(winreg.ValNameBuf, name=letters, size=size or 2 * len(letters) + 2)

    call = made(winreg.EnumValue, in_handle=HANDLE, in_enum_index=3, in_name=name("value", 64), in_type=1,
                in_value=[1, 2, 3], in_size=5, in_length=3, out_name=name("value", 64), out_type=1,
                out_value=[1, 2, 3], out_size=5, out_length=3)
    case("winreg.BaseRegEnumValue", call, "in", ("lpData", "010203"))
    case("winreg.BaseRegEnumValue", call, "out", ("lpcbLen", 3))
    values = [made(winreg.QueryMultipleValue, ve_valuename=name(letters), ve_valuelen=i, ve_valueptr=i + 1,
                   ve_type=i + 2) for i, letters in enumerate(("a", "bcd"), 10)]
    call = made(winreg.QueryMultipleValues, in_key_handle=HANDLE, in_values_in=values, in_num_values=2,
                in_buffer=[1, 2, 3], in_buffer_size=3, out_values_out=values, out_buffer=[4, 5, 6], out_buffer_size=3)
    case("winreg.BaseRegQueryMultipleValues", call, "in", ("val_listIn.1.ve_type", 13))
    case("winreg.BaseRegQueryMultipleValues", call, "out", ("lpvalueBuf", "040506"))
    call = made(winreg.OpenHKLM, in_system_name=0x5c, in_access_mask=7, out_handle=HANDLE)
    case("winreg.OpenLocalMachine", call, "in", ("samDesired", 7))
    case("winreg.OpenLocalMachine", call, "out", ("phKey", "0:" + HANDLE_TEXT))


def svcctl_cases(case):
    call = made(svcctl.OpenSCManagerW, in_MachineName="m", in_DatabaseName=None, in_access_mask=7, out_handle=HANDLE)
    case("svcctl.ROpenSCManagerW", call, "in", ("lpMachineName", "m"))
    case("svcctl.ROpenSCManagerW", call, "out", ("lpScHandle", "0:" + HANDLE_TEXT))
    status = made(svcctl.SERVICE_STATUS, type=16, state=4, controls_accepted=1, check_point=2, wait_hint=3)
    call = made(svcctl.QueryServiceStatus, in_handle=HANDLE, out_service_status=status)
    case("svcctl.RQueryServiceStatus", call, "out", ("lpServiceStatus.dwWaitHint", 3))
    call = made(svcctl.CreateServiceW, in_scmanager_handle=HANDLE, in_ServiceName="s", in_DisplayName="d",
                in_desired_access=1, in_type=16, in_start_type=2, in_error_control=1, in_binary_path="/bin/s",
                in_LoadOrderGroupKey=None, in_TagId=5, in_dependencies=[1, 2, 3], in_dependencies_size=3,
                in_service_start_name="n", in_password=[4], in_password_size=1, out_TagId=6, out_handle=HANDLE)
    case("svcctl.RCreateServiceW", call, "in", ("lpDependencies", "010203"))
    case("svcctl.RCreateServiceW", call, "out", ("lpdwTagId", 6))
    words = [made(svcctl.ArgumentString, string=word) for word in ("one", "three")]
    call = made(svcctl.StartServiceW, in_handle=HANDLE, in_NumArgs=2, in_Arguments=words)
    case("svcctl.RStartServiceW", call, "in", ("argv.1.StringPtr", "three"))
    config = made(svcctl.QUERY_SERVICE_CONFIG, service_type=16, start_type=2, error_control=1, executablepath="/bin/s",
                  loadordergroup="g", tag_id=5, dependencies="d", startname="n", displayname="x")
    call = made(svcctl.QueryServiceConfigW, in_handle=HANDLE, in_offered=8192, out_query=config, out_needed=100)
    case("svcctl.RQueryServiceConfigW", call, "out", ("lpServiceConfig.lpDisplayName", "x"))


def wkssvc_cases(case):
    info = made(wkssvc.NetWkstaInfo102, platform_id=500, server_name="s", domain_name="d", version_major=10,
                version_minor=1, lan_root="", logged_on_users=3)
    call = made(wkssvc.NetWkstaGetInfo, in_server_name="s", in_level=102, out_info=info)
    case("wkssvc.NetrWkstaGetInfo", call, "in", ("Level", 102))
    case("wkssvc.NetrWkstaGetInfo", call, "out", ("WkstaInfo.WkstaInfo102.wki102_logged_on_users", 3))
    call = made(wkssvc.NetrGetJoinInformation, in_server_name=None, in_name_buffer="", out_name_buffer="DOM",
                out_name_type=3)
    case("wkssvc.NetrGetJoinInformation", call, "in", ("NameBuffer", ""))
    case("wkssvc.NetrGetJoinInformation", call, "out", ("BufferType", "NetSetupDomainName"))
    secret = made(wkssvc.PasswordBuffer, data=[i & 255 for i in range(524)])
    call = made(wkssvc.NetrJoinDomain2, in_server_name="s", in_domain_name="d", in_account_ou=None,
                in_admin_account="a", in_encrypted_password=secret, in_join_flags=3)
    case("wkssvc.NetrJoinDomain2", call, "in", ("Options", 3))


def netdfs_cases(case):
    stores = [made(dfs.StorageInfo, state=i, server="s" * i, share="t") for i in (1, 2)]
    info = made(dfs.Info4, path="p", comment="c", state=1, timeout=300, guid=misc.GUID(HANDLE_TEXT), num_stores=2,
                stores=stores)
    call = made(dfs.GetInfo, in_dfs_entry_path="\\\\d\\r", in_servername=None, in_sharename="s", in_level=4,
                out_info=info)
    case("netdfs.NetrDfsGetInfo", call, "in", ("ShareName", "s"))
    case("netdfs.NetrDfsGetInfo", call, "out", ("DfsInfo.DfsInfo4.Storage.1.ServerName", "ss"))


def witness_cases(case):
    one = made(witness.interfaceInfo, group_name="group", version=0x20000, state=1, ipv4="10.1.2.3",
               ipv6="2001:db8::1", flags=5)
    found = made(witness.interfaceList, num_interfaces=1, interfaces=[one])
    call = made(witness.GetInterfaceList, out_interface_list=found)
    case("Witness.WitnessrGetInterfaceList", call, "out", ("InterfaceList.InterfaceInfo.0.Flags", 5))
    call = made(witness.Register, in_version=0x10001, in_net_name="n", in_ip_address="10.0.0.1",
                in_client_computer_name="c", out_context_handle=HANDLE)
    case("Witness.WitnessrRegister", call, "in", ("IpAddress", "10.0.0.1"))
    case("Witness.WitnessrRegister", call, "out", ("ppContext", "0:" + HANDLE_TEXT))


def atsvc_cases(case):
    job = made(atsvc.JobInfo, job_time=1000, days_of_month=1, days_of_week=2, flags=3, command="run")
    call = made(atsvc.JobAdd, in_servername="s", in_job_info=job, out_job_id=7)
    # JobTime is DWORD_PTR [MS-TSCH 2.3.4], of 8 bytes in NDR64; Samba has 4.
    case("atsvc.NetrJobAdd", call, "in", ("pAtInfo.JobTime", 1000), "ndr64")
    case("atsvc.NetrJobAdd", call, "out", ("pJobId", 7))
    jobs = [made(atsvc.JobEnumInfo, job_id=i, job_time=1000, days_of_month=1, days_of_week=2, flags=3,
                 command="run" * i) for i in (1, 2)]
    found = made(atsvc.enum_ctr, entries_read=2, first_entry=jobs)
    call = made(atsvc.JobEnum, in_servername="s", in_ctr=found, in_preferred_max_len=9, in_resume_handle=4,
                out_ctr=found, out_total_entries=2, out_resume_handle=5)
    case("atsvc.NetrJobEnum", call, "in", ("PreferedMaximumLength", 9), "ndr64")
    case("atsvc.NetrJobEnum", call, "out", ("pEnumContainer.Buffer.1.Command", "runrun"), "ndr64")


def cases(case):
    for some in (winreg_cases, svcctl_cases, wkssvc_cases, netdfs_cases, witness_cases, atsvc_cases):
        some(case)
