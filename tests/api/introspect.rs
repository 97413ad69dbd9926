//! Many who ask about tokens at once: they are answered together, each about its own, as things are then.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use guichet_client::Guichet;
use guichet_client::proto::{
    DisableAccountRequest, IntrospectRequest, IntrospectResponse, LogoutRequest,
};
use guichet_tests::Server;
use guichet_tests::people::{self, GOOD_PASSWORD};
use tokio::task::JoinSet;

/// Who asks at once in a rush.
const RUSH: usize = 40;

async fn introspect(service: &Guichet, token: &str) -> IntrospectResponse {
    let request = IntrospectRequest {
        token: token.to_owned(),
    };
    let reply = service.auth().introspect(request).await;
    reply.expect("an answer").into_inner()
}

async fn log_out(service: &Guichet, refresh_token: String) {
    let request = LogoutRequest { refresh_token };
    let ended = service.auth().logout(request).await;
    ended.expect("the session ends");
}

#[tokio::test]
async fn each_of_many_hears_of_its_own_token() {
    let server = Server::start().await;
    let service = server.admin().await;
    let mut asked = vec![("not a token".to_owned(), None)];
    for number in 0..12 {
        let name = format!("person{number}");
        let id = people::active(&server, &name, "").await.id;
        let tokens = people::tokens(&server, &name, GOOD_PASSWORD).await;
        let mut expected = Some((name, id.clone()));
        if number % 4 == 1 {
            log_out(&service, tokens.refresh_token).await;
            expected = None;
        }
        if number % 4 == 2 {
            let request = DisableAccountRequest { account_id: id };
            let stopped = service.account().disable_account(request).await;
            stopped.expect("a disabled account");
            expected = None;
        }
        asked.push((tokens.access_token, expected));
    }

    let mut answers = JoinSet::new();
    for (token, expected) in asked.iter().cycle().take(300).cloned() {
        let service = service.clone();
        answers.spawn(async move { (introspect(&service, &token).await, expected) });
    }
    for (answer, expected) in answers.join_all().await {
        let told = answer
            .active
            .then_some((answer.username, answer.account_id));
        assert_eq!(told, expected);
    }
}

#[tokio::test]
async fn in_a_rush_too_nobody_is_told_that_an_ended_session_is_good() {
    let server = Server::start().await;
    people::active(&server, "lea.martin", "").await;
    let service = server.admin().await;

    for _ in 0..5 {
        let tokens = people::tokens(&server, "lea.martin", GOOD_PASSWORD).await;
        let has_ended = Arc::new(AtomicBool::new(false));
        let mut rush = JoinSet::new();
        for _ in 0..RUSH {
            let (service, has_ended) = (service.clone(), Arc::clone(&has_ended));
            let token = tokens.access_token.clone();
            rush.spawn(async move {
                let mut good = 0;
                loop {
                    let asked_afterwards = has_ended.load(Ordering::SeqCst);
                    let is_good = introspect(&service, &token).await.active;
                    assert!(!(asked_afterwards && is_good), "it had ended before");
                    if asked_afterwards {
                        return good;
                    }
                    good += usize::from(is_good);
                }
            });
        }
        while !introspect(&service, &tokens.access_token).await.active {}
        log_out(&service, tokens.refresh_token).await;
        has_ended.store(true, Ordering::SeqCst);
        let good: usize = rush.join_all().await.into_iter().sum();
        assert!(good > 0, "nobody asked before it ended");
    }
}
