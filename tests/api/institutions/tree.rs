//! The tree: making it, moving in it, finding things in it.

use guichet_client::proto::{
    CreateInstitutionRequest, DeleteInstitutionRequest, Institution, ListInstitutionsRequest,
};
use guichet_client::{Guichet, Reason, error};
use tokio::task::JoinSet;
use tonic::Status;

use super::network::{self, Network, refusal};

const REQUEST_ID: &str = "0192f0a0-0000-7000-8000-000000000001";

const NOBODY: &str = "0192f0a0-0000-7000-8000-000000000002";

async fn list(guichet: &Guichet, request: ListInstitutionsRequest) -> (Vec<String>, String) {
    let reply = guichet.institution().list_institutions(request).await;
    let page = reply.expect("a page").into_inner();
    let names = page.institutions.into_iter().map(|one| one.display_name);
    (names.collect(), page.next_page_token)
}

async fn delete(guichet: &Guichet, id: &str) -> Result<(), Status> {
    let request = DeleteInstitutionRequest {
        institution_id: id.into(),
        etag: String::new(),
    };
    let deleted = guichet.institution().delete_institution(request).await;
    deleted.map(drop)
}

fn violations(result: Result<Institution, Status>) -> Vec<(String, String)> {
    let status = result.expect_err("a refusal");
    assert_eq!(error::reason(&status), Some(Reason::InvalidFields));
    let violations = error::violations(&status).into_iter();
    violations
        .map(|violation| (violation.field, violation.reason))
        .collect()
}

#[tokio::test]
async fn an_institution_is_created_once_and_told_whole() {
    let network = Network::start().await;
    let admin = network.server.admin().await;
    let request = CreateInstitutionRequest {
        institution: Some(Institution {
            external_id: "BE-1".into(),
            display_name: "Athénée Léonie".into(),
            parent_id: network.authority.clone(),
            locale: "fr-BE".into(),
            help_text: [("nl".to_owned(), "Vraag het".to_owned())].into(),
            contact_email: "aide@ecole.example".into(),
            application_url: "https://ecole.example/app".into(),
            ..Institution::default()
        }),
        request_id: REQUEST_ID.into(),
        validate_only: false,
    };

    let checked = CreateInstitutionRequest {
        validate_only: true,
        ..request.clone()
    };
    let checked = admin.institution().create_institution(checked).await;
    let checked = checked.expect("a check").into_inner().institution;
    assert_eq!(checked.expect("a preview").id, "");

    let first = admin
        .institution()
        .create_institution(request.clone())
        .await;
    let again = admin.institution().create_institution(request).await;
    let first = first.expect("a creation").into_inner().institution;
    let first = first.expect("an institution");
    assert_eq!(
        again
            .expect("a repetition")
            .into_inner()
            .institution
            .as_ref(),
        Some(&first)
    );
    assert_eq!(first.locale, "fr");
    let found = network::get(&admin, &first.id).await;
    assert_eq!(found.expect("an institution"), first);

    let twin = Institution {
        display_name: "Twin".into(),
        external_id: "BE-1".into(),
        ..Institution::default()
    };
    let taken = network::create(&admin, twin).await;
    assert_eq!(refusal(taken), "EXTERNAL_ID_TAKEN");
}

#[tokio::test]
async fn every_wrong_field_is_told_at_once() {
    let network = Network::start().await;
    let admin = network.server.admin().await;
    let wrong = Institution {
        external_id: "a\0".into(),
        display_name: " ".into(),
        parent_id: "x".into(),
        locale: "tlh".into(),
        help_text: [("tlh".to_owned(), "Qapla'".to_owned())].into(),
        contact_email: "nobody".into(),
        application_url: "javascript:alert(1)".into(),
        ..Institution::default()
    };

    let told = violations(network::create(&admin, wrong).await);

    let expected = [
        ("institution.parent_id", "INVALID_ID"),
        ("institution.external_id", "FORBIDDEN_CHARACTER"),
        ("institution.display_name", "REQUIRED"),
        ("institution.locale", "INVALID_LOCALE"),
        ("institution.help_text", "INVALID_LOCALE"),
        ("institution.contact_email", "INVALID_EMAIL"),
        ("institution.application_url", "MALFORMED"),
    ];
    let expected = expected.map(|(field, reason)| (field.to_owned(), reason.to_owned()));
    assert_eq!(told, expected);

    let orphan = Institution {
        display_name: "Orphan".into(),
        parent_id: NOBODY.into(),
        ..Institution::default()
    };
    let unknown = [(
        "institution.parent_id".to_owned(),
        "UNKNOWN_INSTITUTION".to_owned(),
    )];
    assert_eq!(violations(network::create(&admin, orphan).await), unknown);
    let moved = network::move_below(&admin, &network.school, NOBODY).await;
    assert_eq!(violations(moved), unknown);
}

