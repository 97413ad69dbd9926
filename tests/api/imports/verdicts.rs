//! What becomes of each row.

use argon2::{Argon2, PasswordHasher as _};
use guichet_client::proto::{
    AccountState, ImportBegin, ImportRow, ImportVerdict, ListImportRowsRequest,
};
use guichet_tests::{Server, people};

use super::{begin, import, lookup, rename, row, verdicts};
use crate::institutions::network::Network;

/// A password hash as another system makes it.
fn old_hash(password: &str) -> String {
    let hash = Argon2::default().hash_password(password.as_bytes());
    hash.expect("a hash").to_string()
}

/// Rows 1 and 5 are good.
fn mixed_rows() -> Vec<ImportRow> {
    vec![
        ImportRow {
            email: "Lea@Ecole.example".into(),
            display_name: "Léa".into(),
            locale: "nl".into(),
            attributes: [("class".to_owned(), "6A".to_owned())].into(),
            ..row(1, "lea")
        },
        ImportRow {
            email: "nobody".into(),
            locale: "tlh".into(),
            ..row(2, "")
        },
        row(3, "Taken"),
        ImportRow {
            password_hash: old_hash("ancien"),
            ..row(5, "leo")
        },
        ImportRow {
            password_hash: "$unknown$x".into(),
            ..row(6, "lou")
        },
        ImportRow {
            institution_external_id: "FASE 404".into(),
            ..row(7, "liv")
        },
        ImportRow {
            username: "lena".into(),
            ..row(8, "lea")
        },
        ImportRow {
            external_id: String::new(),
            ..row(9, "lea")
        },
    ]
}

#[tokio::test]
async fn each_row_is_judged_for_itself_and_the_rest_goes_on() {
    let server = Server::start().await;
    people::active(&server, "taken", "taken@ecole.example").await;
    let admin = server.admin().await;
    let (job, outcomes) = import(&admin, begin(), mixed_rows())
        .await
        .expect("an import");

    let expected = [
        (1, "CREATED", ""),
        (
            2,
            "REFUSED",
            "username REQUIRED, email INVALID_EMAIL, locale INVALID_LOCALE",
        ),
        (3, "REFUSED", "username USERNAME_TAKEN"),
        (5, "CREATED", ""),
        (6, "REFUSED", "password_hash UNKNOWN_FORMAT"),
        (7, "REFUSED", "institution_external_id UNKNOWN_INSTITUTION"),
        (8, "REFUSED", "external_id DUPLICATE_ROW"),
        (9, "REFUSED", "username USERNAME_TAKEN"),
    ];
    let expected = expected.map(|(number, verdict, faults)| (number, verdict, faults.to_owned()));
    assert_eq!(verdicts(&outcomes), expected);
    assert_eq!(
        (job.created_count, job.refused_count, job.last_row_number),
        (2, 6, 9)
    );

    let request = ListImportRowsRequest {
        import_id: job.id,
        verdict: ImportVerdict::Refused.into(),
        ..ListImportRowsRequest::default()
    };
    let listed = admin
        .import()
        .list_import_rows(request)
        .await
        .expect("rows");
    let refused: Vec<_> = verdicts(&outcomes)
        .into_iter()
        .filter(|(_, verdict, _)| *verdict == "REFUSED")
        .collect();
    assert_eq!(verdicts(&listed.into_inner().rows), refused);
}

#[tokio::test]
async fn an_account_is_what_its_row_says() {
    let server = Server::start().await;
    let admin = server.admin().await;
    let imported = import(&admin, begin(), mixed_rows()).await;
    let (_, outcomes) = imported.expect("an import");

    let lea = lookup(&admin, "lea").await.expect("an account");
    assert_eq!(lea.state(), AccountState::Legacy);
    assert_eq!(
        (
            lea.email.as_str(),
            lea.display_name.as_str(),
            lea.locale.as_str()
        ),
        ("Lea@Ecole.example", "Léa", "nl")
    );
    assert_eq!(
        (lea.external_id.as_str(), lea.attributes["class"].as_str()),
        ("x-lea", "6A")
    );
    let leo = lookup(&admin, "leo").await.expect("an account");
    assert_eq!(
        (leo.state(), leo.id),
        (AccountState::Active, outcomes[3].account_id.clone())
    );
    // Rules are for new passwords only.
    people::tokens(&server, "leo", "ancien").await;
}

