//! Who may call what: every RPC that the protos have, called by everybody.

mod delegates;
mod world;

use std::collections::BTreeSet;

use guichet_client::proto::{GetAccountRequest, IntrospectRequest, RevokeSessionRequest};
use guichet_client::{Reason, error};
use guichet_tests::people::{self, GOOD_PASSWORD};
use guichet_tests::{Server, expect_error};
use prost::Message as _;
use prost_types::FileDescriptorSet;
use tonic::{Code, Status};

use self::world::{World, create_key};

/// Who may call an RPC.
#[derive(Clone, Copy, Debug)]
enum Access {
    /// Without a token: the contract's list, and nothing beside it.
    Public,
    /// With any good token.
    SignedIn,
    /// Only a person, never a system.
    Person,
    /// The account's own person and administrators.
    OwnerOrAdmin,
    /// Likewise, and systems that read accounts.
    OwnerOrReader,
    /// Administrators and systems that read accounts.
    Reader,
    /// Administrators.
    Admin,
}

use Access::{Admin, OwnerOrAdmin, OwnerOrReader, Person, Public, Reader, SignedIn};

/// Every RPC.
const TABLE: [(&str, &str, Access); 67] = [
    ("AccountService", "CreateAccount", Admin),
    ("AccountService", "GetAccount", OwnerOrReader),
    ("AccountService", "LookupAccounts", Reader),
    ("AccountService", "BatchGetAccounts", Reader),
    ("AccountService", "ListAccounts", Reader),
    ("AccountService", "UpdateAccount", OwnerOrAdmin),
    ("AccountService", "DisableAccount", Admin),
    ("AccountService", "EnableAccount", Admin),
    ("AccountService", "UnlockAccount", Admin),
    ("AccountService", "DeleteAccount", Admin),
    ("AccountService", "UndeleteAccount", Admin),
    ("AccountService", "PurgeAccount", Admin),
    ("AccountService", "MigrateAccount", Admin),
    ("AccountService", "BatchMigrateAccounts", Admin),
    ("AccountService", "SendActivation", Admin),
    ("AccountService", "ChangePassword", Person),
    ("AccountService", "RequestEmailChange", OwnerOrAdmin),
    ("AccountService", "ConfirmEmailChange", Public),
    ("AccountService", "ExportAccountData", OwnerOrAdmin),
    ("ResetService", "GetPasswordPolicy", Public),
    ("ResetService", "CheckPassword", Public),
    ("ResetService", "RequestReset", Public),
    ("ResetService", "InspectReset", Public),
    ("ResetService", "CompleteReset", Public),
    ("ResetService", "RevokeReset", Public),
    ("ResetService", "RemindUsernames", Public),
    ("ResetService", "IssueResetCode", Admin),
    ("ResetService", "ListResetRequests", Admin),
    ("AuthService", "Login", Public),
    ("AuthService", "ContinueLogin", Public),
    ("AuthService", "Refresh", Public),
    ("AuthService", "Logout", Public),
    ("AuthService", "Introspect", SignedIn),
    ("AuthService", "GetSigningKeys", Public),
    ("AuthService", "GetUserInfo", Person),
    ("AuthService", "ListSessions", OwnerOrAdmin),
    ("AuthService", "RevokeSession", SignedIn),
    ("AuthService", "RevokeAllSessions", OwnerOrAdmin),
    ("AuthService", "BeginTotpEnrollment", Person),
    ("AuthService", "ConfirmTotpEnrollment", Person),
    ("AuthService", "RemoveTotp", OwnerOrAdmin),
    ("AuthService", "GenerateRecoveryCodes", Person),
    ("AuthService", "CreateApiKey", Admin),
    ("AuthService", "ListApiKeys", Admin),
    ("AuthService", "RevokeApiKey", Admin),
    ("InstitutionService", "CreateInstitution", Admin),
    ("InstitutionService", "GetInstitution", Reader),
    ("InstitutionService", "ListInstitutions", Reader),
    ("InstitutionService", "UpdateInstitution", Admin),
    ("InstitutionService", "DeleteInstitution", Admin),
    ("InstitutionService", "AddMember", Admin),
    ("InstitutionService", "RemoveMember", Admin),
    ("InstitutionService", "ListMembers", Admin),
    ("InstitutionService", "GetMigrationReport", Admin),
    ("InstitutionService", "ListPeople", Admin),
    ("MailService", "ListMessages", Admin),
    ("MailService", "GetMessage", Admin),
    ("MailService", "ResendMessage", Admin),
    ("MailService", "ReportBounce", Admin),
    ("MailService", "SendTestMessage", Admin),
    ("ImportService", "ImportAccounts", Admin),
    ("ImportService", "GetImport", Admin),
    ("ImportService", "ListImports", Admin),
    ("ImportService", "ListImportRows", Admin),
    ("ImportService", "UndoImport", Admin),
    ("EventService", "ListEvents", Reader),
    ("EventService", "WatchEvents", Reader),
];

/// Who calls. Each call is about Léa's account where it is about one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Caller {
    Nobody,
    Garbage,
    ExpiredToken,
    SignedOut,
    Disabled,
    RevokedKey,
    ExpiredKey,
    Owner,
    OtherPerson,
    AdminPerson,
    ServiceKey,
    AdminKey,
}

