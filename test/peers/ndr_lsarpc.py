"""Calls of lsarpc as Samba's bindings hold them, for test-ndr.py."""
from samba.dcerpc import base, lsa, misc, security

SID = "S-1-5-21-1-2-3-500"
HANDLE_TEXT = "01020304-0506-0708-090a-0b0c0d0e0f10"
HANDLE = misc.policy_handle(HANDLE_TEXT, 0)

# Where Samba packs otherwise than the document says.
#
# LSAPR_CR_CIPHER_VALUE, LSAPR_TRUSTED_DOMAIN_AUTH_BLOB, ForestTrustLength and the Length of
# SECURITY_QUALITY_OF_SERVICE are unsigned long [MS-LSAD 2.2]; Samba has 8 bytes for them in NDR64.
LONG = "ndr64"
# POLICY_DOMAIN_INFORMATION_CLASS is an enum [MS-LSAD 2.2.4.15], of 4 bytes in NDR64; Samba has 2.
ENUM = "ndr64"
# LSA_FOREST_TRUST_COLLISION_RECORD_TYPE is no [v1_enum] [MS-LSAD 2.2.7.26], AuditingMode is one byte
# [MS-LSAD 2.2.4.4], POLICY_LSA_SERVER_ROLE is no [v1_enum]; Samba has 4 bytes for each.
WIDE = "big"
# The arms of an [ms_union] are aligned as the greatest is [MS-RPCE 2.2.4.5]: to 8 here. Samba knows
# that of none; the one of them that servers answer with, the server's role, it has made wider.
UNION = "ndr big"


def made(kind, **members):
    value = kind()
    for name, member in members.items():
        setattr(value, name, member)
    return value


def text(string, kind=lsa.String):
    return made(kind, string=string)


def large(string):
    return text(string, lsa.StringLarge)


def units(string):
    return [ord(letter) for letter in string]


def opening(case):
    qos = made(lsa.QosInfo, len=12, impersonation_level=2, context_mode=1, effective_only=1)
    attributes = made(lsa.ObjectAttribute, len=24, root_dir=None, object_name=None, attributes=64, sec_desc=None,
                      sec_qos=qos)
    call = made(lsa.OpenPolicy2, in_system_name="\\\\s", in_attr=attributes, in_access_mask=0x02000000,
                out_handle=HANDLE)
    case("LsarOpenPolicy2", call, "in", ("ObjectAttributes.SecurityQualityOfService.EffectiveOnly", 1), LONG)
    plain = made(lsa.ObjectAttribute, len=24, attributes=64)
    call = made(lsa.OpenPolicy2, in_system_name=None, in_attr=plain, in_access_mask=7, out_handle=HANDLE)
    case("LsarOpenPolicy2", call, "out", ("result", 0))
    call = made(lsa.OpenPolicy, in_system_name=0x5c, in_attr=plain, in_access_mask=9, out_handle=HANDLE)
    case("LsarOpenPolicy", call, "in", ("DesiredAccess", 9))
    case("LsarClose", made(lsa.Close, in_handle=HANDLE, out_handle=HANDLE), "in",
         ("ObjectHandle", "0:" + HANDLE_TEXT))
    case("LsarDeleteObject", made(lsa.DeleteObject, in_handle=HANDLE, out_handle=HANDLE), "out", ("result", 0))
    name, domain = made(lsa.String, string="user"), made(lsa.String, string="DOM")
    nothing = base.ndr_pointer(None)
    call = made(lsa.GetUserName, in_system_name="s", in_account_name=None, in_authority_name=None)
    case("LsarGetUserName", call, "in", ("SystemName", "s"))
    call = made(lsa.GetUserName, in_system_name="s", in_account_name=None, in_authority_name=nothing,
                out_account_name=name, out_authority_name=base.ndr_pointer(domain))
    case("LsarGetUserName", call, "out", ("UserName.Buffer", units("user")))


