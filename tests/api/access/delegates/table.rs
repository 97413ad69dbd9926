//! What each RPC is about.

use guichet_client::proto::{
    Account, AddMemberRequest, BatchGetAccountsRequest, BatchMigrateAccountsRequest,
    CreateAccountRequest, GetMigrationReportRequest, ImportAccountsRequest, ImportBegin,
    Institution, IssueResetCodeRequest, ListAccountsRequest, ListMessagesRequest,
    ListPeopleRequest, LookupAccountsRequest, MigrateAccountRequest, RemoveMemberRequest,
    ReportBounceRequest, RequestEmailChangeRequest, SendActivationRequest, UpdateAccountRequest,
    UpdateInstitutionRequest, import_accounts_request, lookup_accounts_request,
    report_bounce_request,
};
use prost::Message as _;

use self::About::{Administrators, List, NobodyElse, People, Person, Place, Seen, Thing};
use super::world::Target;
use crate::institutions::network;

pub(super) type Ask = fn(&Target) -> Vec<u8>;

/// What a call is about, and with it who may make it.
#[derive(Clone, Copy)]
pub(super) enum About {
    /// Nobody else: it is open to all, or about the caller.
    NobodyElse,
    /// What only administrators of everything touch, whosever it is.
    Administrators(Ask),
    /// A person, who is looked at. Rank does not matter.
    Seen(Ask),
    /// A person, to whom something is done: nobody who is ranked above.
    Person(Ask),
    /// An institution, a mail, an import.
    Thing(Ask),
    /// The place that somebody or something is put into: a field that says where.
    Place(Ask),
    /// A list: of what is in reach, and of nothing else.
    List(Ask),
    /// Several people, each with a verdict in the reply.
    People(Ask),
}

fn account_id(target: &Target) -> Vec<u8> {
    target.account_id.encode_to_vec()
}

fn institution_id(target: &Target) -> Vec<u8> {
    target.institution_id.encode_to_vec()
}

fn message_id(target: &Target) -> Vec<u8> {
    target.message_id.encode_to_vec()
}

fn import_id(target: &Target) -> Vec<u8> {
    target.import_id.encode_to_vec()
}

fn nothing(_: &Target) -> Vec<u8> {
    Vec::new()
}

fn migration(target: &Target) -> MigrateAccountRequest {
    MigrateAccountRequest {
        account_id: target.account_id.clone(),
        email: "x@ecole.example".into(),
        ..MigrateAccountRequest::default()
    }
}

/// Every RPC. A message of which only the first field counts, an id, is that id.
pub(super) fn table() -> Vec<(&'static str, About)> {
    [
        accounts(),
        resets_and_sign_ins(),
        institutions(),
        mails_and_imports(),
    ]
    .concat()
}

#[rustfmt::skip]
fn accounts() -> Vec<(&'static str, About)> {
    vec![
        ("CreateAccount", Place(|target| CreateAccountRequest {
            account: Some(Account {
                username: format!("new.{}", target.username),
                institution_id: target.institution_id.clone(),
                ..Account::default()
            }),
            ..CreateAccountRequest::default()
        }.encode_to_vec())),
        ("GetAccount", Seen(account_id)),
        ("LookupAccounts", List(|target| LookupAccountsRequest {
            key: Some(lookup_accounts_request::Key::Username(target.username.clone())),
        }.encode_to_vec())),
        ("BatchGetAccounts", List(|target| BatchGetAccountsRequest {
            account_ids: vec![target.account_id.clone()],
        }.encode_to_vec())),
        ("ListAccounts", List(|_| ListAccountsRequest {
            page_size: 1_000,
            ..ListAccountsRequest::default()
        }.encode_to_vec())),
        ("UpdateAccount", Person(|target| UpdateAccountRequest {
            account: Some(Account { id: target.account_id.clone(), ..Account::default() }),
            update_mask: Some(network::mask(&["display_name"])),
        }.encode_to_vec())),
        ("DisableAccount", Person(account_id)),
        ("EnableAccount", Person(account_id)),
        ("UnlockAccount", Person(account_id)),
        ("DeleteAccount", Administrators(account_id)),
        ("UndeleteAccount", Administrators(account_id)),
        ("PurgeAccount", Administrators(account_id)),
        ("MigrateAccount", Person(|target| migration(target).encode_to_vec())),
        ("BatchMigrateAccounts", People(|target| BatchMigrateAccountsRequest {
            requests: vec![migration(target)],
        }.encode_to_vec())),
        ("SendActivation", Person(|target| SendActivationRequest {
            account_id: target.account_id.clone(),
            email: "x@ecole.example".into(),
        }.encode_to_vec())),
        ("ChangePassword", NobodyElse),
        ("RequestEmailChange", Person(|target| RequestEmailChangeRequest {
            account_id: target.account_id.clone(),
            new_email: "x@ecole.example".into(),
            ..RequestEmailChangeRequest::default()
        }.encode_to_vec())),
        ("ConfirmEmailChange", NobodyElse),
        ("ExportAccountData", Administrators(account_id)),
    ]
}

