//! Codes that are handed over by voice or on paper.

mod flood;
mod for_oneself;
mod from_elsewhere;
mod on_the_page;

use std::time::Duration;

use guichet_client::Guichet;
use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{
    AccountState, CompleteResetResponse, DeleteAccountRequest, DisableAccountRequest,
    InspectResetRequest, IssueResetCodeRequest, IssueResetCodeResponse, RevokeResetRequest,
};
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use guichet_tests::{Link, Mail, Server, expect_error};
use tonic::{Code, Response, Status};

const EMAIL: &str = "lea@ecole.example";

/// A short code that is nobody's.
const WRONG: &str = "2222-2222-2222";

async fn try_to_issue(
    server: &Server,
    account_id: &str,
    seconds: Option<i64>,
) -> Result<Response<IssueResetCodeResponse>, Status> {
    let request = IssueResetCodeRequest {
        account_id: account_id.into(),
        ttl: seconds.map(|seconds| prost_types::Duration { seconds, nanos: 0 }),
    };
    server.admin().await.reset().issue_reset_code(request).await
}

async fn issue(server: &Server, account_id: &str) -> IssueResetCodeResponse {
    let issued = try_to_issue(server, account_id, None).await;
    let issued = issued.expect("a code").into_inner();
    server.remember(&issued.code);
    server.remember(&issued.code.replace('-', ""));
    issued
}

fn link(user_id: &str, code: &str) -> Link {
    Link {
        user_id: user_id.into(),
        code: code.into(),
        url: String::new(),
    }
}

async fn complete(
    guichet: &Guichet,
    user_id: &str,
    code: &str,
    email: &str,
) -> Result<Response<CompleteResetResponse>, Status> {
    people::complete(guichet, &link(user_id, code), email, OTHER_PASSWORD).await
}

async fn inspect(guichet: &Guichet, user_id: &str, code: &str) -> Result<Response<()>, Status> {
    let request = InspectResetRequest {
        user_id: user_id.into(),
        code: code.into(),
    };
    let reply = guichet.reset().inspect_reset(request).await;
    reply.map(|reply| reply.map(drop))
}

/// Asserts that the answer is the one for every code that opens nothing, and returns what the caller sees of it.
fn refusal<T>(result: Result<Response<T>, Status>) -> (String, Vec<u8>) {
    let status = expect_error(result, Code::FailedPrecondition, "RESET_CODE_INVALID");
    (status.message().to_owned(), status.details().to_vec())
}

#[tokio::test]
async fn a_person_without_an_address_chooses_a_password_by_code_and_username() {
    let server = Server::start().await;
    let id = people::active(&server, "lea", "").await.id;

    let issued = issue(&server, &id).await;

    assert_eq!(
        (issued.user_id.as_str(), issued.username.as_str()),
        (id.as_str(), "lea")
    );
    let page = format!("/Account/ResetPassword?userId={id}");
    assert!(issued.link.ends_with(&page), "{}", issued.link);
    let groups: Vec<&str> = issued.code.split('-').collect();
    assert!(
        groups.len() == 3 && groups.iter().all(|group| group.len() == 4),
        "{}",
        issued.code
    );
    let anyone = server.anyone().await;
    inspect(&anyone, &id, &issued.code)
        .await
        .expect("a good code");
    let done = complete(&anyone, &id, &issued.code, "LEA")
        .await
        .expect("a reset");
    assert_eq!(done.into_inner().username, "lea");
    people::tokens(&server, "lea", OTHER_PASSWORD).await;
    refusal(complete(&anyone, &id, &issued.code, "lea").await);
}

#[tokio::test]
async fn case_hyphens_and_blanks_do_not_matter() {
    let server = Server::start().await;
    let id = people::active(&server, "lea", EMAIL).await.id;
    let anyone = server.anyone().await;
    let code = issue(&server, &id).await.code;

    for typed in [
        code.to_lowercase(),
        code.replace('-', ""),
        format!(" {} ", code.replace('-', " ")),
        code.replace('-', "–"),
    ] {
        inspect(&anyone, &id, &typed).await.expect(&typed);
    }

    let done = complete(&anyone, &id, &code.to_lowercase(), EMAIL).await;
    done.expect("a reset");
}