def policy(case):
    domain = made(lsa.DomainInfo, name=large("DOM"), sid=security.dom_sid("S-1-5-21-1-2-3"))
    dns = made(lsa.DnsDomainInfo, name=large("N"), dns_domain=large("d.n"), dns_forest=large("f"),
               domain_guid=misc.GUID(str(HANDLE.uuid)), sid=security.dom_sid(SID))
    for level, info, name, path, due in (
            (1, made(lsa.AuditLogInfo, percent_full=1, maximum_log_size=2, retention_time=3, shutdown_in_progress=4,
                     time_to_shutdown=5, next_audit_record=6), "PolicyAuditLogInfo", "NextAuditRecordId", 6),
            (2, made(lsa.AuditEventsInfo, auditing_mode=1, settings=[2, 3, 4], count=3), "PolicyAuditEventsInfo",
             "EventAuditingOptions.2", 4),
            (3, domain, "PolicyPrimaryDomInfo", "Name.Buffer", units("DOM")),
            (4, made(lsa.PDAccountInfo, name=text("acct")), "PolicyPdAccountInfo", "Name.Buffer", units("acct")),
            (5, domain, "PolicyAccountDomInfo", "DomainSid.SubAuthority.3", 3),
            (6, made(lsa.ServerRole, role=3), "PolicyServerRoleInfo", "LsaServerRole", "PolicyServerRolePrimary"),
            (7, made(lsa.ReplicaSourceInfo, source=text("s"), account=text("a")), "PolicyReplicaSourceInfo",
             "ReplicaAccountName.Buffer", units("a")),
            (9, made(lsa.ModificationInfo, modified_id=7, db_create_time=8), "PolicyModificationInfo",
             "DatabaseCreationTime", 8),
            (10, made(lsa.AuditFullSetInfo, shutdown_on_full=1), "PolicyAuditFullSetInfo", "ShutDownOnFull", 1),
            (11, made(lsa.AuditFullQueryInfo, shutdown_on_full=1, log_is_full=1), "PolicyAuditFullQueryInfo",
             "LogIsFull", 1),
            (12, dns, "PolicyDnsDomainInfo", "Sid.SubAuthority.4", 500),
            (13, dns, "PolicyDnsDomainInfoInt", "DnsDomainName.Buffer", units("d.n")),
            (14, domain, "PolicyLocalAccountDomainInfo", "DomainName.Buffer", units("DOM"))):
        call = made(lsa.QueryInfoPolicy2, in_handle=HANDLE, in_level=level, out_info=info)
        case("LsarQueryInformationPolicy2", call, "out", (f"PolicyInformation.{name}.{path}", due),
             {2: WIDE, 6: WIDE, 10: UNION, 11: UNION}.get(level))
    call = made(lsa.SetInfoPolicy2, in_handle=HANDLE, in_level=12, in_info=dns)
    case("LsarSetInformationPolicy2", call, "in", ("PolicyInformation.PolicyDnsDomainInfo.Name.Buffer", units("N")))
    efs = made(lsa.DomainInfoEfs, blob_size=3, efs_blob=[7, 8, 9])
    call = made(lsa.QueryDomainInformationPolicy, in_handle=HANDLE, in_level=2, out_info=efs)
    case("LsarQueryDomainInformationPolicy", call, "out",
         ("PolicyDomainInformation.PolicyDomainEfsInfo.EfsBlob", "070809"), ENUM)
    kerberos = made(lsa.DomainInfoKerberos, authentication_options=1, service_tkt_lifetime=2, user_tkt_lifetime=3,
                    user_tkt_renewaltime=4, clock_skew=5, reserved=6)
    call = made(lsa.SetDomainInformationPolicy, in_handle=HANDLE, in_level=3, in_info=kerberos)
    case("LsarSetDomainInformationPolicy", call, "in",
         ("PolicyDomainInformation.PolicyDomainKerbTicketInfo.MaxClockSkew", 5))
    sd = made(security.sec_desc_buf)
    call = made(lsa.QuerySecurity, in_handle=HANDLE, in_sec_info=4, out_sdbuf=sd)
    case("LsarQuerySecurityObject", call, "out", ("SecurityDescriptor.Length", 0))
    case("LsarSetSecurityObject", made(lsa.SetSecObj, in_handle=HANDLE, in_sec_info=4, in_sdbuf=sd), "in",
         ("SecurityInformation", 4))


