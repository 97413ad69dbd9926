//! The journal for programs: lists of what happened, and streams of what happens.

mod seats;

use std::time::Duration;

use guichet_client::proto::{
    CreateApiKeyRequest, DisableAccountRequest, EnableAccountRequest, Event, ListEventsRequest,
    RevokeApiKeyRequest, WatchEventsRequest, WatchEventsResponse,
};
use guichet_client::{Guichet, TokenSource, error};
use guichet_tests::people::{self, GOOD_PASSWORD};
use guichet_tests::{Place, Server, expect_error};
use prost_types::value::Kind;
use tonic::{Code, Status, Streaming};

use crate::institutions::network::{self, Network};

/// How long an event may take to arrive, on a slow machine.
const LIMIT: Duration = Duration::from_secs(20);

/// In which nothing comes where nothing should.
const QUIET: Duration = Duration::from_millis(2_500);

async fn list(guichet: &Guichet, request: ListEventsRequest) -> Vec<Event> {
    let reply = guichet.event().list_events(request).await;
    reply.expect("a list").into_inner().events
}

async fn watch(guichet: &Guichet, request: WatchEventsRequest) -> Streaming<WatchEventsResponse> {
    let reply = guichet.event().watch_events(request).await;
    reply.expect("a stream").into_inner()
}

async fn next(events: &mut Streaming<WatchEventsResponse>) -> Result<Option<Event>, Status> {
    let message = tokio::time::timeout(LIMIT, events.message()).await;
    let message = message.expect("something came in time")?;
    Ok(message.map(|message| message.event.expect("an event")))
}

async fn take(events: &mut Streaming<WatchEventsResponse>, count: usize) -> Vec<Event> {
    let mut taken = Vec::new();
    while taken.len() < count {
        let event = next(events).await.expect("no end yet");
        taken.push(event.expect("no end yet"));
    }
    taken
}

async fn is_quiet(events: &mut Streaming<WatchEventsResponse>) -> bool {
    tokio::time::timeout(QUIET, events.message()).await.is_err()
}

fn types(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.r#type.as_str()).collect()
}

fn about(account_id: &str) -> WatchEventsRequest {
    WatchEventsRequest {
        account_id: account_id.to_owned(),
        ..WatchEventsRequest::default()
    }
}

async fn disable_and_enable(admin: &Guichet, account_id: &str) {
    let account_id = account_id.to_owned();
    let request = DisableAccountRequest {
        account_id: account_id.clone(),
    };
    admin.account().disable_account(request).await.expect("it");
    let request = EnableAccountRequest { account_id };
    admin.account().enable_account(request).await.expect("it");
}