use Caller::{
    AdminKey, AdminPerson, Disabled, ExpiredKey, ExpiredToken, Garbage, Nobody, OtherPerson, Owner,
    RevokedKey, ServiceKey, SignedOut,
};

const CALLERS: [Caller; 12] = [
    Nobody,
    Garbage,
    ExpiredToken,
    SignedOut,
    Disabled,
    RevokedKey,
    ExpiredKey,
    Owner,
    OtherPerson,
    AdminPerson,
    ServiceKey,
    AdminKey,
];

/// What the caller is refused with at the door, if it is.
fn expected(access: Access, caller: Caller) -> Option<Reason> {
    let may = match access {
        Public => return None,
        SignedIn => true,
        Person => matches!(caller, Owner | OtherPerson | AdminPerson),
        OwnerOrAdmin => matches!(caller, Owner | AdminPerson | AdminKey),
        OwnerOrReader => matches!(caller, Owner | AdminPerson | AdminKey | ServiceKey),
        Reader => matches!(caller, AdminPerson | AdminKey | ServiceKey),
        Admin => matches!(caller, AdminPerson | AdminKey),
    };
    match caller {
        Nobody | Garbage | SignedOut | Disabled | RevokedKey => Some(Reason::TokenInvalid),
        ExpiredToken | ExpiredKey => Some(Reason::TokenExpired),
        _ if may => None,
        _ => Some(Reason::Forbidden),
    }
}

/// What a refusal at the door looks like; anything else is past it.
fn refused(result: &Result<(), Status>) -> Option<Reason> {
    let status = result.as_ref().err()?;
    let at_the_door = match status.code() {
        Code::Unauthenticated => [Reason::TokenInvalid, Reason::TokenExpired].to_vec(),
        Code::PermissionDenied => vec![Reason::Forbidden],
        _ => return None,
    };
    let reason = error::reason(status).expect("a reason");
    assert!(at_the_door.contains(&reason), "{status}");
    Some(reason)
}

#[test]
fn the_table_has_every_rpc_of_the_protos() {
    let descriptors = FileDescriptorSet::decode(guichet_proto::FILE_DESCRIPTOR_SET);
    let files = descriptors.expect("descriptors").file;
    let ours = files.iter().filter(|file| file.package() == "guichet.v1");
    let services = ours.flat_map(|file| &file.service);
    let existing: BTreeSet<(&str, &str)> = services
        .flat_map(|service| {
            let methods = service.method.iter();
            methods.map(|method| (service.name(), method.name()))
        })
        .collect();

    let listed = TABLE.map(|(service, rpc, _)| (service, rpc));
    assert_eq!(BTreeSet::from(listed), existing);
}

#[tokio::test]
async fn everybody_is_let_through_to_what_is_theirs_and_to_nothing_else() {
    let world = World::new().await;

    let mut wrong = Vec::new();
    for (service, rpc, access) in TABLE {
        for caller in CALLERS {
            let bearer = world.bearer(caller).await;
            let field = world.message(rpc, access).await;
            let result = world.call(service, rpc, bearer.as_deref(), field).await;

            let (got, wanted) = (refused(&result), expected(access, caller));
            if got != wanted {
                wrong.push(format!("{rpc} by {caller:?}: {got:?}, not {wanted:?}"));
            }
        }
    }

    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn somebody_elses_session_is_not_found_and_lives_on() {
    let server = Server::start().await;
    people::active(&server, "lea", "lea@ecole.example").await;
    people::active(&server, "leo", "leo@ecole.example").await;
    let lea = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    let leo = people::tokens(&server, "leo", GOOD_PASSWORD).await;
    let (service_key, _) = create_key(&server, "service", None).await;

    for bearer in [&leo.access_token, &service_key] {
        let request = RevokeSessionRequest {
            session_id: lea.session_id.clone(),
        };
        let caller = server.as_person(bearer).await;
        let result = caller.auth().revoke_session(request).await;
        expect_error(result, Code::NotFound, "NOT_FOUND");
    }

    let own = server.as_person(&lea.access_token).await;
    let request = GetAccountRequest::default();
    own.account().get_account(request).await.expect("Léa");
}

#[tokio::test]
async fn people_learn_nothing_about_tokens_of_others() {
    let server = Server::start().await;
    people::active(&server, "lea", "lea@ecole.example").await;
    people::active(&server, "leo", "leo@ecole.example").await;
    let lea = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    let leo = people::tokens(&server, "leo", GOOD_PASSWORD).await;
    let (service_key, _) = create_key(&server, "service", None).await;

    for (bearer, may) in [
        (&leo.access_token, false),
        (&lea.access_token, true),
        (&service_key, true),
    ] {
        let request = IntrospectRequest {
            token: lea.access_token.clone(),
        };
        let caller = server.as_person(bearer).await;
        let reply = caller.auth().introspect(request).await;
        let reply = reply.expect("an answer").into_inner();
        assert_eq!(
            (reply.active, reply.username.as_str()),
            if may { (true, "lea") } else { (false, "") }
        );
    }
}
