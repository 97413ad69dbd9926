//! Schools, people of each of them, and the director of one.

use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{
    Account, ImportAccountsResponse, UpdateAccountRequest, import_accounts_response,
};
use guichet_tests::people::{self, GOOD_PASSWORD};
use guichet_tests::raw;
use prost::Message as _;
use tonic::Status;
use tonic::transport::Channel;

use super::super::TABLE;
use super::table::begin;
use crate::institutions::network::{self, Network};

/// Something of an institution, for each kind of thing that a call can be about.
pub(super) struct Target {
    pub(super) institution_id: String,
    pub(super) account_id: String,
    pub(super) username: String,
    pub(super) member_id: String,
    pub(super) message_id: String,
    pub(super) import_id: String,
}

/// The schools and people, and what the director calls with.
pub(super) struct World {
    /// Runs as long as this lives.
    _network: Network,
    channel: Channel,
    bearer: String,
    pub(super) near: Vec<(&'static str, Target)>,
    pub(super) far: Vec<(&'static str, Target)>,
    pub(super) above: Vec<(&'static str, Target)>,
}

impl World {
    pub(super) async fn new() -> Self {
        let network = Network::start().await;
        let server = &network.server;
        network::director(server, "dora", &network.school).await;
        let channel = server.anyone().await.channel();
        let bearer = people::tokens(server, "dora", GOOD_PASSWORD)
            .await
            .access_token;
        let mut near = Vec::new();
        for (place, institution_id) in [("own", &network.school), ("child", &network.annex)] {
            let target = target(&network, &channel, &bearer, place, institution_id).await;
            near.push((place, target));
        }
        let mut far = Vec::new();
        for (place, institution_id) in [
            ("sibling", &network.sibling),
            ("parent", &network.authority),
            ("stranger", &network.stranger),
        ] {
            let key = server.api_key();
            far.push((
                place,
                target(&network, &channel, key, place, institution_id).await,
            ));
        }
        let mut above = Vec::new();
        for (rank, username, place) in [
            ("an admin", "ranked", None),
            ("of the parent", "parents", Some(&network.authority)),
        ] {
            let ranked = target(&network, &channel, &bearer, username, &network.school).await;
            promote(&network, &ranked, place).await;
            above.push((rank, ranked));
        }
        Self {
            _network: network,
            channel,
            bearer,
            near,
            far,
            above,
        }
    }

    pub(super) async fn call(&self, rpc: &str, message: Vec<u8>) -> Result<Vec<u8>, Status> {
        let (service, ..) = TABLE.iter().find(|row| row.1 == rpc).expect("a row");
        raw::call(&self.channel, (service, rpc), Some(&self.bearer), message).await
    }
}

/// Has a person of the school act for more than it.
async fn promote(network: &Network, ranked: &Target, above: Option<&String>) {
    let admin = network.server.admin().await;
    if let Some(institution_id) = above {
        let appointed = network::appoint(&admin, institution_id, &ranked.account_id).await;
        return appointed.expect("a member");
    }
    let request = UpdateAccountRequest {
        account: Some(Account {
            id: ranked.account_id.clone(),
            roles: vec!["admin".into()],
            ..Account::default()
        }),
        update_mask: Some(network::mask(&["roles"])),
    };
    let updated = admin.account().update_account(request).await;
    updated.expect("an admin");
}

/// Somebody of an institution with a mail, a member of it, and an import into it, which is the importer's own affair.
async fn target(
    network: &Network,
    channel: &Channel,
    importer: &str,
    name: &str,
    institution_id: &str,
) -> Target {
    let server = &network.server;
    let admin = server.admin().await;
    let person = network::person(server, name, institution_id).await;
    let member = network::person(server, &format!("{name}.member"), institution_id).await;
    network::appoint(&admin, institution_id, &member.id)
        .await
        .expect("a member");
    people::ask_reset(server, Identifier::Username(name.into())).await;
    let mail = server.mailbox().last(&person.email, 1).await;
    let begun = raw::call(
        channel,
        ("ImportService", "ImportAccounts"),
        Some(importer),
        begin(institution_id).encode_to_vec(),
    );
    Target {
        institution_id: institution_id.into(),
        account_id: person.id,
        username: person.username,
        member_id: member.id,
        message_id: mail.id().split('@').next().unwrap_or_default().to_owned(),
        import_id: import_of(&begun.await.expect("an import")),
    }
}

/// The import in the replies: read as one message, the last one's fields count.
fn import_of(replies: &[u8]) -> String {
    let reply = ImportAccountsResponse::decode(replies).expect("a reply");
    match reply.message {
        Some(import_accounts_response::Message::Import(import)) => import.id,
        other => panic!("no import: {other:?}"),
    }
}
