//! The hasher under load, panics and foreign hashes.

use std::collections::BTreeSet;
use std::sync::mpsc;

use argon2::{Algorithm, Argon2, Params, Version};

use super::patience::USUAL_BYTES;
use super::*;

const TINY: Cost = Cost {
    m_kib: 8,
    t: 1,
    p: 1,
};

fn hasher(queue: usize) -> Hasher {
    Hasher::start(Settings {
        cost: TINY,
        threads: 1,
        queue,
        waiting: prometheus_client::metrics::gauge::Gauge::default(),
    })
    .unwrap()
}

async fn stored(hasher: &Hasher, password: &str) -> StoredHash {
    let hash = hasher.hash(&Password::typed(password), None).await.unwrap();
    StoredHash::parse(&hash).unwrap()
}

async fn matches(hasher: &Hasher, password: &str, stored: &StoredHash) -> bool {
    let password = Password::typed(password);
    hasher
        .verify(&password, stored, None)
        .await
        .unwrap()
        .matches
}

/// Keeps the only thread busy until the sender is dropped.
async fn occupy(hasher: &Hasher) -> mpsc::Sender<()> {
    let (release, released) = mpsc::channel::<()>();
    let (started, has_started) = oneshot::channel();
    let handle = hasher.clone();
    tokio::spawn(async move {
        handle
            .run(None, move |_| {
                started.send(()).unwrap();
                let _ = released.recv();
                Ok(())
            })
            .await
    });
    has_started.await.unwrap();

    release
}

#[tokio::test]
async fn only_the_exact_password_verifies() {
    let hasher = hasher(8);
    let long = "x".repeat(199);
    let hash = stored(&hasher, &format!("{long}é")).await;

    assert!(matches(&hasher, &format!("{long}é"), &hash).await);
    assert!(matches(&hasher, &format!("{long}e\u{301}"), &hash).await);
    for wrong in [
        "",
        &format!("{long}e"),
        &format!("{long}é "),
        &"x".repeat(1_025),
    ] {
        assert!(!matches(&hasher, wrong, &hash).await);
    }
}

#[tokio::test]
async fn two_hashes_of_one_password_differ() {
    let hasher = hasher(8);
    let password = Password::typed("Babou45+");

    let one = hasher.hash(&password, None).await.unwrap();
    let other = hasher.hash(&password, None).await.unwrap();

    assert!(one.starts_with("$argon2id$v=19$m=8,t=1,p=1$"));
    assert_ne!(one, other);
}

#[tokio::test]
async fn a_password_that_is_none_never_matches_nor_is_hashed() {
    let hasher = hasher(8);
    let empty =
        argon2::PasswordHasher::hash_password(&Argon2::from(TINY.params().unwrap()), b"").unwrap();
    let empty = StoredHash::parse(&empty.to_string()).unwrap();

    assert!(!matches(&hasher, "", &empty).await);
    assert_eq!(
        hasher.hash(&Password::typed(""), None).await,
        Err(HashError::Failed)
    );
    let verdict = hasher.verify_dummy(&Password::typed(""), None).await;
    assert!(!verdict.unwrap().matches);
}

#[tokio::test]
async fn a_hash_from_elsewhere_verifies_as_typed_and_asks_for_renewal() {
    let hasher = hasher(8);
    let params = Params::new(64, 2, 2, None).unwrap();
    let foreign = Argon2::new(Algorithm::Argon2i, Version::V0x10, params);
    let hash =
        argon2::PasswordHasher::hash_password(&foreign, "e\u{301}t\u{e9}".as_bytes()).unwrap();
    let hash = StoredHash::parse(&hash.to_string()).unwrap();

    let verdict = hasher
        .verify(&Password::typed("e\u{301}t\u{e9}"), &hash, None)
        .await;
    let verdict = verdict.unwrap();
    assert_eq!((verdict.matches, verdict.needs_renewal), (true, true));

    let own = stored(&hasher, "Babou45+").await;
    let verdict = hasher
        .verify(&Password::typed("Babou45+"), &own, None)
        .await;
    let verdict = verdict.unwrap();
    assert_eq!((verdict.matches, verdict.needs_renewal), (true, false));
}

