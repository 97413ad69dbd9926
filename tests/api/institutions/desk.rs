//! The desk: who is stuck and why, finding them, and the right address for them.

use guichet_client::Guichet;
use guichet_client::proto::create_account_request::Credential;
use guichet_client::proto::report_bounce_request::Mail;
use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{
    Account, AccountState, CreateAccountRequest, InspectResetRequest, ListPeopleRequest,
    ListResetRequestsRequest, ReportBounceRequest, RequestEmailChangeRequest,
    SendActivationRequest, Situation, list_people_response::Person,
};
use guichet_tests::people::{self, GOOD_PASSWORD};
use guichet_tests::{Server, expect_error};
use tonic::{Code, Status};

use super::network::{self, Network, refusal};
use crate::mails::settled;

/// Creates somebody; a state of its own, an activation mail or a password.
pub(super) async fn create(
    server: &Server,
    account: Account,
    credential: Option<Credential>,
) -> Account {
    let request = CreateAccountRequest {
        account: Some(account),
        credential,
        ..CreateAccountRequest::default()
    };
    let created = server.admin().await.account().create_account(request).await;
    let account = created.expect("an account").into_inner().account;
    account.expect("it in the reply")
}

async fn ask(guichet: &Guichet, request: ListPeopleRequest) -> Result<Vec<Person>, Status> {
    let mut people = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListPeopleRequest {
            // Small, so that there are several pages.
            page_size: 2,
            page_token,
            ..request.clone()
        };
        let reply = guichet
            .institution()
            .list_people(request)
            .await?
            .into_inner();
        people.extend(reply.people);
        page_token = reply.next_page_token;
        if page_token.is_empty() {
            return Ok(people);
        }
    }
}

/// Usernames, in the order of the list.
async fn found(guichet: &Guichet, search: &str) -> Vec<String> {
    let request = ListPeopleRequest {
        search: search.into(),
        ..ListPeopleRequest::default()
    };
    usernames(ask(guichet, request).await.expect("a list"))
}

fn usernames(people: Vec<Person>) -> Vec<String> {
    let accounts = people.into_iter().filter_map(|person| person.account);
    accounts.map(|account| account.username).collect()
}

async fn bounce(server: &Server, address: &str) {
    let request = ReportBounceRequest {
        mail: Some(Mail::Recipient(address.into())),
        diagnostic: "550 5.1.1 no such user".into(),
    };
    let admin = server.admin().await;
    admin.mail().report_bounce(request).await.expect("a bounce");
}

/// Somebody of an institution, with an address or without.
pub(super) fn of(institution_id: &str, username: &str, email: &str) -> Account {
    Account {
        username: username.into(),
        email: email.into(),
        institution_id: institution_id.into(),
        ..Account::default()
    }
}

pub(super) fn old(institution_id: &str, username: &str, email: &str) -> Account {
    Account {
        state: AccountState::Legacy.into(),
        ..of(institution_id, username, email)
    }
}

#[tokio::test]
async fn each_person_is_listed_with_what_keeps_them_from_signing_in() {
    let network = Network::start().await;
    let (server, school) = (&network.server, &network.school);
    let director = network::director(server, "dora", school).await;
    create(server, old(school, "a.old", "a@ecole.example"), None).await;
    create(server, old(school, "b.lost", ""), None).await;
    for (username, email) in [
        ("c.mailed", "c@ecole.example"),
        ("d.bounced", "d@ecole.example"),
    ] {
        let activation = Some(Credential::SendActivation(true));
        create(server, of(school, username, email), activation).await;
        // It has left before that is written down.
        settled(server, email).await;
    }
    bounce(server, "d@ecole.example").await;
    people::disabled(server, "elsewhere", "e@ecole.example").await;

    let expected = [
        ("a.old", Situation::NotMigrated),
        ("b.lost", Situation::NoAddress),
        ("c.mailed", Situation::Mailed),
        ("d.bounced", Situation::Undelivered),
        ("dora", Situation::Active),
    ];
    let all = ask(&director, ListPeopleRequest::default())
        .await
        .expect("a list");
    let mut told: Vec<(String, Situation)> = all
        .iter()
        .map(|person| {
            let account = person.account.as_ref().expect("an account");
            (account.username.clone(), person.situation())
        })
        .collect();
    told.sort();
    assert_eq!(
        told,
        expected.map(|(username, situation)| (username.to_owned(), situation))
    );
    let bounced = all
        .iter()
        .find(|person| person.situation() == Situation::Undelivered);
    assert_eq!(bounced.expect("it").answer, "550 5.1.1 no such user");

    // The database's condition and the reply's word are the same rule.
    for (username, situation) in expected {
        let request = ListPeopleRequest {
            situations: vec![situation.into()],
            ..ListPeopleRequest::default()
        };
        let people = ask(&director, request).await.expect("a list");
        assert_eq!(usernames(people), [username], "{situation:?}");
    }
}