#[tokio::test]
async fn what_happened_to_an_account_is_listed_newest_first() {
    let server = Server::start().await;
    let lea = people::active(&server, "lea", "lea@ecole.example").await;
    people::active(&server, "leo", "leo@ecole.example").await;
    let tokens = people::tokens(&server, "lea", GOOD_PASSWORD).await;
    let admin = server.admin().await;

    let all = ListEventsRequest {
        account_id: lea.id.clone(),
        ..ListEventsRequest::default()
    };
    let events = list(&admin, all.clone()).await;
    let opened = list(
        &admin,
        ListEventsRequest {
            types: vec!["session.opened".into()],
            ..ListEventsRequest::default()
        },
    )
    .await;
    let later = list(
        &admin,
        ListEventsRequest {
            start_time: events[0].time,
            ..all.clone()
        },
    )
    .await;
    let earlier = list(
        &admin,
        ListEventsRequest {
            end_time: events[0].time,
            ..all
        },
    )
    .await;

    assert_eq!(types(&events), ["session.opened", "account.created"]);
    let session = &events[0];
    assert_eq!((&session.account_id, &session.actor_id), (&lea.id, &lea.id));
    assert_eq!(session.network, "127.0.0.0/24");
    let attributes = &session.attributes.as_ref().expect("attributes").fields;
    let told = attributes["session_id"].kind.clone();
    assert_eq!(told, Some(Kind::StringValue(tokens.session_id)));
    assert_eq!(opened, events[..1]);
    assert_eq!(later, events[..1]);
    assert_eq!(earlier, events[1..]);
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_told() {
    let server = Server::start().await;
    let admin = server.admin().await;
    let listed = |types: Vec<String>| ListEventsRequest {
        types,
        ..ListEventsRequest::default()
    };
    for (request, reason) in [
        (listed(vec!["account.*".into()]), "UNKNOWN_VALUE"),
        (listed(vec!["a.b".into(); 51]), "TOO_MANY"),
    ] {
        let refused = admin.event().list_events(request).await;
        let status = expect_error(refused, Code::InvalidArgument, "INVALID_FIELDS");
        assert_eq!(error::violations(&status)[0].reason, reason);
    }

    let both = WatchEventsRequest {
        after_event_id: people::active(&server, "lea", "lea@ecole.example").await.id,
        only_new: true,
        ..WatchEventsRequest::default()
    };
    let refused = admin.event().watch_events(both.clone()).await;
    expect_error(refused, Code::InvalidArgument, "INVALID_FIELDS");
    // An account's id is no event's.
    let unknown = WatchEventsRequest {
        only_new: false,
        ..both
    };
    let refused = admin.event().watch_events(unknown).await;
    expect_error(refused, Code::NotFound, "NOT_FOUND");
}

#[tokio::test]
async fn a_stream_begins_with_the_oldest_and_goes_on() {
    let server = Server::start().await;
    let lea = people::active(&server, "lea", "lea@ecole.example").await;
    people::active(&server, "leo", "leo@ecole.example").await;
    let admin = server.admin().await;

    let mut events = watch(&admin, about(&lea.id)).await;
    let mut only_opened = watch(
        &admin,
        WatchEventsRequest {
            types: vec!["session.opened".into()],
            only_new: true,
            ..about(&lea.id)
        },
    )
    .await;
    let first = take(&mut events, 1).await;
    people::tokens(&server, "lea", GOOD_PASSWORD).await;
    let second = take(&mut events, 1).await;

    assert_eq!(types(&first), ["account.created"]);
    assert_eq!(types(&second), ["session.opened"]);
    assert_eq!(take(&mut only_opened, 1).await, second);
    assert!(is_quiet(&mut events).await);
}

#[tokio::test]
async fn whoever_comes_back_misses_nothing_and_gets_nothing_twice() {
    let mut server = Server::start().await;
    let lea = people::active(&server, "lea", "lea@ecole.example").await;
    let admin = server.admin().await;
    disable_and_enable(&admin, &lea.id).await;
    let mut events = watch(&admin, about(&lea.id)).await;
    let all = take(&mut events, 3).await;
    drop(events);
    server.restart().await;
    let admin = server.admin().await;
    disable_and_enable(&admin, &lea.id).await;

    for (position, event) in all.iter().enumerate() {
        let again = WatchEventsRequest {
            after_event_id: event.id.clone(),
            ..about(&lea.id)
        };
        let mut events = watch(&admin, again).await;
        let rest = take(&mut events, 4 - position).await;
        assert_eq!(rest[..2 - position], all[position + 1..]);
        assert_eq!(
            types(&rest[2 - position..]),
            ["account.disabled", "account.enabled"]
        );
        assert!(is_quiet(&mut events).await);
    }
}

/// Its id was given before that of an event that was committed before it.
#[tokio::test]
async fn an_event_that_appears_late_is_sent_to_whoever_has_had_a_later_one() {
    let server = Server::start().await;
    let lea = people::active(&server, "lea", "lea@ecole.example").await;
    let admin = server.admin().await;
    let mut events = watch(&admin, about(&lea.id)).await;
    disable_and_enable(&admin, &lea.id).await;
    let had = take(&mut events, 3).await;

    // As the one of the creation, with an id just before it.
    let place = Place::behind(&server);
    let late_id = if place.is_postgres() {
        "'00000000-0000-7000-8000-000000000001'"
    } else {
        "x'00000000000070008000000000000001'"
    };
    place
        .execute(&format!(
            "INSERT INTO event (id, type, time, account_id, actor_id, attributes, institution_id, network)
             SELECT {late_id}, 'account.late', time, account_id, actor_id, attributes, institution_id, network
             FROM event WHERE type = 'account.created'"
        ))
        .await;
    let late = take(&mut events, 1).await;
    let again = WatchEventsRequest {
        after_event_id: had[2].id.clone(),
        ..about(&lea.id)
    };
    let sent_again = take(&mut watch(&admin, again).await, 1).await;

    assert_eq!(types(&late), ["account.late"]);
    assert_eq!(sent_again, late);
    let verified = server.cli(&["audit", "verify"]);
    assert!(verified.status.success(), "{verified:?}");
}

#[tokio::test]
async fn a_long_journal_is_sent_whole_and_each_time_in_the_same_order() {
    const MANY: usize = 450;
    let server = Server::start().await;
    let place = Place::behind(&server);
    let id = if place.is_postgres() {
        "gen_random_uuid()"
    } else {
        "randomblob(16)"
    };
    place
        .execute(&format!(
            "INSERT INTO event (id, type, time, attributes)
             WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {MANY})
             SELECT {id}, 'account.many', 1700000000000000 + i, '{{}}' FROM n"
        ))
        .await;
    let admin = server.admin().await;
    let request = WatchEventsRequest {
        types: vec!["account.many".into()],
        ..WatchEventsRequest::default()
    };

    let first = take(&mut watch(&admin, request.clone()).await, MANY).await;
    let mut again = watch(&admin, request.clone()).await;
    let second = take(&mut again, MANY).await;
    let from_the_middle = WatchEventsRequest {
        after_event_id: first[300].id.clone(),
        ..request
    };
    let rest = take(&mut watch(&admin, from_the_middle).await, MANY - 301).await;

    assert_eq!(first, second);
    assert_eq!(rest, first[301..]);
    assert!(is_quiet(&mut again).await);
}