#[tokio::test]
async fn a_circle_is_refused_and_changes_nothing() {
    let network = Network::start().await;
    let admin = network.server.admin().await;

    for below in [&network.school, &network.annex, &network.authority] {
        let circle = network::move_below(&admin, &network.authority, below).await;
        assert_eq!(refusal(circle), "STATE");
    }

    let authority = network::get(&admin, &network.authority).await;
    assert_eq!(authority.expect("an institution").parent_id, "");
}

#[tokio::test]
async fn of_moves_that_together_make_a_circle_one_is_refused() {
    let network = Network::start().await;
    let mut moves = JoinSet::new();
    for (id, below) in [
        (&network.school, &network.sibling),
        (&network.sibling, &network.annex),
    ] {
        let admin = network.server.admin().await;
        let (id, below) = (id.clone(), below.clone());
        moves.spawn(async move { network::move_below(&admin, &id, &below).await.is_ok() });
    }

    let done = moves.join_all().await;

    assert_eq!(done.iter().filter(|done| **done).count(), 1, "{done:?}");
}

#[tokio::test]
async fn a_list_keeps_to_the_branch_the_filter_and_the_order() {
    let network = Network::start().await;
    let admin = network.server.admin().await;
    let parent = format!("parent_id = \"{}\"", network.authority);
    let cases = [
        (
            "",
            "",
            "",
            vec!["Annex", "Authority", "School", "Sibling", "Stranger"],
        ),
        (network.school.as_str(), "", "", vec!["Annex", "School"]),
        (
            "",
            "display_name = \"S*\"",
            "display_name desc",
            vec!["Stranger", "Sibling", "School"],
        ),
        ("", "display_name = school", "", vec!["School"]),
        (
            "",
            parent.as_str(),
            "create_time",
            vec!["School", "Sibling"],
        ),
        ("", "external_id = none", "", vec![]),
    ];

    for (institution_id, filter, order_by, expected) in cases {
        let request = ListInstitutionsRequest {
            institution_id: institution_id.into(),
            filter: filter.into(),
            order_by: order_by.into(),
            page_size: 2,
            ..ListInstitutionsRequest::default()
        };
        let mut listed = Vec::new();
        let mut page_token = String::new();
        loop {
            let request = ListInstitutionsRequest {
                page_token,
                ..request.clone()
            };
            let (names, next) = list(&admin, request).await;
            listed.extend(names);
            page_token = next;
            if page_token.is_empty() {
                break;
            }
        }
        assert_eq!(listed, expected, "{filter} {order_by}");
    }
}

#[tokio::test]
async fn only_an_empty_institution_can_be_deleted() {
    let network = Network::start().await;
    let admin = network.server.admin().await;
    let leaf = network::institution(&network.server, "Leaf", &network.sibling).await;
    network::person(&network.server, "lea", &network.annex).await;
    let stranger = network::person(&network.server, "leo", "").await;
    let appointed = network::appoint(&admin, &network.stranger, &stranger.id).await;
    appointed.expect("a membership");

    for id in [&network.sibling, &network.annex, &network.stranger] {
        assert_eq!(refusal(delete(&admin, id).await), "STATE");
    }
    delete(&admin, &leaf).await.expect("an empty one");
    delete(&admin, &network.sibling)
        .await
        .expect("an empty one");
    assert_eq!(refusal(delete(&admin, &leaf).await), "NOT_FOUND");
}

#[tokio::test]
async fn a_change_over_another_change_is_refused() {
    let network = Network::start().await;
    let admin = network.server.admin().await;
    let seen = network::get(&admin, &network.school)
        .await
        .expect("a school");
    let renamed = Institution {
        display_name: "First".into(),
        ..seen.clone()
    };
    let first = network::update(&admin, renamed, &["display_name"]).await;
    assert_ne!(first.expect("the first change").etag, seen.etag);

    let late = Institution {
        display_name: "Second".into(),
        ..seen
    };
    let late = network::update(&admin, late, &["display_name"]).await;

    assert_eq!(refusal(late), "ETAG_MISMATCH");
}