#[tokio::test]
async fn a_full_queue_refuses_at_once_and_has_people_come_back_at_different_times() {
    let hasher = hasher(0);
    let mut told = BTreeSet::new();

    for _ in 0..10 {
        let refused = hasher.hash(&Password::typed("Babou45+"), None).await;
        let Err(HashError::Overloaded { retry_after }) = refused else {
            panic!("{refused:?}");
        };
        told.insert(retry_after);
    }

    let [soonest, latest] = [told.first(), told.last()].map(Option::unwrap);
    assert!(*soonest >= Duration::from_secs(1) && *latest <= Duration::from_secs(2));
    assert!(soonest < latest, "{told:?}");
}

#[tokio::test]
async fn a_deadline_that_passes_in_the_queue_ends_the_wait_and_the_work_is_not_done() {
    let hasher = hasher(8);
    let release = occupy(&hasher).await;
    let (done, is_done) = mpsc::channel();

    let deadline = Instant::now() + Duration::from_millis(20);
    let late = hasher
        .run(Some(deadline), move |_| {
            done.send(()).unwrap();
            Ok(())
        })
        .await;

    assert!(matches!(late, Err(HashError::Overloaded { .. })));
    assert_eq!(hasher.queue_len(), 1);
    drop(release);
    assert!(
        hasher
            .hash(&Password::typed("Babou45+"), None)
            .await
            .is_ok()
    );
    assert!(is_done.try_recv().is_err());
}