#[tokio::test]
async fn the_fifth_wrong_try_kills_a_code_however_it_is_wrong() {
    let server = Server::start().await;
    let id = people::active(&server, "lea", EMAIL).await.id;
    let anyone = server.anyone().await;

    for wrong in 1..=5 {
        let code = issue(&server, &id).await.code;
        let mut refusals = Vec::new();
        for number in 0..wrong {
            refusals.push(match number % 4 {
                0 => refusal(complete(&anyone, &id, WRONG, EMAIL).await),
                1 => refusal(inspect(&anyone, &id, WRONG).await),
                2 => refusal(complete(&anyone, &id, &code, "leo@ecole.example").await),
                _ => refusal(inspect(&anyone, &id, "0000").await),
            });
        }
        refusals.dedup();
        assert_eq!(refusals.len(), 1, "{refusals:?}");

        let looked = inspect(&anyone, &id, &code).await;
        if wrong < 5 {
            looked.unwrap_or_else(|status| panic!("after {wrong} wrong tries: {status}"));
        } else {
            assert_eq!(vec![refusal(looked)], refusals);
            refusal(complete(&anyone, &id, &code, EMAIL).await);
        }
    }
    people::tokens(&server, "lea", GOOD_PASSWORD).await;
}

#[tokio::test]
async fn guesses_that_are_made_at_once_are_all_counted() {
    let server = Server::start().await;
    let id = people::active(&server, "lea", EMAIL).await.id;
    let anyone = server.anyone().await;
    let code = issue(&server, &id).await.code;

    let mut guesses = tokio::task::JoinSet::new();
    for _ in 0..5 {
        let (anyone, id) = (anyone.clone(), id.clone());
        guesses.spawn(async move { inspect(&anyone, &id, WRONG).await });
    }
    for guess in guesses.join_all().await {
        refusal(guess);
    }

    refusal(inspect(&anyone, &id, &code).await);
}

#[tokio::test]
async fn what_is_no_guess_is_not_counted() {
    let server = Server::start().await;
    let id = people::active(&server, "lea", EMAIL).await.id;
    people::active(&server, "leo", "leo@ecole.example").await;
    let anyone = server.anyone().await;
    let dead = people::reset_link(&server, EMAIL).await;
    let request = RevokeResetRequest {
        user_id: id.clone(),
        code: dead.code.clone(),
    };
    anyone
        .reset()
        .revoke_reset(request)
        .await
        .expect("a revocation");
    let code = issue(&server, &id).await.code;

    for _ in 0..5 {
        // A dead link, a page that was opened without a code, and another account's.
        refusal(inspect(&anyone, &id, &dead.code).await);
        refusal(inspect(&anyone, &id, "").await);
        refusal(inspect(&anyone, "0192f0a0-0000-7000-8000-000000000001", WRONG).await);
        inspect(&anyone, &id, &code).await.expect("a good code");
        let weak = people::complete(&anyone, &link(&id, &code), EMAIL, "x").await;
        expect_error(weak, Code::InvalidArgument, "PASSWORD_RULES");
    }

    complete(&anyone, &id, &code, EMAIL).await.expect("a reset");
}

#[tokio::test]
async fn a_code_opens_its_own_account_only_and_another_one_takes_its_place() {
    let server = Server::start().await;
    let lea = people::active(&server, "lea", EMAIL).await.id;
    let leo = people::active(&server, "leo", "leo@ecole.example").await.id;
    let anyone = server.anyone().await;
    let first = issue(&server, &lea).await.code;
    let second = issue(&server, &lea).await.code;
    let of_leo = issue(&server, &leo).await.code;

    refusal(complete(&anyone, &lea, &first, EMAIL).await);
    refusal(complete(&anyone, &lea, &of_leo, EMAIL).await);
    refusal(complete(&anyone, &leo, &second, "leo@ecole.example").await);

    complete(&anyone, &lea, &second, EMAIL)
        .await
        .expect("a reset");
    complete(&anyone, &leo, &of_leo, "leo@ecole.example")
        .await
        .expect("a reset");
}