def accounts(case):
    sid = security.dom_sid(SID)
    sids = made(lsa.SidArray, num_sids=2, sids=[made(lsa.SidPtr, sid=sid),
                                                made(lsa.SidPtr, sid=security.dom_sid("S-1-1-0"))])
    call = made(lsa.EnumAccounts, in_handle=HANDLE, in_resume_handle=1, in_num_entries=2, out_resume_handle=3,
                out_sids=sids)
    case("LsarEnumerateAccounts", call, "in", ("PreferedMaximumLength", 2))
    case("LsarEnumerateAccounts", call, "out", ("EnumerationBuffer.Information.0.Sid.SubAuthority.4", 500))
    call = made(lsa.EnumAccountsWithUserRight, in_handle=HANDLE, in_name=text("SeRight"), out_sids=sids)
    case("LsarEnumerateAccountsWithUserRight", call, "in", ("UserRight.Length", 14))
    case("LsarEnumerateAccountsWithUserRight", call, "out", ("EnumerationBuffer.EntriesRead", 2))
    case("LsarCreateAccount", made(lsa.CreateAccount, in_handle=HANDLE, in_sid=sid, in_access_mask=5,
                                   out_acct_handle=HANDLE), "in", ("DesiredAccess", 5))
    case("LsarOpenAccount", made(lsa.OpenAccount, in_handle=HANDLE, in_sid=sid, in_access_mask=6,
                                 out_acct_handle=HANDLE), "in", ("AccountSid.SubAuthority.1", 1))
    privileges = made(lsa.PrivArray, count=2, privs=[
        made(lsa.PrivEntry, name=large("SeOne"), luid=made(lsa.LUID, low=1, high=2)),
        made(lsa.PrivEntry, name=large("SeFour"), luid=made(lsa.LUID, low=3, high=4))])
    call = made(lsa.EnumPrivs, in_handle=HANDLE, in_resume_handle=7, in_max_count=8, out_resume_handle=9,
                out_privs=privileges)
    case("LsarEnumeratePrivileges", call, "out", ("EnumerationBuffer.Privileges.1.LocalValue.HighPart", 4))
    some = made(lsa.PrivilegeSet, count=2, unknown=1, set=[
        made(lsa.LUIDAttribute, luid=made(lsa.LUID, low=i, high=i + 1), attribute=i + 2) for i in (10, 20)])
    case("LsarAddPrivilegesToAccount", made(lsa.AddPrivilegesToAccount, in_handle=HANDLE, in_privs=some), "in",
         ("Privileges.Privilege.1.Attributes", 22))
    case("LsarRemovePrivilegesFromAccount", made(lsa.RemovePrivilegesFromAccount, in_handle=HANDLE, in_remove_all=1,
                                                 in_privs=some), "in", ("Privileges.Control", 1))
    case("LsarEnumeratePrivilegesAccount", made(lsa.EnumPrivsAccount, in_handle=HANDLE, out_privs=some), "out",
         ("Privileges.Privilege.0.Luid.LowPart", 10))
    case("LsarSetSystemAccessAccount", made(lsa.SetSystemAccessAccount, in_handle=HANDLE, in_access_mask=3), "in",
         ("SystemAccess", 3))
    case("LsarGetSystemAccessAccount", made(lsa.GetSystemAccessAccount, in_handle=HANDLE, out_access_mask=4), "out",
         ("SystemAccess", 4))
    rights = made(lsa.RightSet, count=2, names=[large("SeA"), large("SeBB")])
    case("LsarAddAccountRights", made(lsa.AddAccountRights, in_handle=HANDLE, in_sid=sid, in_rights=rights), "in",
         ("UserRights.UserRights.1.Buffer", units("SeBB")))
    case("LsarRemoveAccountRights", made(lsa.RemoveAccountRights, in_handle=HANDLE, in_sid=sid, in_remove_all=1,
                                         in_rights=rights), "in", ("AllRights", 1))
    case("LsarEnumerateAccountRights", made(lsa.EnumAccountRights, in_handle=HANDLE, in_sid=sid, out_rights=rights),
         "out", ("UserRights.Entries", 2))
    luid = made(lsa.LUID, low=5, high=6)
    case("LsarLookupPrivilegeValue", made(lsa.LookupPrivValue, in_handle=HANDLE, in_name=text("SeX"), out_luid=luid),
         "out", ("Value.HighPart", 6))
    case("LsarLookupPrivilegeName", made(lsa.LookupPrivName, in_handle=HANDLE, in_luid=luid, out_name=large("SeX")),
         "out", ("Name.Buffer", units("SeX")))
    call = made(lsa.LookupPrivDisplayName, in_handle=HANDLE, in_name=text("SeX"), in_language_id=1033,
                in_language_id_sys=0, out_disp_name=large("X"), out_returned_language_id=1033)
    case("LsarLookupPrivilegeDisplayName", call, "in", ("ClientLanguage", 1033))
    case("LsarLookupPrivilegeDisplayName", call, "out", ("LanguageReturned", 1033))