#[tokio::test]
async fn a_panic_fails_its_own_job_only() {
    let hasher = hasher(8);

    let panicked: Result<(), _> = hasher.run(None, |_| panic!("on purpose")).await;

    assert_eq!(panicked, Err(HashError::Failed));
    assert!(
        hasher
            .hash(&Password::typed("Babou45+"), None)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn the_threads_end_with_the_last_handle() {
    let hasher = hasher(8);
    hasher
        .verify_dummy(&Password::typed("x"), None)
        .await
        .unwrap();
    let queue = Arc::downgrade(&hasher.pool.queue);
    drop(hasher.clone());
    assert!(queue.upgrade().is_some());

    drop(hasher);
    let patience = Instant::now() + Duration::from_secs(5);
    while queue.strong_count() > 0 && Instant::now() < patience {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(queue.strong_count(), 0);
}

#[tokio::test]
async fn a_caller_that_hangs_up_leaves_its_place_to_the_next() {
    let hasher = hasher(1);
    let release = occupy(&hasher).await;

    let password = Password::typed("Babou45+");
    let hung_up = tokio::time::timeout(Duration::from_millis(20), hasher.hash(&password, None));
    assert!(hung_up.await.is_err());
    assert_eq!(hasher.queue_len(), 1);

    let next = hasher.hash(&password, Some(Instant::now() + Duration::from_mins(1)));
    drop(release);
    assert!(next.await.is_ok());
}

#[tokio::test]
async fn only_a_weaker_hash_is_renewed() {
    let hasher = Hasher::start(Settings {
        cost: Cost {
            m_kib: 64,
            t: 2,
            p: 1,
        },
        threads: 1,
        queue: 8,
        waiting: prometheus_client::metrics::gauge::Gauge::default(),
    })
    .unwrap();
    let table = [
        (Algorithm::Argon2id, Version::V0x13, (64, 2, 1, 32), false),
        (Algorithm::Argon2id, Version::V0x13, (128, 3, 2, 32), false),
        (Algorithm::Argon2id, Version::V0x13, (63, 9, 1, 32), true),
        (Algorithm::Argon2id, Version::V0x13, (128, 1, 1, 32), true),
        (Algorithm::Argon2id, Version::V0x13, (64, 2, 1, 16), true),
        (Algorithm::Argon2id, Version::V0x10, (64, 2, 1, 32), true),
        (Algorithm::Argon2i, Version::V0x13, (64, 2, 1, 32), true),
        (Algorithm::Argon2d, Version::V0x13, (64, 2, 1, 32), true),
    ];

    for (algorithm, version, (m, t, p, output), needs_renewal) in table {
        let argon2 = Argon2::new(
            algorithm,
            version,
            Params::new(m, t, p, Some(output)).unwrap(),
        );
        let hash = argon2::PasswordHasher::hash_password(&argon2, b"Babou45+").unwrap();
        let stored = StoredHash::parse(&hash.to_string()).unwrap();

        let verdict = hasher
            .verify(&Password::typed("Babou45+"), &stored, None)
            .await
            .unwrap();
        let found = (verdict.matches, verdict.needs_renewal);
        assert_eq!(found, (true, needs_renewal), "{hash}");
    }
}

#[tokio::test]
async fn one_changed_bit_of_the_output_is_another_password() {
    let hasher = hasher(8);
    let password = Password::typed("Babou45+");
    let hash = hasher.hash(&password, None).await.unwrap();
    let (head, output) = hash.rsplit_once('$').unwrap();

    for position in 0..output.len() {
        let mut changed = output.as_bytes().to_vec();
        changed[position] = if changed[position] == b'A' {
            b'Q'
        } else {
            b'A'
        };
        let changed = format!("{head}${}", String::from_utf8(changed).unwrap());

        let stored = StoredHash::parse(&changed).unwrap();
        let verdict = hasher.verify(&password, &stored, None).await.unwrap();
        assert!(!verdict.matches, "{changed}");
    }
}

/// From `src/test.c` of the reference implementation, phc-winner-argon2.
#[tokio::test]
async fn a_hash_of_the_reference_implementation_verifies() {
    let hasher = hasher(8);
    let stored = StoredHash::parse(
        "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
    )
    .unwrap();

    assert!(matches(&hasher, "password", &stored).await);
    assert!(!matches(&hasher, "Password", &stored).await);
}

#[tokio::test]
async fn a_failure_takes_as_long_as_with_the_slowest_kind_of_hash() {
    let hasher = hasher(8);
    let slow = r#"{"Bcrypt":{"cost":9,"of_digest":false}}$argon2id$v=19$m=8,t=1,p=1"#;
    let slow = HashKind::parse(slow).unwrap();
    let quick = hasher.kind().unwrap();
    let password = Password::typed("wrong");

    hasher.learn([quick]).await.unwrap();
    let before = hasher.slowest(USUAL_BYTES);
    hasher.learn([slow.clone()]).await.unwrap();

    let slowest = hasher.slowest(USUAL_BYTES);
    assert!(slowest > before);
    let arrived = Instant::now();
    let verdict = hasher.verify_dummy(&password, None).await.unwrap();
    hasher
        .as_slow_as_any([arrived, verdict.begun], &password)
        .await;
    assert!(verdict.begun.elapsed() >= slowest);
    // However soon the verification was begun.
    assert!(arrived.elapsed() >= slowest + Duration::from_millis(10));
}

#[tokio::test]
async fn a_failure_with_a_long_password_takes_as_long_as_the_hash_that_it_takes_longest_with() {
    let hasher = hasher(8);
    let growing = r#"{"Sha512Crypt":{"rounds":20000}}$argon2id$v=19$m=8,t=1,p=1"#;
    let growing = HashKind::parse(growing).unwrap();
    hasher.learn([growing]).await.unwrap();
    let [usual, long] = [USUAL_BYTES, USUAL_BYTES + 1].map(|bytes| hasher.slowest(bytes));
    assert!(long > usual * 2, "{usual:?} {long:?}");

    for (bytes, wait) in [(USUAL_BYTES, usual), (511, long), (1_024, long)] {
        let password = Password::typed(&"a".repeat(bytes));
        let verdict = hasher.verify_dummy(&password, None).await.unwrap();
        let since = [verdict.begun; 2];
        hasher.as_slow_as_any(since, &password).await;
        assert!(verdict.begun.elapsed() >= wait, "{bytes} bytes");
    }
}

#[tokio::test]
async fn where_no_hash_takes_longer_for_a_long_password_nobody_waits_longer() {
    let hasher = hasher(8);
    let bcrypt = r#"{"Bcrypt":{"cost":4,"of_digest":false}}$argon2id$v=19$m=8,t=1,p=1"#;
    let kinds = [hasher.kind(), HashKind::parse(bcrypt)].map(Option::unwrap);

    hasher.learn(kinds).await.unwrap();

    assert_eq!(hasher.slowest(USUAL_BYTES), hasher.slowest(1_024));
}
