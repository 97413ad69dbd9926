//! What institutions ask of new passwords: more than what holds above them, never less, and nobody learns it who is not
//! let to set one.

use guichet_client::proto::create_account_request::Credential;
use guichet_client::proto::{
    Account, ChangePasswordRequest, CheckPasswordRequest, CreateAccountRequest,
    GetPasswordPolicyRequest, GetPasswordPolicyResponse, Institution, PasswordProfile,
    PasswordRules,
};
use guichet_client::{Guichet, error};
use guichet_tests::people::{self, GOOD_PASSWORD};
use guichet_tests::{Link, Server, expect_error, web};
use http::Method;
use tonic::{Code, Response, Status};

use super::network::{self, Network};

/// Long, and nothing else.
const SENTENCE: &str = "tigre bleu sur la lune";

fn asking(profile: PasswordProfile, min_length: i32, history: i32) -> PasswordRules {
    PasswordRules {
        profile: profile.into(),
        min_length,
        history,
    }
}

async fn ask(guichet: &Guichet, id: &str, rules: PasswordRules) -> Result<Institution, Status> {
    let institution = Institution {
        id: id.into(),
        password_rules: Some(rules),
        ..Institution::default()
    };
    network::update(guichet, institution, &["password_rules"]).await
}

async fn policy(guichet: &Guichet, request: GetPasswordPolicyRequest) -> GetPasswordPolicyResponse {
    let reply = guichet.reset().get_password_policy(request).await;
    reply.expect("a policy").into_inner()
}

fn by_link(link: &Link) -> GetPasswordPolicyRequest {
    GetPasswordPolicyRequest {
        user_id: link.user_id.clone(),
        code: link.code.clone(),
        ..GetPasswordPolicyRequest::default()
    }
}

fn keys(policy: &GetPasswordPolicyResponse) -> Vec<&str> {
    policy.rules.iter().map(|rule| rule.key.as_str()).collect()
}

fn broken<T>(result: Result<Response<T>, Status>) -> Vec<String> {
    let status = expect_error(result, Code::InvalidArgument, "PASSWORD_RULES");
    let violations = error::violations(&status).into_iter();
    violations.map(|violation| violation.reason).collect()
}

#[tokio::test]
async fn the_strictest_of_all_above_holds_wherever_a_password_is_set() {
    let network = Network::start().await;
    let admin = network.server.admin().await;
    let strict = asking(PasswordProfile::Strict, 0, 0);
    ask(&admin, &network.authority, strict)
        .await
        .expect("rules");
    // What is looser than above has no effect; what is stricter has.
    let loose = asking(PasswordProfile::Visible, 18, 0);
    ask(&admin, &network.annex, loose).await.expect("rules");
    let annex = network::get(&admin, &network.annex)
        .await
        .expect("an annex");
    assert_eq!(annex.password_rules, Some(loose));
    let effective = annex.effective.expect("what holds").password_rules;
    assert_eq!(effective, Some(asking(PasswordProfile::Strict, 18, 0)));

    let lea = Account {
        username: "lea".into(),
        email: "lea@ecole.example".into(),
        institution_id: network.annex.clone(),
        ..Account::default()
    };
    let create = |password: &str| CreateAccountRequest {
        account: Some(lea.clone()),
        credential: Some(Credential::Password(password.into())),
        ..CreateAccountRequest::default()
    };
    let accounts = admin.account();
    let created = accounts.clone().create_account(create("Babou45+")).await;
    assert_eq!(broken(created), ["MIN_LENGTH"]);
    let created = accounts.clone().create_account(create(SENTENCE)).await;
    created.expect("an account");

    let tokens = people::tokens(&network.server, "lea", SENTENCE).await;
    let signed_in = network.server.as_person(&tokens.access_token).await;
    let change = ChangePasswordRequest {
        current_password: SENTENCE.into(),
        new_password: "seventeen letters".into(),
    };
    let changed = signed_in.account().change_password(change).await;
    assert_eq!(broken(changed), ["MIN_LENGTH"]);

    let link = people::reset_link(&network.server, "lea@ecole.example").await;
    let anyone = network.server.anyone().await;
    let complete = async |password: &str| {
        people::complete(&anyone, &link, "lea@ecole.example", password).await
    };
    assert_eq!(broken(complete("Babou45+").await), ["MIN_LENGTH"]);
    // The name of the place is what everybody there would try.
    assert_eq!(
        broken(complete("2026 Authority 2026+").await),
        ["NOT_COMMON"]
    );
    complete("a longer one for the annex")
        .await
        .expect("a reset");
}