#[tokio::test]
async fn the_same_rows_change_nothing_and_other_ones_only_who_is_untouched() {
    let server = Server::start().await;
    let admin = server.admin().await;
    let rows = || vec![row(1, "lea"), row(2, "leo"), row(3, "lou")];
    import(&admin, begin(), rows()).await.expect("an import");
    rename(&admin, "leo", "Léo Dupont").await;

    let (job, outcomes) = import(&admin, begin(), rows()).await.expect("an import");
    assert!(
        outcomes
            .iter()
            .all(|outcome| outcome.verdict() == ImportVerdict::Unchanged)
    );
    assert_eq!(job.unchanged_count, 3);

    let other = rows().into_iter().map(|row| ImportRow {
        display_name: "New".into(),
        ..row
    });
    let (_, outcomes) = import(&admin, begin(), other.collect())
        .await
        .expect("an import");
    let expected = [
        (1, "UPDATED", String::new()),
        (2, "REFUSED", "external_id ACCOUNT_CHANGED".to_owned()),
        (3, "UPDATED", String::new()),
    ];
    assert_eq!(verdicts(&outcomes), expected);
    for (username, name) in [("lea", "New"), ("leo", "Léo Dupont"), ("lou", "New")] {
        let account = lookup(&admin, username).await.expect("an account");
        assert_eq!(account.display_name, name);
    }

    // Under the name of another system the same people are somebody else's.
    let elsewhere = ImportBegin {
        source: "other".into(),
        ..begin()
    };
    let (_, outcomes) = import(&admin, elsewhere, rows()).await.expect("an import");
    let taken = "username USERNAME_TAKEN, external_id EXTERNAL_ID_TAKEN";
    assert!(
        verdicts(&outcomes)
            .iter()
            .all(|(_, _, faults)| faults == taken)
    );
}

#[tokio::test]
async fn a_dry_run_says_the_same_and_leaves_no_trace() {
    let server = Server::start().await;
    let admin = server.admin().await;
    // More than are written together, so that a dry run must remember what it has not kept.
    let mut rows: Vec<_> = (1..=450)
        .map(|number| row(number, &format!("p{number}")))
        .collect();
    rows[300].username = "p1".into();
    rows[310].external_id = "x-p2".into();
    rows[320].email = "x".into();
    let dry = ImportBegin {
        validate_only: true,
        ..begin()
    };

    let (job, told) = import(&admin, dry, rows.clone()).await.expect("a dry run");
    assert_eq!(
        (job.id.as_str(), job.created_count, job.refused_count),
        ("", 447, 3)
    );
    assert!(lookup(&admin, "p1").await.is_none());
    let (job, done) = import(&admin, begin(), rows).await.expect("an import");
    assert_eq!((job.created_count, verdicts(&told)), (447, verdicts(&done)));
}

#[tokio::test]
async fn an_address_of_another_institution_is_reported_unless_it_is_accepted() {
    let network = Network::start().await;
    let admin = network.server.admin().await;
    let at = |institution: &str| ImportBegin {
        institution_id: institution.into(),
        ..begin()
    };
    let shared = |row: ImportRow| ImportRow {
        email: "Secretariat@ecole.example".into(),
        ..row
    };
    let both = vec![shared(row(1, "lea")), shared(row(2, "leo"))];
    let (job, _) = import(&admin, at(&network.school), both)
        .await
        .expect("an import");
    assert_eq!(job.created_count, 2, "colleagues may share an address");

    let stranger = || vec![shared(row(1, "lou"))];
    let (_, outcomes) = import(&admin, at(&network.sibling), stranger())
        .await
        .expect("an import");
    assert_eq!(verdicts(&outcomes)[0].2, "email EMAIL_ELSEWHERE");
    let accepting = ImportBegin {
        accept_emails_elsewhere: true,
        ..at(&network.sibling)
    };
    let (job, _) = import(&admin, accepting, stranger())
        .await
        .expect("an import");
    assert_eq!(job.created_count, 1);
}

#[tokio::test]
async fn old_passwords_come_along_and_a_row_with_one_is_known_again() {
    let server = Server::start().await;
    let admin = server.admin().await;
    let hash = "{SSHA}nsIRB0l6ixZhyfbuMABLyW4AMIJzYWx0";
    server.remember(hash);
    let rows = || {
        vec![ImportRow {
            password_hash: hash.into(),
            ..row(1, "lea")
        }]
    };
    let dry = ImportBegin {
        validate_only: true,
        ..begin()
    };
    for (begin, verdict) in [
        (dry, "CREATED"),
        (begin(), "CREATED"),
        (begin(), "UNCHANGED"),
    ] {
        let (_, outcomes) = import(&admin, begin, rows()).await.expect("an import");
        assert_eq!(verdicts(&outcomes)[0].1, verdict);
    }
    people::tokens(&server, "lea", "ancien").await;
    let (_, outcomes) = import(&admin, begin(), rows()).await.expect("an import");
    assert_eq!(
        verdicts(&outcomes)[0].1,
        "UNCHANGED",
        "its hash was renewed"
    );
}