def secrets(case):
    name = text("G$s")
    value = made(lsa.DATA_BUF, length=3, size=4, data=[1, 2, 3])
    pointer = made(lsa.DATA_BUF_PTR, buf=value)
    case("LsarCreateSecret", made(lsa.CreateSecret, in_handle=HANDLE, in_name=name, in_access_mask=3,
                                  out_sec_handle=HANDLE), "in", ("SecretName.Buffer", units("G$s")))
    case("LsarOpenSecret", made(lsa.OpenSecret, in_handle=HANDLE, in_name=name, in_access_mask=3,
                                out_sec_handle=HANDLE), "out", ("result", 0))
    case("LsarSetSecret", made(lsa.SetSecret, in_sec_handle=HANDLE, in_new_val=value, in_old_val=None), "in",
         ("EncryptedCurrentValue.Buffer", "010203"), LONG)
    call = made(lsa.QuerySecret, in_sec_handle=HANDLE, in_new_val=pointer, in_new_mtime=0, in_old_val=None,
                in_old_mtime=None, out_new_val=pointer, out_new_mtime=7)
    case("LsarQuerySecret", call, "in", ("CurrentValueSetTime", 0), LONG)
    case("LsarQuerySecret", call, "out", ("CurrentValueSetTime", 7), LONG)
    case("LsarStorePrivateData", made(lsa.StorePrivateData, in_handle=HANDLE, in_name=name, in_val=value), "in",
         ("EncryptedData.MaximumLength", 4), LONG)
    call = made(lsa.RetrievePrivateData, in_handle=HANDLE, in_name=name, in_val=None, out_val=value)
    case("LsarRetrievePrivateData", call, "in", ("EncryptedData", None))
    case("LsarRetrievePrivateData", call, "out", ("EncryptedData.Length", 3), LONG)