#[tokio::test]
async fn whoever_acts_for_a_school_sees_what_happens_there_and_below() {
    let network = Network::start().await;
    let server = &network.server;
    let director = network::director(server, "dora", &network.school).await;
    let mut events = watch(
        &director,
        WatchEventsRequest {
            types: vec!["account.created".into()],
            only_new: true,
            ..WatchEventsRequest::default()
        },
    )
    .await;
    let elsewhere = network::person(server, "in.sibling", &network.sibling)
        .await
        .id;
    let below = network::person(server, "in.annex", &network.annex).await.id;

    let seen = take(&mut events, 1).await;

    assert_eq!(seen[0].account_id, below);
    assert_eq!(seen[0].institution_id, network.annex);
    assert!(is_quiet(&mut events).await);
    let of_another = ListEventsRequest {
        account_id: elsewhere,
        ..ListEventsRequest::default()
    };
    let admins = list(&server.admin().await, of_another.clone()).await;
    assert_eq!(types(&admins), ["account.created"]);
    assert_eq!(list(&director, of_another).await, []);
    let after_it = WatchEventsRequest {
        after_event_id: admins[0].id.clone(),
        ..WatchEventsRequest::default()
    };
    let refused = director.event().watch_events(after_it).await;
    expect_error(refused, Code::NotFound, "NOT_FOUND");
}

#[tokio::test]
async fn a_stream_ends_with_the_right_to_it() {
    let server = Server::start().await;
    let admin = server.admin().await;
    let request = CreateApiKeyRequest {
        name: "watcher".into(),
        role: "service".into(),
        ..CreateApiKeyRequest::default()
    };
    let created = admin.auth().create_api_key(request).await;
    let created = created.expect("a key").into_inner();
    server.remember(&created.key);
    let tokens = TokenSource::bearer(&created.key).expect("a key");
    let watcher = server.anyone().await.with_tokens(tokens);
    let mut events = watch(&watcher, WatchEventsRequest::default()).await;
    let request = RevokeApiKeyRequest {
        api_key_id: created.api_key.expect("it").id,
    };
    admin.auth().revoke_api_key(request).await.expect("it ends");

    let ended = loop {
        match next(&mut events).await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("it ended without a reason"),
            Err(status) => break status,
        }
    };

    expect_error::<()>(Err(ended), Code::Unauthenticated, "TOKEN_INVALID");
}

#[tokio::test]
async fn a_server_that_stops_ends_its_streams_at_once() {
    let mut server = Server::start().await;
    let admin = server.admin().await;
    let mut events = watch(&admin, WatchEventsRequest::default()).await;

    server.terminate();

    while next(&mut events).await.expect("no error").is_some() {}
    assert!(server.ended().await.success());
}