#[rustfmt::skip]
fn resets_and_sign_ins() -> Vec<(&'static str, About)> {
    vec![
        ("GetPasswordPolicy", NobodyElse),
        ("CheckPassword", NobodyElse),
        ("RequestReset", NobodyElse),
        ("InspectReset", NobodyElse),
        ("CompleteReset", NobodyElse),
        ("RevokeReset", NobodyElse),
        ("RemindUsernames", NobodyElse),
        ("IssueResetCode", Person(|target| IssueResetCodeRequest {
            account_id: target.account_id.clone(),
            ..IssueResetCodeRequest::default()
        }.encode_to_vec())),
        ("ListResetRequests", List(nothing)),
        ("Login", NobodyElse),
        ("ContinueLogin", NobodyElse),
        ("Refresh", NobodyElse),
        ("Logout", NobodyElse),
        ("Introspect", NobodyElse),
        ("GetSigningKeys", NobodyElse),
        ("GetUserInfo", NobodyElse),
        ("ListSessions", Administrators(account_id)),
        ("RevokeSession", NobodyElse),
        ("RevokeAllSessions", Administrators(account_id)),
        ("BeginTotpEnrollment", NobodyElse),
        ("ConfirmTotpEnrollment", NobodyElse),
        ("RemoveTotp", Person(account_id)),
        ("GenerateRecoveryCodes", NobodyElse),
        ("CreateApiKey", Administrators(nothing)),
        ("ListApiKeys", Administrators(nothing)),
        ("RevokeApiKey", Administrators(nothing)),
    ]
}

#[rustfmt::skip]
fn institutions() -> Vec<(&'static str, About)> {
    vec![
        ("CreateInstitution", Administrators(nothing)),
        ("GetInstitution", Thing(institution_id)),
        ("ListInstitutions", List(nothing)),
        ("UpdateInstitution", Thing(|target| UpdateInstitutionRequest {
            institution: Some(Institution {
                id: target.institution_id.clone(),
                contact_email: "direction@ecole.example".into(),
                ..Institution::default()
            }),
            update_mask: Some(network::mask(&["contact_email"])),
        }.encode_to_vec())),
        ("DeleteInstitution", Administrators(institution_id)),
        ("AddMember", Person(|target| AddMemberRequest {
            institution_id: target.institution_id.clone(),
            account_id: target.account_id.clone(),
            ..AddMemberRequest::default()
        }.encode_to_vec())),
        ("RemoveMember", Thing(|target| RemoveMemberRequest {
            institution_id: target.institution_id.clone(),
            account_id: target.member_id.clone(),
        }.encode_to_vec())),
        ("ListMembers", Thing(institution_id)),
        ("GetMigrationReport", Thing(|target| GetMigrationReportRequest {
            institution_id: target.institution_id.clone(),
            ..GetMigrationReportRequest::default()
        }.encode_to_vec())),
        ("ListPeople", List(|_| ListPeopleRequest::default().encode_to_vec())),
    ]
}

#[rustfmt::skip]
fn mails_and_imports() -> Vec<(&'static str, About)> {
    vec![
        ("ListMessages", List(|_| ListMessagesRequest::default().encode_to_vec())),
        ("GetMessage", Thing(message_id)),
        ("ResendMessage", Person(message_id)),
        ("ReportBounce", Thing(|target| ReportBounceRequest {
            mail: Some(report_bounce_request::Mail::MessageId(target.message_id.clone())),
            ..ReportBounceRequest::default()
        }.encode_to_vec())),
        ("SendTestMessage", Administrators(nothing)),
        ("ImportAccounts", Place(|target| begin(&target.institution_id).encode_to_vec())),
        ("GetImport", Thing(import_id)),
        ("ListImports", List(nothing)),
        ("ListImportRows", Thing(import_id)),
        ("UndoImport", Thing(import_id)),
        ("ListEvents", List(nothing)),
        ("WatchEvents", List(nothing)),
    ]
}

pub(super) fn begin(institution_id: &str) -> ImportAccountsRequest {
    let begin = ImportBegin {
        source: format!("matrix-{institution_id}"),
        institution_id: institution_id.into(),
        ..ImportBegin::default()
    };
    ImportAccountsRequest {
        message: Some(import_accounts_request::Message::Begin(begin)),
    }
}
