"""Calls of netlogon as Samba's bindings hold them, for test-ndr.py."""
from ndr_lsarpc import HANDLE, SID, made, text
from samba.dcerpc import lsa, misc, netlogon, samr, security


def cases(case):
    def op(name, kind, expected_in=None, expected_out=None, wrong=None, **members):
        for direction, expected in (("in", expected_in), ("out", expected_out)):
            if expected:
                case("netlogon." + name, made(kind, **members), direction, expected, wrong)

    def proof(first):
        return made(netlogon.netr_Credential, data=list(range(first, first + 8)))

    def authenticator(first):
        return made(netlogon.netr_Authenticator, cred=proof(first), timestamp=first)

    def hexadecimal(first, n=8):
        return bytes(range(first, first + n)).hex()

    sid = security.dom_sid(SID)
    owf = made(samr.Password, hash=list(range(16)))
    machine = {"in_account_name": "a$", "in_secure_channel_type": 2, "in_computer_name": "c"}
    chained = {"in_credential": authenticator(1), "out_return_authenticator": authenticator(9)}
    both = dict(chained, in_return_authenticator=authenticator(5))

    # Proofs and passwords.
    op("NetrServerReqChallenge", netlogon.netr_ServerReqChallenge, ("ClientChallenge.data", hexadecimal(1)),
       ("ServerChallenge.data", hexadecimal(2)), in_server_name="\\\\s", in_computer_name="c",
       in_credentials=proof(1), out_return_credentials=proof(2))
    op("NetrServerAuthenticate", netlogon.netr_ServerAuthenticate, ("SecureChannelType", "WorkstationSecureChannel"),
       ("ServerCredential.data", hexadecimal(2)), in_credentials=proof(1), out_return_credentials=proof(2), **machine)
    op("NetrServerAuthenticate2", netlogon.netr_ServerAuthenticate2, ("NegotiateFlags", 0x6007ffff),
       ("NegotiateFlags", 0x212fffff), in_credentials=proof(1), in_negotiate_flags=0x6007ffff,
       out_negotiate_flags=0x212fffff, out_return_credentials=proof(2), **machine)
    op("NetrServerAuthenticate3", netlogon.netr_ServerAuthenticate3, ("ClientCredential.data", hexadecimal(1)),
       ("AccountRid", 1103), in_credentials=proof(1), in_negotiate_flags=0x6007ffff, out_negotiate_flags=0x212fffff,
       out_return_credentials=proof(2), out_rid=1103, **machine)
    op("NetrServerPasswordSet", netlogon.netr_ServerPasswordSet, ("UasNewPassword.data.1.data", hexadecimal(8)),
       ("ReturnAuthenticator.Timestamp", 9), in_new_password=owf, **chained, **machine)
    op("NetrServerPasswordSet2", netlogon.netr_ServerPasswordSet2, ("ClearNewPassword.Length", 16),
       ("ReturnAuthenticator.Credential.data", hexadecimal(9)),
       in_new_password=made(netlogon.netr_CryptPassword, data=[i & 255 for i in range(512)], length=16),
       **chained, **machine)
    op("NetrServerPasswordGet", netlogon.netr_ServerPasswordGet, ("AccountType", "WorkstationSecureChannel"),
       ("EncryptedNtOwfPassword.data.0.data", hexadecimal(0)), out_password=owf, **chained, **machine)
    op("NetrServerTrustPasswordsGet", netlogon.netr_ServerTrustPasswordsGet, ("ComputerName", "c"),
       ("EncryptedOldOwfPassword.data.1.data", hexadecimal(8)), out_new_owf_password=owf, out_old_owf_password=owf,
       **chained, **machine)
    op("NetrServerGetTrustInfo", netlogon.netr_ServerGetTrustInfo, ("AccountName", "a$"), **chained, **machine)
    op("NetrLogonGetCapabilities", netlogon.netr_LogonGetCapabilities, ("QueryLevel", 1),
       ("ServerCapabilities.ServerCapabilities", 0x212fffff), in_server_name="s", in_computer_name="c",
       in_query_level=1, out_capabilities=0x212fffff, **both)

    # Logons.
    identity = made(netlogon.netr_IdentityInfo, domain_name=text("d"), parameter_control=1, logon_id=2,
                    account_name=text("u"), workstation=text("w"))
    password = made(netlogon.netr_PasswordInfo, identity_info=identity, lmpassword=owf, ntpassword=owf)
    response = made(netlogon.netr_ChallengeResponse, length=24, size=24, data=list(range(24)))
    network = made(netlogon.netr_NetworkInfo, identity_info=identity, challenge=list(range(8)), nt=response,
                   lm=response)
    generic = made(netlogon.netr_GenericInfo, identity_info=identity, package_name=text("p"), length=3,
                   data=[1, 2, 3])
    base = {"account_name": text("u"), "full_name": text("f"), "logon_script": text("l"), "profile_path": text("p"),
            "home_directory": text("h"), "home_drive": text("H:"), "logon_count": 1, "bad_password_count": 2,
            "rid": 500, "primary_gid": 513, "user_flags": 32, "logon_server": text("S", lsa.StringLarge), "logon_domain": text("D", lsa.StringLarge),
            "domain_sid": sid, "acct_flags": 16, "sub_auth_status": 3,
            "groups": made(samr.RidWithAttributeArray, count=1,
                           rids=[made(samr.RidWithAttribute, rid=513, attributes=7)])}
    base = made(netlogon.netr_SamBaseInfo, key=made(netlogon.netr_UserSessionKey, key=list(range(16))), **base)
    extra = {"sidcount": 1, "sids": [made(netlogon.netr_SidAttr, sid=sid, attributes=7)]}
    logons = ((1, password, ("LogonInformation.LogonInteractive.NtOwfPassword.data.0.data", hexadecimal(0))),
              (5, password, ("LogonInformation.LogonInteractiveTransitive.Identity.UserName.Buffer", [117])),
              (2, network, ("LogonInformation.LogonNetwork.LmChallenge.data", hexadecimal(0))),
              (6, network, ("LogonInformation.LogonNetworkTransitive.NtChallengeResponse.Length", 24)),
              (3, password, ("LogonInformation.LogonService.Identity.Workstation.Length", 2)),
              (7, password, ("LogonInformation.LogonServiceTransitive.Identity.LogonDomainName.Length", 2)),
              (4, generic, ("LogonInformation.LogonGeneric.LogonData", "010203")))
    validations = ((2, made(netlogon.netr_SamInfo2, base=base), ("ValidationSam.UserAccountControl", 16)),
                   (3, made(netlogon.netr_SamInfo3, base=base, **extra), ("ValidationSam2.ExtraSids.0.Attributes", 7)),
                   (5, made(netlogon.netr_GenericInfo2, length=3, data=[1, 2, 3]),
                    ("ValidationGeneric2.ValidationData", "010203")),
                   (6, made(netlogon.netr_SamInfo6, base=base, dns_domainname=text("x.y"), principal_name=text("u@x"),
                            **extra), ("ValidationSam4.Upn.Length", 6)))
    # Samba has a ValidationLevel, and a union's tag of that type, as 16 bits in NDR64 too; where what
    # follows is aligned to more, nothing comes of it.
    for level, logon, expected in logons:
        op("NetrLogonSamLogonEx", netlogon.netr_LogonSamLogonEx, expected, in_server_name="s", in_computer_name="c",
           wrong="ndr64" if level % 2 else None, in_logon_level=level, in_logon=logon, in_validation_level=3, in_flags=4)
        op("NetrLogonSamLogoff", netlogon.netr_LogonSamLogoff, expected, in_server_name="s", in_computer_name="c",
           in_logon_level=level, in_logon=logon, **both)
    for level, validation, (path, value) in validations:
        expected = ("ValidationInformation." + path, value)
        op("NetrLogonSamLogonEx", netlogon.netr_LogonSamLogonEx, None, expected, wrong="ndr64" if level != 5 else None,
           in_validation_level=level, out_validation=validation, out_authoritative=1, out_flags=2)
        op("NetrLogonSamLogon", netlogon.netr_LogonSamLogon, None, expected, wrong="ndr64",
           in_validation_level=level, out_validation=validation, out_authoritative=1, **both)
        op("NetrLogonSamLogonWithFlags", netlogon.netr_LogonSamLogonWithFlags, None, expected,
           wrong="ndr64" if level != 5 else None, in_validation_level=level, out_validation=validation, out_authoritative=1, out_flags=2, **both)
    uas = made(netlogon.netr_UasInfo, account_name="u", priv=1, unknown=9)
    op("NetrLogonUasLogon", netlogon.netr_LogonUasLogon, ("Workstation", "w"),
       ("ValidationInformation.usrlog1_reserved1", 9), in_server_name="s", in_account_name="u", in_workstation="w",
       out_info=uas)

    # Administration.
    for level, info, expected in (
            (1, made(netlogon.netr_NETLOGON_INFO_1, flags=1, pdc_connection_status=2),
             ("Buffer.NetlogonInfo1.netlog1_flags", 1)),
            (2, made(netlogon.netr_NETLOGON_INFO_2, flags=1, trusted_dc_name="dc"),
             ("Buffer.NetlogonInfo2.netlog2_trusted_dc_name", "dc")),
            (3, made(netlogon.netr_NETLOGON_INFO_3, flags=1, logon_attempts=2, unknown5=7),
             ("Buffer.NetlogonInfo3.netlog3_reserved5", 7)),
            (4, made(netlogon.netr_NETLOGON_INFO_4, trusted_dc_name="dc", trusted_domain_name="d"),
             ("Buffer.NetlogonInfo4.netlog4_trusted_domain_name", "d"))):
        op("NetrLogonControl2Ex", netlogon.netr_LogonControl2Ex, None, expected, in_level=level, out_query=info)
    for code, data, expected in ((5, "d", ("Data.TrustedDomainName", "d")), (8, "u", ("Data.UserName", "u")),
                                 (65534, 7, ("Data.DebugFlag", 7)), (1, None, ("FunctionCode", 1))):
        if data is not None:
            op("NetrLogonControl2", netlogon.netr_LogonControl2, expected, in_function_code=code, in_level=1,
               in_data=data)

    # Domains.
    guid = misc.GUID(str(HANDLE.uuid))
    found = made(netlogon.netr_DsRGetDCNameInfo, dc_unc="\\\\dc", dc_address="\\\\1.2.3.4", dc_address_type=1,
                 domain_guid=guid, domain_name="d", forest_name="f", dc_flags=7, dc_site_name="s",
                 client_site_name="c")
    op("DsrGetDcName", netlogon.netr_DsRGetDCName, ("Flags", 5),
       ("DomainControllerInfo.ClientSiteName", "c"), in_server_unc="s", in_domain_name="d", in_domain_guid=guid,
       in_site_guid=guid, in_flags=5, out_info=found)
    op("DsrGetDcNameEx", netlogon.netr_DsRGetDCNameEx, ("SiteName", "s"),
       ("DomainControllerInfo.DnsForestName", "f"), in_domain_name="d", in_site_name="s", in_flags=5, out_info=found)
    op("DsrGetDcNameEx2", netlogon.netr_DsRGetDCNameEx2, ("AllowableAccountControlBits", 3),
       ("DomainControllerInfo.DomainControllerAddressType", 1), in_client_account="a", in_mask=3, in_flags=5,
       out_info=found)
    op("DsrGetSiteName", netlogon.netr_DsRGetSiteName, ("ComputerName", "c"), ("SiteName", "s"),
       in_computer_name="c", out_site="s")
    op("NetrGetDCName", netlogon.netr_GetDcName, ("DomainName", "d"), ("Buffer", "dc"), in_logon_server="s",
       in_domainname="d", out_dcname="dc")
    op("NetrGetAnyDCName", netlogon.netr_GetAnyDCName, ("DomainName", "d"), ("Buffer", "dc"), in_logon_server="s",
       in_domainname="d", out_dcname="dc")
    trusts = made(netlogon.netr_DomainTrustList, count=2, array=[
        made(netlogon.netr_DomainTrust, netbios_name=name, dns_name=name + ".x", trust_flags=1, parent_index=2,
             trust_type=3, trust_attributes=4, sid=sid, guid=guid) for name in ("A", "BCD")])
    op("DsrEnumerateDomainTrusts", netlogon.netr_DsrEnumerateDomainTrusts, ("Flags", 63),
       ("Domains.Domains.1.DnsDomainName", "BCD.x"), in_server_name="s", in_trust_flags=63, out_trusts=trusts)
    op("NetrEnumerateTrustedDomainsEx", netlogon.netr_NetrEnumerateTrustedDomainsEx, None,
       ("Domains.Domains.0.TrustAttributes", 4), out_dom_trust_list=trusts)
    addresses = [made(netlogon.netr_DsRAddress, buffer=[2, 0, 0, 0], size=4)]
    op("DsrAddressToSiteNamesW", netlogon.netr_DsRAddressToSitenamesW, ("SocketAddresses.0.lpSockaddr", "02000000"),
       ("SiteNames.SiteNames.0.Buffer", [115]), in_server_name="s", in_count=1, in_addresses=addresses,
       out_ctr=made(netlogon.netr_DsRAddressToSitenamesWCtr, count=1, sitename=[text("s")]))
    op("DsrAddressToSiteNamesExW", netlogon.netr_DsRAddressToSitenamesExW, None,
       ("SiteNames.SubnetNames.0.Buffer", [116]),
       out_ctr=made(netlogon.netr_DsRAddressToSitenamesExWCtr, count=1, sitename=[text("s")],
                    subnetname=[text("t")]))
    machine = made(netlogon.netr_WorkstationInformation, dns_hostname="h", sitename="s", os_name=text("o"),
                   workstation_flags=3)
    op("NetrLogonGetDomainInfo", netlogon.netr_LogonGetDomainInfo,
       ("WkstaBuffer.WorkstationInfo.WorkstationFlags", 3), in_server_name="s", in_computer_name="c", in_level=1,
       in_query=machine, **both)

    # What went to domain controllers of NT 4.0.
    deltas = made(netlogon.netr_DELTA_ENUM_ARRAY, num_deltas=0, delta_enum=[])
    op("NetrDatabaseSync2", netlogon.netr_DatabaseSync2, ("PreferredMaximumLength", 9), ("SyncContext", 6),
       in_logon_server="s", in_computername="c", in_database_id=1, in_restart_state=4, in_sync_context=5,
       in_preferredmaximumlength=9, out_sync_context=6, out_delta_enum_array=deltas, **both)