#[tokio::test]
async fn of_many_mails_to_each_of_several_people_the_last_is_told() {
    let network = Network::start().await;
    let (server, school) = (&network.server, &network.school);
    let director = network::director(server, "dora", school).await;
    let mut expected = Vec::new();
    for username in ["lea", "max"] {
        let address = |number: u32| format!("{username}{number}@ecole.example");
        let activation = Some(Credential::SendActivation(true));
        let account = create(server, of(school, username, &address(0)), activation).await;
        settled(server, &address(0)).await;
        for number in 1..4 {
            let request = SendActivationRequest {
                account_id: account.id.clone(),
                email: address(number),
            };
            let sent = director.account().send_activation(request).await;
            sent.expect("a mail");
            settled(server, &address(number)).await;
        }
        expected.push((
            username.to_owned(),
            settled(server, &address(3)).await[0].id.clone(),
        ));
    }
    // One before the last counts for nothing.
    bounce(server, "lea2@ecole.example").await;
    bounce(server, "max3@ecole.example").await;

    for (situation, username) in [(Situation::Mailed, "lea"), (Situation::Undelivered, "max")] {
        let request = ListPeopleRequest {
            situations: vec![situation.into()],
            ..ListPeopleRequest::default()
        };
        let told = ask(&director, request).await.expect("a list");
        let of = expected.iter().find(|(of, _)| of == username);
        assert_eq!(told.len(), 1, "{situation:?}");
        assert_eq!(told[0].message_id, of.expect("a mail").1, "{situation:?}");
    }
}

#[tokio::test]
async fn people_are_found_by_whatever_is_known_of_them_and_only_in_reach() {
    let network = Network::start().await;
    let (server, school) = (&network.server, &network.school);
    let director = network::director(server, "dora", school).await;
    for (institution, username, name) in [
        (&network.annex, "zdup", "Zoé Dupont-Lefèvre"),
        (school, "z.dupond", "Zoé Dupond"),
        (&network.sibling, "zoe3", "Zoé Dupont"),
    ] {
        let account = Account {
            display_name: name.into(),
            external_id: format!("id-{username}"),
            ..old(institution, username, &format!("{username}@Ecole.example"))
        };
        create(server, account, None).await;
    }

    for (search, expected) in [
        ("zoe dupon", vec!["z.dupond", "zdup"]),
        ("LEFÈVRE zoé", vec!["zdup"]),
        ("z.d", vec!["z.dupond"]),
        ("zdup@ecole", vec!["zdup"]),
        ("id-zdup", vec!["zdup"]),
        ("id-zoe3", vec![]),
        ("%", vec![]),
        ("dupont_", vec![]),
    ] {
        assert_eq!(found(&director, search).await, expected, "{search}");
    }
    assert_eq!(found(&server.admin().await, "Dupont").await.len(), 2);

    let request = |institution_id: &str, search: String| ListPeopleRequest {
        institution_id: institution_id.into(),
        search,
        ..ListPeopleRequest::default()
    };
    let of_annex = ask(&director, request(&network.annex, String::new())).await;
    assert_eq!(usernames(of_annex.expect("a list")), ["zdup"]);
    let elsewhere = ask(&director, request(&network.sibling, String::new())).await;
    assert_eq!(refusal(elsewhere), "NOT_FOUND");
    for search in ["x".repeat(201), "\0".to_owned()] {
        let refused = ask(&director, request("", search)).await;
        assert_eq!(refusal(refused), "INVALID_FIELDS");
    }
    let unknown = ListPeopleRequest {
        situations: vec![99],
        ..ListPeopleRequest::default()
    };
    let refused = ask(&director, unknown).await;
    assert_eq!(refusal(refused), "INVALID_FIELDS");
}