#[tokio::test]
async fn a_code_lives_as_long_as_it_was_given() {
    const DAY: u64 = 24 * 60;
    for (ttl, minutes) in [(Some(600), 10), (None, DAY), (Some(14 * 86_400), 14 * DAY)] {
        let server = Server::start().await;
        let id = people::active(&server, "lea", EMAIL).await.id;
        let anyone = server.anyone().await;
        let issued = try_to_issue(&server, &id, ttl)
            .await
            .expect("a code")
            .into_inner();

        server.advance(Duration::from_mins(minutes - 1));
        inspect(&anyone, &id, &issued.code)
            .await
            .expect("a good code");
        server.advance(Duration::from_secs(61));

        refusal(inspect(&anyone, &id, &issued.code).await);
    }

    let server = Server::start().await;
    let id = people::active(&server, "lea", EMAIL).await.id;
    for seconds in [-1, 0, 599, 14 * 86_400 + 1, i64::MAX] {
        let refused = try_to_issue(&server, &id, Some(seconds)).await;
        expect_error(refused, Code::InvalidArgument, "INVALID_FIELDS");
    }
}

#[tokio::test]
async fn an_old_account_is_migrated_by_its_code_and_a_stopped_one_gets_none() {
    let server = Server::start().await;
    let old = people::legacy(&server, "ancien", "").await.id;
    let stopped = people::active(&server, "parti", EMAIL).await.id;
    let request = DisableAccountRequest {
        account_id: stopped.clone(),
    };
    let admin = server.admin().await;
    admin
        .account()
        .disable_account(request)
        .await
        .expect("a disabled account");
    let deleted = people::active(&server, "leo", "leo@ecole.example").await.id;
    let request = DeleteAccountRequest {
        account_id: deleted.clone(),
        ..DeleteAccountRequest::default()
    };
    admin
        .account()
        .delete_account(request)
        .await
        .expect("a deletion");

    let issued = issue(&server, &old).await;

    assert_eq!(
        people::find(&server, &old).await.state(),
        AccountState::Pending
    );
    let anyone = server.anyone().await;
    complete(&anyone, &old, &issued.code, "ancien")
        .await
        .expect("a reset");
    assert_eq!(
        people::find(&server, &old).await.state(),
        AccountState::Active
    );
    people::tokens(&server, "ancien", OTHER_PASSWORD).await;
    for id in [&stopped, &deleted] {
        let refused = try_to_issue(&server, id, None).await;
        expect_error(refused, Code::FailedPrecondition, "STATE");
    }
    let nobody = "0192f0a0-0000-7000-8000-000000000001";
    expect_error(
        try_to_issue(&server, nobody, None).await,
        Code::NotFound,
        "NOT_FOUND",
    );
}

#[tokio::test]
async fn the_person_is_told_by_mail_without_the_code() {
    let server = Server::start().await;
    let id = people::active(&server, "lea", EMAIL).await.id;

    let issued = issue(&server, &id).await;

    let mail = server.mailbox().last(EMAIL, 1).await;
    assert!(!mail.raw.contains(&issued.code), "{}", mail.text);
    assert!(
        mail.text.contains("code") && mail.text.contains("lea"),
        "{}",
        mail.text
    );
}

#[tokio::test]
async fn a_link_that_is_used_kills_the_short_code_and_the_other_way_round() {
    let server = Server::start().await;
    let id = people::active(&server, "lea", EMAIL).await.id;
    let anyone = server.anyone().await;
    let mailed = people::reset_link(&server, EMAIL).await;
    let code = issue(&server, &id).await.code;

    complete(&anyone, &id, &code, EMAIL).await.expect("a reset");
    refusal(people::complete(&anyone, &mailed, EMAIL, GOOD_PASSWORD).await);

    let code = issue(&server, &id).await.code;
    people::ask_reset(&server, Identifier::Email(EMAIL.into())).await;
    // Two links, two notices of a code, one of the change.
    let mails = server.mailbox().wait_for(EMAIL, 5).await;
    let link = mails.iter().flat_map(Mail::links).last();
    let link = link.expect("a link");
    people::complete(&anyone, &link, EMAIL, GOOD_PASSWORD)
        .await
        .expect("a reset");
    refusal(complete(&anyone, &id, &code, EMAIL).await);
}