/// A network whose school asks for more, and a link for Léa, who belongs there.
async fn strict_school() -> (Network, Link) {
    let network = Network::start().await;
    let admin = network.server.admin().await;
    let strict = asking(PasswordProfile::Strict, 20, 5);
    ask(&admin, &network.school, strict).await.expect("rules");
    let account = Account {
        username: "lea".into(),
        email: "lea@ecole.example".into(),
        institution_id: network.school.clone(),
        ..Account::default()
    };
    let request = CreateAccountRequest {
        account: Some(account),
        credential: Some(Credential::Password(SENTENCE.into())),
        ..CreateAccountRequest::default()
    };
    let created = admin.account().create_account(request).await;
    created.expect("an account");
    let link = people::reset_link(&network.server, "lea@ecole.example").await;
    (network, link)
}

/// The same link with another code.
fn mistyped(link: &Link) -> Link {
    let first = if link.code.starts_with('A') { 'B' } else { 'A' };
    Link {
        code: format!("{first}{}", &link.code[1..]),
        ..link.clone()
    }
}

#[tokio::test]
async fn only_who_may_set_the_password_is_told_the_rules_of_the_place() {
    let (network, link) = strict_school().await;
    let anyone = network.server.anyone().await;
    let everybodys = policy(&anyone, GetPasswordPolicyRequest::default()).await;
    assert_eq!((everybodys.min_length, everybodys.history), (8, 0));

    let of_school = policy(&anyone, by_link(&link)).await;
    assert_eq!((of_school.min_length, of_school.max_length), (20, 256));
    assert_eq!(
        keys(&of_school),
        [
            "MIN_LENGTH",
            "MAX_LENGTH",
            "NOT_COMMON",
            "NOT_IDENTIFIER",
            "NOT_PREVIOUS"
        ]
    );
    assert_eq!(of_school.history, 5);

    let nobody = Link {
        user_id: "01920000-0000-7000-8000-000000000001".into(),
        ..link.clone()
    };
    for (user_id, code) in [
        (&link.user_id, &mistyped(&link).code),
        (&nobody.user_id, &link.code),
        (&link.user_id, &String::new()),
        (&String::new(), &link.code),
    ] {
        let wrong = GetPasswordPolicyRequest {
            user_id: user_id.clone(),
            code: code.clone(),
            ..GetPasswordPolicyRequest::default()
        };
        assert_eq!(policy(&anyone, wrong).await, everybodys);
    }

    let password = "another tiger on the moon";
    let used = people::complete(&anyone, &link, "lea@ecole.example", password).await;
    used.expect("a reset");
    assert_eq!(policy(&anyone, by_link(&link)).await, everybodys);
}

#[tokio::test]
async fn who_is_signed_in_is_told_the_rules_of_the_own_place() {
    let (network, _) = strict_school().await;
    let server = &network.server;
    network::person(server, "bo", &network.stranger).await;

    let tokens = people::tokens(server, "lea", SENTENCE).await;
    let lea = server.as_person(&tokens.access_token).await;
    let bo = network::signed_in(server, "bo").await;

    let nothing = GetPasswordPolicyRequest::default;
    assert_eq!(policy(&lea, nothing()).await.min_length, 20);
    assert_eq!(policy(&bo, nothing()).await.min_length, 8);
}

#[tokio::test]
async fn a_link_has_passwords_judged_by_the_rules_of_the_place() {
    let (network, link) = strict_school().await;
    let server = &network.server;
    let anyone = server.anyone().await;
    let check = async |link: &Link| {
        let request = CheckPasswordRequest {
            password: "Authority 26, 26!".into(),
            user_id: link.user_id.clone(),
            code: link.code.clone(),
            ..CheckPasswordRequest::default()
        };
        let reply = anyone.reset().check_password(request).await;
        let results = reply.expect("verdicts").into_inner().results;
        let broken = results.into_iter().filter(|result| !result.satisfied);
        broken.map(|result| result.key).collect::<Vec<_>>()
    };
    assert_eq!(check(&link).await, ["MIN_LENGTH", "NOT_COMMON"]);
    assert_eq!(check(&mistyped(&link)).await, [""; 0]);

    // The page of the link shows them too, with the figures for its script.
    let url = format!(
        "{}/Account/ResetPassword?userId={}&code={}",
        server.url(),
        link.user_id,
        link.code
    );
    let page = web::fetch(Method::GET, &url).await.body;
    assert!(
        page.contains("data-rule=\"MIN_LENGTH\" data-limit=\"20\""),
        "{page}"
    );
    assert!(
        page.contains("NOT_PREVIOUS") && !page.contains("Babou45+"),
        "{page}"
    );
}

