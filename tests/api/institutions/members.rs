//! Who acts for an institution, and whom they may not touch.

use guichet_client::Guichet;
use guichet_client::proto::{
    Account, DisableAccountRequest, GetAccountRequest, ListMembersRequest, Member,
    RemoveMemberRequest, UpdateAccountRequest,
};
use guichet_tests::people;
use tonic::Status;

use super::network::{self, Network, refusal};

async fn members(guichet: &Guichet, institution_id: &str) -> Result<Vec<Member>, Status> {
    let request = ListMembersRequest {
        institution_id: institution_id.into(),
        ..ListMembersRequest::default()
    };
    let reply = guichet.institution().list_members(request).await?;
    Ok(reply.into_inner().members)
}

async fn dismiss(guichet: &Guichet, institution_id: &str, account_id: &str) -> Result<(), Status> {
    let request = RemoveMemberRequest {
        institution_id: institution_id.into(),
        account_id: account_id.into(),
    };
    let removed = guichet.institution().remove_member(request).await;
    removed.map(drop)
}

async fn get(guichet: &Guichet, account_id: &str) -> Result<Account, Status> {
    let request = GetAccountRequest {
        account_id: account_id.into(),
    };
    let reply = guichet.account().get_account(request).await?;
    Ok(reply.into_inner().account.expect("it in the reply"))
}

async fn disable(guichet: &Guichet, account_id: &str) -> Result<(), Status> {
    let request = DisableAccountRequest {
        account_id: account_id.into(),
    };
    guichet.account().disable_account(request).await.map(drop)
}

async fn change(guichet: &Guichet, account: Account, path: &str) -> Result<Account, Status> {
    let request = UpdateAccountRequest {
        account: Some(account),
        update_mask: Some(network::mask(&[path])),
    };
    let reply = guichet.account().update_account(request).await?;
    Ok(reply.into_inner().account.expect("it in the reply"))
}

#[tokio::test]
async fn a_membership_brings_the_role_and_takes_it_away_again() {
    let network = Network::start().await;
    let server = &network.server;
    let admin = server.admin().await;
    let lea = network::person(server, "lea", &network.school).await;

    for id in [&network.school, &network.school, &network.sibling] {
        network::appoint(&admin, id, &lea.id)
            .await
            .expect("a membership");
    }
    let listed = members(&admin, &network.school).await.expect("a list");
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (listed[0].username.as_str(), listed[0].role.as_str()),
        ("lea", "institution_admin")
    );
    let with_role = people::find(server, &lea.id).await;
    assert_eq!(with_role.roles, ["institution_admin", "user"]);
    let tokens = network::signed_in(server, "lea").await;
    get(&tokens, &lea.id).await.expect("her own account");

    dismiss(&admin, &network.school, &lea.id)
        .await
        .expect("an end");
    assert_eq!(
        people::find(server, &lea.id).await.roles,
        ["institution_admin", "user"]
    );
    dismiss(&admin, &network.sibling, &lea.id)
        .await
        .expect("an end");
    assert_eq!(people::find(server, &lea.id).await.roles, ["user"]);
    let gone = dismiss(&admin, &network.sibling, &lea.id).await;
    assert_eq!(refusal(gone), "NOT_FOUND");
}

#[tokio::test]
async fn rights_end_with_the_membership_not_with_the_token() {
    let network = Network::start().await;
    let server = &network.server;
    let admin = server.admin().await;
    let director = network::director(server, "dora", &network.school).await;
    let pupil = network::person(server, "paul", &network.annex).await;
    get(&director, &pupil.id).await.expect("a pupil");

    let dora = members(&admin, &network.school)
        .await
        .expect("a list")
        .remove(0);
    dismiss(&admin, &network.school, &dora.account_id)
        .await
        .expect("an end");

    assert_eq!(refusal(get(&director, &pupil.id).await), "FORBIDDEN");
    assert_eq!(
        refusal(members(&director, &network.school).await),
        "FORBIDDEN"
    );
}