def trusts(case):
    sid = security.dom_sid("S-1-5-21-1-2-3")
    domain = made(lsa.DomainInfo, name=large("DOM"), sid=sid)
    more = made(lsa.TrustDomainInfoInfoEx, domain_name=large("d.n"), netbios_name=large("D"), sid=sid,
                trust_direction=1, trust_type=2, trust_attributes=3)
    offset = made(lsa.TrustDomainInfoPosixOffset, posix_offset=9)
    secret = made(lsa.TrustDomainInfoAuthInfo, incoming_count=0, outgoing_count=0)
    blob = made(lsa.TrustDomainInfoAuthInfoInternal, auth_blob=made(lsa.DATA_BUF2, size=2, data=[5, 6]))
    for level, info, name, path, due in (
            (1, made(lsa.TrustDomainInfoName, netbios_name=large("D")), "TrustedDomainNameInfo", "Name.Length", 2),
            (2, made(lsa.TrustDomainInfoControllers, entries=1, netbios_names=[large("c")]),
             "TrustedControllersInfo", "Names.0.Buffer", units("c")),
            (3, offset, "TrustedPosixOffsetInfo", "Offset", 9),
            (4, made(lsa.TrustDomainInfoPassword, password=made(lsa.DATA_BUF, length=1, size=1, data=[9]),
                     old_password=None), "TrustedPasswordInfo", "Password.Buffer", "09"),
            (5, made(lsa.TrustDomainInfoBasic, netbios_name=text("D"), sid=sid), "TrustedDomainInfoBasic",
             "Sid.SubAuthority.3", 3),
            (6, more, "TrustedDomainInfoEx", "TrustAttributes", 3),
            (7, secret, "TrustedAuthInfo", "OutgoingAuthInfos", 0),
            (8, made(lsa.TrustDomainInfoFullInfo, info_ex=more, posix_offset=offset, auth_info=secret),
             "TrustedFullInfo", "PosixOffset.Offset", 9),
            (9, blob, "TrustedAuthInfoInternal", "AuthBlob.AuthBlob", "0506"),
            (10, made(lsa.TrustDomainInfoFullInfoInternal, info_ex=more, posix_offset=offset, auth_info=blob),
             "TrustedFullInfoInternal", "Information.TrustType", 2),
            (11, made(lsa.TrustDomainInfoInfoEx2Internal, info_ex=more, forest_trust_length=2,
                      forest_trust_data=[1, 2]), "TrustedDomainInfoEx2", "ForestTrustInfo", "0102"),
            (13, made(lsa.TrustDomainInfoSupportedEncTypes, enc_types=24), "TrustedDomainSETs",
             "SupportedEncryptionTypes", 24)):
        call = made(lsa.QueryTrustedDomainInfo, in_trustdom_handle=HANDLE, in_level=level, out_info=info)
        case("LsarQueryInfoTrustedDomain", call, "out", (f"TrustedDomainInformation.{name}.{path}", due),
             LONG if level in (4, 11) else None)
    call = made(lsa.CreateTrustedDomain, in_policy_handle=HANDLE, in_info=domain, in_access_mask=1,
                out_trustdom_handle=HANDLE)
    case("LsarCreateTrustedDomain", call, "in", ("TrustedDomainInformation.Sid.SubAuthority.2", 2))
    call = made(lsa.CreateTrustedDomainEx2, in_policy_handle=HANDLE, in_info=more, in_auth_info_internal=blob,
                in_access_mask=1, out_trustdom_handle=HANDLE)
    case("LsarCreateTrustedDomainEx2", call, "in", ("AuthenticationInformation.AuthBlob.AuthSize", 2))
    call = made(lsa.EnumTrustDom, in_handle=HANDLE, in_resume_handle=1, in_max_size=2, out_resume_handle=3,
                out_domains=made(lsa.DomainList, count=1, domains=[domain]))
    case("LsarEnumerateTrustedDomains", call, "out", ("EnumerationBuffer.Information.0.Name.Buffer", units("DOM")))
    call = made(lsa.EnumTrustedDomainsEx, in_handle=HANDLE, in_resume_handle=1, in_max_size=2, out_resume_handle=3,
                out_domains=made(lsa.DomainListEx, count=1, domains=[more]))
    case("LsarEnumerateTrustedDomainsEx", call, "out",
         ("EnumerationBuffer.EnumerationBuffer.0.TrustDirection", 1))
    call = made(lsa.OpenTrustedDomainByName, in_handle=HANDLE, in_name=text("D"), in_access_mask=8,
                out_trustdom_handle=HANDLE)
    case("LsarOpenTrustedDomainByName", call, "in", ("DesiredAccess", 8))
    call = made(lsa.QueryTrustedDomainInfoByName, in_handle=HANDLE, in_trusted_domain=text("D"), in_level=3,
                out_info=offset)
    case("LsarQueryTrustedDomainInfoByName", call, "out",
         ("TrustedDomainInformation.TrustedPosixOffsetInfo.Offset", 9))
    forest = made(lsa.ForestTrustInformation, count=2, entries=[
        made(lsa.ForestTrustRecord, flags=1, type=0, time=2, forest_trust_data=large("f.x")),
        made(lsa.ForestTrustRecord, flags=1, type=2, time=3, forest_trust_data=made(
            lsa.ForestTrustDomainInfo, domain_sid=sid, dns_domain_name=large("f.x"), netbios_domain_name=large("F")))])
    call = made(lsa.lsaRQueryForestTrustInformation, in_handle=HANDLE, in_trusted_domain_name=text("f.x"),
                in_highest_record_type=2, out_forest_trust_info=forest)
    case("LsarQueryForestTrustInformation", call, "out",
         ("ForestTrustInfo.Entries.1.ForestTrustData.DomainInfo.NetbiosName.Buffer", units("F")))
    collisions = made(lsa.ForestTrustCollisionInfo, count=1, entries=[
        made(lsa.ForestTrustCollisionRecord, index=1, type=1, flags=2, name=text("c"))])
    call = made(lsa.lsaRSetForestTrustInformation, in_handle=HANDLE, in_trusted_domain_name=large("f.x"),
                in_highest_record_type=2, in_forest_trust_info=forest, in_check_only=1,
                out_collision_info=collisions)
    case("LsarSetForestTrustInformation", call, "in", ("CheckOnly", 1))
    case("LsarSetForestTrustInformation", call, "out", ("CollisionInfo.Entries.0.Flags", 2), WIDE)