#[tokio::test]
async fn an_institutions_own_people_make_the_rules_stricter_and_never_looser() {
    let network = Network::start().await;
    let server = &network.server;
    let director = network::director(server, "dina", &network.authority).await;
    let asked = asking(PasswordProfile::Standard, 14, 3);
    ask(&director, &network.school, asked).await.expect("rules");
    let stricter = asking(PasswordProfile::Strict, 0, 4);
    ask(&director, &network.school, stricter)
        .await
        .expect("rules");

    for looser in [
        PasswordRules::default(),
        asking(PasswordProfile::Standard, 20, 4),
        asking(PasswordProfile::Strict, 0, 3),
    ] {
        let refused = ask(&director, &network.school, looser).await;
        assert_eq!(network::refusal(refused), "FORBIDDEN");
    }

    let admin = server.admin().await;
    let school = network::get(&admin, &network.school)
        .await
        .expect("a school");
    assert_eq!(school.password_rules, Some(stricter));
    let none = PasswordRules::default();
    let school = ask(&admin, &network.school, none).await.expect("no rules");
    assert_eq!(school.password_rules, Some(none));
}

#[tokio::test]
async fn rules_that_make_no_sense_are_refused_field_by_field() {
    let network = Network::start().await;
    let admin = network.server.admin().await;
    let unknown = PasswordRules {
        profile: 9,
        min_length: 65,
        history: 25,
    };
    let refused = ask(&admin, &network.school, unknown).await;

    let status = expect_error(
        refused.map(Response::new),
        Code::InvalidArgument,
        "INVALID_FIELDS",
    );
    let told: Vec<_> = error::violations(&status)
        .into_iter()
        .map(|violation| (violation.field, violation.reason))
        .collect();
    let field = |name: &str| format!("institution.password_rules.{name}");
    assert_eq!(
        told,
        [
            (field("profile"), "UNKNOWN_VALUE".to_owned()),
            (field("min_length"), "OUT_OF_RANGE".to_owned()),
            (field("history"), "OUT_OF_RANGE".to_owned()),
        ]
    );
    for (min_length, history) in [(7, 0), (-1, 0), (0, -1)] {
        let rules = asking(PasswordProfile::Unspecified, min_length, history);
        let refused = ask(&admin, &network.school, rules).await;
        expect_error(
            refused.map(Response::new),
            Code::InvalidArgument,
            "INVALID_FIELDS",
        );
    }
}

#[tokio::test]
async fn the_operators_rules_hold_where_an_institution_asks_for_less() {
    let server = Server::builder()
        .env("GUICHET_PASSWORD_PROFILE", "standard")
        .env("GUICHET_PASSWORD_MIN_LENGTH", "16")
        .env("GUICHET_PASSWORD_HISTORY", "2")
        .start()
        .await;
    let admin = server.admin().await;
    let school = network::institution(&server, "School", "").await;
    let rules = asking(PasswordProfile::Visible, 8, 1);
    ask(&admin, &school, rules).await.expect("rules");
    let account = Account {
        username: "lea".into(),
        institution_id: school,
        ..Account::default()
    };
    let create = |password: &str| CreateAccountRequest {
        account: Some(account.clone()),
        credential: Some(Credential::Password(password.into())),
        ..CreateAccountRequest::default()
    };

    let refused = admin.account().create_account(create(GOOD_PASSWORD)).await;
    assert_eq!(broken(refused), ["MIN_LENGTH"]);
    let created = admin.account().create_account(create(SENTENCE)).await;
    created.expect("an account");
    let tokens = people::tokens(&server, "lea", SENTENCE).await;
    let lea = server.as_person(&tokens.access_token).await;
    let told = policy(&lea, GetPasswordPolicyRequest::default()).await;
    assert_eq!((told.min_length, told.history), (16, 2));
}

#[tokio::test]
async fn an_institutions_own_people_choose_nobodys_password() {
    let network = Network::start().await;
    let director = network::director(&network.server, "dina", &network.school).await;
    let hash = "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$CTFhFdXPJO1aFaMaO6Mm5Q";
    let create = |credential| CreateAccountRequest {
        account: Some(Account {
            username: "lea".into(),
            email: "lea@ecole.example".into(),
            institution_id: network.school.clone(),
            ..Account::default()
        }),
        credential: Some(credential),
        ..CreateAccountRequest::default()
    };

    for chosen in [
        Credential::Password(GOOD_PASSWORD.into()),
        Credential::PasswordHash(hash.into()),
    ] {
        let refused = director.account().create_account(create(chosen)).await;
        assert_eq!(network::refusal(refused), "FORBIDDEN");
    }

    let activation = create(Credential::SendActivation(true));
    let created = director.account().create_account(activation).await;
    created.expect("an account");
}