#[tokio::test]
async fn the_role_on_an_account_is_a_membership_of_its_own_institution() {
    let network = Network::start().await;
    let server = &network.server;
    let admin = server.admin().await;
    let lea = network::person(server, "lea", &network.school).await;
    let director = Account {
        id: lea.id.clone(),
        roles: vec!["institution_admin".into()],
        ..Account::default()
    };

    change(&admin, director, "roles").await.expect("a role");
    assert_eq!(
        members(&admin, &network.school)
            .await
            .expect("a list")
            .len(),
        1
    );

    let moved = Account {
        id: lea.id.clone(),
        institution_id: network.authority.clone(),
        ..Account::default()
    };
    let moved = change(&admin, moved, "institution_id")
        .await
        .expect("a move");
    assert_eq!(moved.roles, ["user"]);
    assert!(
        members(&admin, &network.authority)
            .await
            .expect("a list")
            .is_empty()
    );
    assert!(
        members(&admin, &network.school)
            .await
            .expect("a list")
            .is_empty()
    );

    network::appoint(&admin, &network.sibling, &lea.id)
        .await
        .expect("a membership");
    let nobody = Account {
        id: lea.id.clone(),
        ..Account::default()
    };
    change(&admin, nobody, "roles").await.expect("no role");
    assert!(
        members(&admin, &network.sibling)
            .await
            .expect("a list")
            .is_empty()
    );
}

#[tokio::test]
async fn nobody_touches_who_is_ranked_above() {
    let network = Network::start().await;
    let server = &network.server;
    let admin = server.admin().await;
    let director = network::director(server, "dora", &network.school).await;
    let equal = network::person(server, "equal", &network.school).await;
    let lower = network::person(server, "lower", &network.school).await;
    let higher = network::person(server, "higher", &network.school).await;
    let elsewhere = network::person(server, "elsewhere", &network.school).await;
    for (id, account) in [
        (&network.school, &equal),
        (&network.annex, &lower),
        (&network.authority, &higher),
        (&network.stranger, &elsewhere),
    ] {
        network::appoint(&admin, id, &account.id)
            .await
            .expect("a membership");
    }
    let mut above = vec![higher, elsewhere];
    for role in ["admin", "service"] {
        let account = network::person(server, &format!("the.{role}"), &network.school).await;
        let role = Account {
            id: account.id,
            roles: vec![role.into()],
            ..Account::default()
        };
        above.push(change(&admin, role, "roles").await.expect("a role"));
    }

    for account in &above {
        get(&director, &account.id).await.expect("a colleague");
        assert_eq!(
            refusal(disable(&director, &account.id).await),
            "FORBIDDEN",
            "{}",
            account.username
        );
        let appointed = network::appoint(&director, &network.annex, &account.id).await;
        assert_eq!(refusal(appointed), "FORBIDDEN", "{}", account.username);
    }
    for account in [&equal, &lower] {
        disable(&director, &account.id)
            .await
            .expect("a disabled account");
    }
}

#[tokio::test]
async fn whoever_acts_for_an_institution_appoints_below_it_and_dismisses_nobody_above() {
    let network = Network::start().await;
    let server = &network.server;
    let admin = server.admin().await;
    let director = network::director(server, "dora", &network.school).await;
    let teacher = network::person(server, "theo", &network.annex).await;
    let stranger = network::person(server, "leo", &network.sibling).await;

    network::appoint(&director, &network.annex, &teacher.id)
        .await
        .expect("a membership");
    for (institution, account) in [
        (&network.sibling, &teacher),
        (&network.authority, &teacher),
        (&network.annex, &stranger),
    ] {
        let appointed = network::appoint(&director, institution, &account.id).await;
        assert_eq!(refusal(appointed), "NOT_FOUND");
    }
    assert_eq!(
        refusal(members(&director, &network.authority).await),
        "NOT_FOUND"
    );

    for id in [&network.annex, &network.authority] {
        network::appoint(&admin, id, &stranger.id)
            .await
            .expect("a membership");
    }
    let dismissed = dismiss(&director, &network.annex, &stranger.id).await;
    assert_eq!(refusal(dismissed), "FORBIDDEN");
    dismiss(&director, &network.annex, &teacher.id)
        .await
        .expect("an end");
}