def lookups(case):
    sids = made(lsa.SidArray, num_sids=2, sids=[made(lsa.SidPtr, sid=security.dom_sid(sid))
                                                for sid in (SID, "S-1-1-0")])
    domains = made(lsa.RefDomainList, count=1, max_size=32, domains=[
        made(lsa.DomainInfo, name=large("DOM"), sid=security.dom_sid("S-1-5-21-1-2-3"))])
    names = [made(lsa.TranslatedName, sid_type=i, name=text("n" * i), sid_index=i) for i in (1, 2)]
    call = made(lsa.LookupSids, in_handle=HANDLE, in_sids=sids, in_names=made(lsa.TransNameArray), in_level=1,
                in_count=2, out_domains=domains, out_names=made(lsa.TransNameArray, count=2, names=names),
                out_count=2)
    case("LsarLookupSids", call, "in", ("SidEnumBuffer.SidInfo.1.Sid.SubAuthority.0", 0))
    case("LsarLookupSids", call, "out", ("TranslatedNames.Names.1.Name.Buffer", units("nn")))
    names = made(lsa.TransNameArray2, count=2, names=[
        made(lsa.TranslatedName2, sid_type=i, name=text("n" * i), sid_index=i, unknown=i + 5) for i in (1, 2)])
    for kind, name, handle in ((lsa.LookupSids2, "LsarLookupSids2", {"in_handle": HANDLE}),
                               (lsa.LookupSids3, "LsarLookupSids3", {})):
        call = made(kind, in_sids=sids, in_names=made(lsa.TransNameArray2), in_level=1, in_count=2,
                    in_lookup_options=3, in_client_revision=2, out_domains=domains, out_names=names, out_count=2,
                    **handle)
        case(name, call, "in", ("LookupOptions", 3))
        case(name, call, "out", ("TranslatedNames.Names.1.Flags", 7))
    asked = [text("a"), text("DOM\\b")]
    call = made(lsa.LookupNames, in_handle=HANDLE, in_num_names=2, in_names=asked, in_sids=made(lsa.TransSidArray),
                in_level=1, in_count=0, out_domains=domains, out_count=1, out_sids=made(
                    lsa.TransSidArray, count=1, sids=[made(lsa.TranslatedSid, sid_type=1, rid=500, sid_index=0)]))
    case("LsarLookupNames", call, "in", ("Names.1.Buffer", units("DOM\\b")))
    case("LsarLookupNames", call, "out", ("TranslatedSids.Sids.0.RelativeId", 500))
    found = made(lsa.TransSidArray2, count=1, sids=[
        made(lsa.TranslatedSid2, sid_type=1, rid=500, sid_index=0, unknown=4)])
    call = made(lsa.LookupNames2, in_handle=HANDLE, in_num_names=2, in_names=asked, in_sids=made(lsa.TransSidArray2),
                in_level=1, in_count=0, in_lookup_options=1, in_client_revision=2, out_domains=domains, out_count=1,
                out_sids=found)
    case("LsarLookupNames2", call, "out", ("TranslatedSids.Sids.0.Flags", 4))
    found = made(lsa.TransSidArray3, count=1, sids=[
        made(lsa.TranslatedSid3, sid_type=1, sid=security.dom_sid(SID), sid_index=0, flags=4)])
    for kind, name, handle in ((lsa.LookupNames3, "LsarLookupNames3", {"in_handle": HANDLE}),
                               (lsa.LookupNames4, "LsarLookupNames4", {})):
        call = made(kind, in_num_names=2, in_names=asked, in_sids=made(lsa.TransSidArray3), in_level=1, in_count=0,
                    in_lookup_options=1, in_client_revision=2, out_domains=domains, out_count=1, out_sids=found,
                    **handle)
        case(name, call, "in", ("ClientRevision", 2))
        case(name, call, "out", ("TranslatedSids.Sids.0.Sid.SubAuthority.4", 500))


def cases(case):
    def ours(name, *rest):
        case("lsarpc." + name, *rest)

    for some in (opening, policy, accounts, secrets, trusts, lookups):
        some(ours)
