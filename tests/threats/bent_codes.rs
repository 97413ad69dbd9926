//! Codes that are almost right.

use guichet_client::proto::IssueResetCodeRequest;
use guichet_client::{Guichet, error};
use guichet_tests::people::{self, GOOD_PASSWORD, OTHER_PASSWORD};
use guichet_tests::{Link, Server, Untouched, expect_error};
use tonic::Code;

const EMAIL: &str = "lea@ecole.example";

/// All that the caller sees of it.
async fn refusal(guichet: &Guichet, link: &Link) -> (String, Vec<u8>) {
    let completed = people::complete(guichet, link, EMAIL, OTHER_PASSWORD).await;
    let status = expect_error(completed, Code::FailedPrecondition, "RESET_CODE_INVALID");
    (status.message().to_owned(), status.details().to_vec())
}

/// Every character is looked at, and as it was written.
#[tokio::test]
async fn a_code_with_one_other_character_opens_nothing() {
    let server = Server::start().await;
    people::active(&server, "lea", EMAIL).await;
    let link = people::reset_link(&server, EMAIL).await;
    let guichet = server.anyone().await;
    let untouched = Untouched::before(&server).await;
    let code = &link.code;

    let mut wrong: Vec<String> = (0..code.len())
        .map(|at| {
            let other = if code[at..].starts_with('A') {
                "B"
            } else {
                "A"
            };
            [&code[..at], other, &code[at + 1..]].concat()
        })
        .collect();
    wrong.extend((1..code.len()).map(|length| code[..length].to_owned()));
    // The last character of 43 has two bits that mean nothing.
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let others = alphabet.chars().filter(|last| !code.ends_with(*last));
    wrong.extend(others.map(|last| format!("{}{last}", &code[..code.len() - 1])));
    wrong.extend([
        code.to_lowercase(),
        code.to_uppercase(),
        format!("{code}A"),
        format!("{code}="),
        format!("{code}\n"),
        code.replace(['-', '_'], "+"),
        format!("%{:02X}{}", code.as_bytes()[0], &code[1..]),
        format!("%25{:02X}{}", code.as_bytes()[0], &code[1..]),
    ]);
    wrong.retain(|other| other != code);
    let mut told = Vec::new();
    for code in wrong {
        let user_id = link.user_id.clone();
        let almost = Link {
            code,
            user_id,
            url: String::new(),
        };
        told.push(refusal(&guichet, &almost).await);
    }
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
    untouched.assert("a code that is almost right").await;
    let used = people::complete(&guichet, &link, EMAIL, OTHER_PASSWORD).await;
    used.expect("the right code");
}

/// What activates an account is not what one signs in with, before or after.
#[tokio::test]
async fn a_code_is_no_password() {
    let server = Server::start().await;
    people::active(&server, "lea", EMAIL).await;
    let link = people::reset_link(&server, EMAIL).await;

    for password in [&link.code, &link.url] {
        let refused = people::sign_in(&server, "lea", password).await;
        expect_error(refused, Code::Unauthenticated, "BAD_CREDENTIALS");
    }
    let request = IssueResetCodeRequest {
        account_id: link.user_id.clone(),
        ttl: None,
    };
    let issued = server.admin().await.reset().issue_reset_code(request).await;
    let short = issued.expect("a code").into_inner().code;
    for code in [&link.code, &short] {
        let own = Link {
            code: code.clone(),
            ..link.clone()
        };
        // It has a digit, a capital and a special character.
        let chosen = format!("{code}+0");
        let kept = people::complete(&server.anyone().await, &own, EMAIL, &chosen).await;
        let status = expect_error(kept, Code::InvalidArgument, "PASSWORD_RULES");
        let reasons = error::violations(&status).into_iter().map(|one| one.reason);
        assert!(
            reasons
                .collect::<Vec<_>>()
                .contains(&"NOT_IDENTIFIER".to_owned()),
            "{code}"
        );
    }
    people::tokens(&server, "lea", GOOD_PASSWORD).await;
}
