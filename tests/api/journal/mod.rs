//! Whatever changes anything leaves an event that tells who, what, on whom and from where: every RPC that the protos have.

mod story;

use std::collections::BTreeSet;

use guichet_tests::journal::Event;
use prost::Message as _;
use prost_types::{FileDescriptorSet, MethodDescriptorProto};

/// What a call leaves in the journal.
#[derive(Clone, Copy, Debug)]
enum Leaves {
    /// Nothing: it reads, or what it writes is no more than a mark on what is there already.
    Nothing,
    /// An event of this type.
    Event(&'static str, By, On),
}

/// Who is told to have done it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    /// The caller.
    Caller,
    /// Nobody who is known: the call is open to all.
    Nobody,
}

/// What it is told to have been done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum On {
    Account,
    Institution,
    /// What is neither; the attributes name it.
    Other,
}

use By::{Caller, Nobody};
use Leaves::{Event as Ev, Nothing};
use On::{Account, Institution, Other};

/// Every RPC. A new one without a row fails; one that writes belongs into the story too.
#[rustfmt::skip]
const TABLE: [(&str, Leaves); 67] = [
    ("CreateAccount", Ev("account.created", Caller, Account)),
    ("GetAccount", Nothing),
    ("LookupAccounts", Nothing),
    ("BatchGetAccounts", Nothing),
    ("ListAccounts", Nothing),
    ("UpdateAccount", Ev("account.updated", Caller, Account)),
    ("DisableAccount", Ev("account.disabled", Caller, Account)),
    ("EnableAccount", Ev("account.enabled", Caller, Account)),
    ("UnlockAccount", Ev("account.unlocked", Caller, Account)),
    ("DeleteAccount", Ev("account.deleted", Caller, Account)),
    ("UndeleteAccount", Ev("account.undeleted", Caller, Account)),
    ("PurgeAccount", Ev("account.purged", Caller, Account)),
    ("MigrateAccount", Ev("account.migrated", Caller, Account)),
    ("BatchMigrateAccounts", Ev("account.migrated", Caller, Account)),
    ("SendActivation", Ev("activation.requested", Caller, Account)),
    ("ChangePassword", Ev("password.changed", Caller, Account)),
    ("RequestEmailChange", Ev("email_change.requested", Caller, Account)),
    ("ConfirmEmailChange", Ev("email.changed", Caller, Account)),
    ("ExportAccountData", Nothing),
    ("GetPasswordPolicy", Nothing),
    ("CheckPassword", Nothing),
    ("RequestReset", Ev("reset.decided", Nobody, Account)),
    ("InspectReset", Nothing),
    ("CompleteReset", Ev("password.reset", Caller, Account)),
    ("RevokeReset", Ev("reset.revoked", Nobody, Account)),
    ("RemindUsernames", Ev("reset.decided", Nobody, Account)),
    ("IssueResetCode", Ev("reset.code_issued", Caller, Account)),
    ("ListResetRequests", Nothing),
    ("Login", Ev("session.opened", Caller, Account)),
    ("ContinueLogin", Ev("session.opened", Caller, Account)),
    // It goes on with a session that an event tells of, every few minutes.
    ("Refresh", Nothing),
    ("Logout", Ev("session.closed", Caller, Account)),
    ("Introspect", Nothing),
    ("GetSigningKeys", Nothing),
    ("GetUserInfo", Nothing),
    ("ListSessions", Nothing),
    ("RevokeSession", Ev("session.closed", Caller, Account)),
    ("RevokeAllSessions", Ev("session.all_closed", Caller, Account)),
    // Nothing asks for an app before it is confirmed.
    ("BeginTotpEnrollment", Nothing),
    ("ConfirmTotpEnrollment", Ev("second_factor.added", Caller, Account)),
    ("RemoveTotp", Ev("second_factor.removed", Caller, Account)),
    ("GenerateRecoveryCodes", Ev("second_factor.codes_replaced", Caller, Account)),
    ("CreateApiKey", Ev("api_key.created", Caller, Other)),
    ("ListApiKeys", Nothing),
    ("RevokeApiKey", Ev("api_key.revoked", Caller, Other)),
    ("CreateInstitution", Ev("institution.created", Caller, Institution)),
    ("GetInstitution", Nothing),
    ("ListInstitutions", Nothing),
    ("UpdateInstitution", Ev("institution.updated", Caller, Institution)),
    ("DeleteInstitution", Ev("institution.deleted", Caller, Institution)),
    ("AddMember", Ev("member.added", Caller, Account)),
    ("RemoveMember", Ev("member.removed", Caller, Account)),
    ("ListMembers", Nothing),
    ("GetMigrationReport", Nothing),
    ("ListPeople", Nothing),
    ("ListMessages", Nothing),
    ("GetMessage", Nothing),
    ("ResendMessage", Ev("mail.resent", Caller, Account)),
    ("ReportBounce", Ev("mail.bounced", Caller, Account)),
    ("SendTestMessage", Ev("mail.test_requested", Caller, Other)),
    ("ImportAccounts", Ev("import.completed", Caller, Other)),
    ("GetImport", Nothing),
    ("ListImports", Nothing),
    ("ListImportRows", Nothing),
    ("UndoImport", Ev("import.undone", Caller, Other)),
    ("ListEvents", Nothing),
    ("WatchEvents", Nothing),
];

fn is_told(event: &Event, kind: &str, by: By, on: On) -> bool {
    let is_subject_told = match on {
        On::Account => event.account_id.is_some(),
        On::Institution => event.institution_id.is_some(),
        On::Other => event
            .attributes
            .as_object()
            .is_some_and(|about| !about.is_empty()),
    };
    event.kind == kind
        && event.actor_id.is_some() == (by == By::Caller)
        && is_subject_told
        && event.network.as_deref() == Some("127.0.0.0/24")
}

#[test]
fn the_table_has_every_rpc_of_the_protos() {
    let descriptors = FileDescriptorSet::decode(guichet_proto::FILE_DESCRIPTOR_SET);
    let files = descriptors.expect("descriptors").file;
    let ours = files.iter().filter(|file| file.package() == "guichet.v1");
    let services = ours.flat_map(|file| &file.service);
    let existing: BTreeSet<&str> = services
        .flat_map(|service| service.method.iter().map(MethodDescriptorProto::name))
        .collect();

    assert_eq!(BTreeSet::from(TABLE.map(|(rpc, _)| rpc)), existing);
}

#[tokio::test]
async fn every_call_that_changes_anything_leaves_an_event() {
    let told = story::told().await;

    let mut missing = Vec::new();
    for (rpc, leaves) in TABLE {
        let Ev(kind, by, on) = leaves else {
            continue;
        };
        match told.iter().find(|(name, _)| *name == rpc) {
            None => missing.push(format!("the story has no {rpc}")),
            Some((_, events)) if events.iter().any(|event| is_told(event, kind, by, on)) => {}
            Some((_, events)) => missing.push(format!("{rpc}: no {kind} in {events:#?}")),
        }
    }
    let manual = include_str!("../../../proto/guichet/v1/event.proto");
    for event in told.iter().flat_map(|(_, events)| events) {
        if !manual.contains(&format!("`{}`", event.kind)) {
            missing.push(format!("event.proto says nothing of {}", event.kind));
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}