#[tokio::test]
async fn a_wrong_address_is_corrected_and_the_mail_that_went_there_opens_nothing() {
    let network = Network::start().await;
    let (server, school) = (&network.server, &network.school);
    let director = network::director(server, "dora", school).await;
    let activation = Some(Credential::SendActivation(true));
    let account = create(server, of(school, "lea", "lae@ecole.example"), activation).await;
    let wrong = server.mailbox().last("lae@ecole.example", 1).await.link();

    let send = |email: &str| SendActivationRequest {
        account_id: account.id.clone(),
        email: email.into(),
    };
    let same = send("lae@ecole.example");
    let again = director.account().send_activation(same).await;
    again.expect("another mail");
    server.mailbox().wait_for("lae@ecole.example", 2).await;
    let anyone = server.anyone().await;
    let inspect = InspectResetRequest {
        user_id: wrong.user_id.clone(),
        code: wrong.code.clone(),
    };
    let still = anyone.reset().inspect_reset(inspect).await;
    still.expect("a good link");
    let refused = director.account().send_activation(send("lea")).await;
    expect_error(refused, Code::InvalidArgument, "INVALID_FIELDS");
    let stranger = network::director(server, "stella", &network.stranger).await;
    let refused = stranger
        .account()
        .send_activation(send("x@y.example"))
        .await;
    assert_eq!(refusal(refused), "NOT_FOUND");
    let sent = director
        .account()
        .send_activation(send("lea@ecole.example"))
        .await;
    sent.expect("a mail");

    let right = server.mailbox().last("lea@ecole.example", 1).await.link();
    for email in ["lae@ecole.example", "lea@ecole.example"] {
        let refused = people::complete(&anyone, &wrong, email, GOOD_PASSWORD).await;
        assert_eq!(refusal(refused), "RESET_CODE_INVALID");
    }
    let opened = people::complete(&anyone, &right, "lea@ecole.example", GOOD_PASSWORD).await;
    opened.expect("a password");
    people::tokens(server, "lea", GOOD_PASSWORD).await;
    let refused = director
        .account()
        .send_activation(send("a@b.example"))
        .await;
    assert_eq!(refusal(refused), "STATE");
}

#[tokio::test]
async fn a_director_asks_for_another_address_of_who_can_sign_in() {
    let network = Network::start().await;
    let server = &network.server;
    let director = network::director(server, "dora", &network.school).await;
    let own = network::person(server, "lea", &network.annex).await;
    let far = network::person(server, "far", &network.sibling).await;
    let ask = |account: &Account| RequestEmailChangeRequest {
        account_id: account.id.clone(),
        new_email: "new@ecole.example".into(),
        ..RequestEmailChangeRequest::default()
    };

    let asked = director.account().request_email_change(ask(&own)).await;
    asked.expect("a mail");
    let refused = director.account().request_email_change(ask(&far)).await;
    assert_eq!(refusal(refused), "NOT_FOUND");
    let lea = network::signed_in(server, "lea").await;
    let refused = lea.account().request_email_change(ask(&far)).await;
    assert_eq!(refusal(refused), "FORBIDDEN");

    server.mailbox().last("new@ecole.example", 1).await;
    assert_eq!(
        people::find(server, &own.id).await.email,
        "lea@ecole.example"
    );
}

#[tokio::test]
async fn that_a_link_was_opened_is_told_apart_from_its_use() {
    let network = Network::start().await;
    let server = &network.server;
    let director = network::director(server, "dora", &network.school).await;
    let lea = network::person(server, "lea", &network.school).await;
    people::ask_reset(server, Identifier::Username("lea".into())).await;
    let link = server.mailbox().last("lea@ecole.example", 1).await.link();
    let told = async || {
        let request = ListResetRequestsRequest {
            account_id: lea.id.clone(),
            ..ListResetRequestsRequest::default()
        };
        let listed = director.reset().list_reset_requests(request).await;
        let decision = listed.expect("a list").into_inner().requests[0].decisions[0].clone();
        (
            decision.open_time.is_some(),
            decision.complete_time.is_some(),
        )
    };
    assert_eq!(told().await, (false, false));

    let inspect = InspectResetRequest {
        user_id: link.user_id.clone(),
        code: link.code.clone(),
    };
    let anyone = server.anyone().await;
    anyone
        .reset()
        .inspect_reset(inspect)
        .await
        .expect("a good link");
    assert_eq!(told().await, (true, false));

    let done = people::complete(&anyone, &link, "lea@ecole.example", people::OTHER_PASSWORD).await;
    done.expect("a password");
    assert_eq!(told().await, (true, true));
}
