//! Institutions and people of a small network, and calls that tests make again and again.

use guichet_client::proto::create_account_request::Credential;
use guichet_client::proto::{
    Account, AddMemberRequest, CreateAccountRequest, CreateInstitutionRequest,
    GetInstitutionRequest, Institution, UpdateInstitutionRequest,
};
use guichet_client::{Guichet, error};
use guichet_tests::Server;
use guichet_tests::people::{self, GOOD_PASSWORD};
use prost_types::FieldMask;
use tonic::Status;

/// A network's authority with two schools, one of which has an annex, and another authority.
pub(crate) struct Network {
    pub(crate) server: Server,
    pub(crate) authority: String,
    pub(crate) school: String,
    pub(crate) annex: String,
    pub(crate) sibling: String,
    pub(crate) stranger: String,
}

impl Network {
    pub(crate) async fn start() -> Self {
        Self::at(Server::start().await).await
    }

    pub(crate) async fn at(server: Server) -> Self {
        let authority = institution(&server, "Authority", "").await;
        let school = institution(&server, "School", &authority).await;
        Self {
            annex: institution(&server, "Annex", &school).await,
            sibling: institution(&server, "Sibling", &authority).await,
            stranger: institution(&server, "Stranger", "").await,
            authority,
            school,
            server,
        }
    }
}

/// Creates an institution and returns its id.
pub(crate) async fn institution(server: &Server, name: &str, parent_id: &str) -> String {
    let institution = Institution {
        display_name: name.into(),
        parent_id: parent_id.into(),
        ..Institution::default()
    };
    let created = create(&server.admin().await, institution).await;
    created.expect("an institution").id
}

pub(crate) async fn create(
    guichet: &Guichet,
    institution: Institution,
) -> Result<Institution, Status> {
    let request = CreateInstitutionRequest {
        institution: Some(institution),
        ..CreateInstitutionRequest::default()
    };
    let reply = guichet.institution().create_institution(request).await?;
    Ok(reply.into_inner().institution.expect("it in the reply"))
}

pub(crate) async fn get(guichet: &Guichet, id: &str) -> Result<Institution, Status> {
    let request = GetInstitutionRequest {
        institution_id: id.into(),
    };
    let reply = guichet.institution().get_institution(request).await?;
    Ok(reply.into_inner().institution.expect("it in the reply"))
}

pub(crate) async fn update(
    guichet: &Guichet,
    institution: Institution,
    paths: &[&str],
) -> Result<Institution, Status> {
    let request = UpdateInstitutionRequest {
        institution: Some(institution),
        update_mask: Some(mask(paths)),
    };
    let reply = guichet.institution().update_institution(request).await?;
    Ok(reply.into_inner().institution.expect("it in the reply"))
}

/// Takes an institution to another place.
pub(crate) async fn move_below(
    guichet: &Guichet,
    id: &str,
    parent_id: &str,
) -> Result<Institution, Status> {
    let moved = Institution {
        id: id.into(),
        parent_id: parent_id.into(),
        ..Institution::default()
    };
    update(guichet, moved, &["parent_id"]).await
}

pub(crate) fn mask(paths: &[&str]) -> FieldMask {
    FieldMask {
        paths: paths.iter().map(|path| (*path).to_owned()).collect(),
    }
}

/// Creates somebody who can sign in and belongs to an institution.
pub(crate) async fn person(server: &Server, username: &str, institution_id: &str) -> Account {
    let account = Account {
        username: username.into(),
        email: format!("{username}@ecole.example"),
        institution_id: institution_id.into(),
        ..Account::default()
    };
    let request = CreateAccountRequest {
        account: Some(account),
        credential: Some(Credential::Password(GOOD_PASSWORD.into())),
        ..CreateAccountRequest::default()
    };
    let admin = server.admin().await;
    let created = admin.account().create_account(request).await;
    let account = created.expect("an account").into_inner().account;
    account.expect("it in the reply")
}

/// Makes an account a member of an institution.
pub(crate) async fn appoint(
    guichet: &Guichet,
    institution_id: &str,
    account_id: &str,
) -> Result<(), Status> {
    let request = AddMemberRequest {
        institution_id: institution_id.into(),
        account_id: account_id.into(),
        ..AddMemberRequest::default()
    };
    guichet.institution().add_member(request).await.map(drop)
}

/// Creates somebody who acts for an institution, and returns clients that act as they do.
pub(crate) async fn director(server: &Server, username: &str, institution_id: &str) -> Guichet {
    let account = person(server, username, institution_id).await;
    let admin = server.admin().await;
    let appointed = appoint(&admin, institution_id, &account.id).await;
    appointed.expect("a membership");
    signed_in(server, username).await
}

/// Clients that act as somebody does.
pub(crate) async fn signed_in(server: &Server, username: &str) -> Guichet {
    let tokens = people::tokens(server, username, GOOD_PASSWORD).await;
    server.as_person(&tokens.access_token).await
}

/// The reason that a call was refused for.
#[track_caller]
pub(crate) fn refusal<T>(result: Result<T, Status>) -> String {
    let Err(status) = result else {
        panic!("the call succeeded");
    };
    let reason = error::reason(&status).expect("a reason");
    reason.as_str().to_owned()
}
