//! Side doors: other places where somebody's account could show.

use std::collections::BTreeMap;

use guichet_client::proto::continue_login_request::Answer;
use guichet_client::proto::{
    AddMemberRequest, CheckPasswordRequest, ContinueLoginRequest, DisableAccountRequest,
    GetAccountRequest, GetPasswordPolicyRequest, ListAccountsRequest, ListResetRequestsRequest,
    LoginRequest, ReportBounceRequest,
};
use guichet_tests::people::{self, GOOD_PASSWORD};
use http::Method;

use crate::bytes::strict;
use crate::exchange::{Asked, Connection, Visible, differences};
use crate::probe::{ALL, Form, Probe, Typed, call};
use crate::report::Row;
use crate::world::{Class, Target, World};

pub(crate) async fn are_shut() -> Vec<Row> {
    let classes = [Class::Normal, Class::Disabled, Class::OtherInstitution];
    let world = World::inhabited(crate::builder().start().await, &classes, 2).await;
    let form = Form::of(&world.server).await;
    let doors = Doors {
        connection: Connection::open(&world.server).await,
        world: &world,
        form: &form,
    };
    let mut rows = vec![
        doors.emails_as_usernames().await,
        doors.other_addresses().await,
        doors.without_a_token().await,
        doors.out_of_scope().await,
        doors.challenges().await,
        doors.headers().await,
        doors.bounced().await,
        doors.rules().await,
        doors.verdicts().await,
    ];
    rows.push(locked_and_right().await);
    rows
}

struct Doors<'a> {
    connection: Connection,
    world: &'a World,
    form: &'a Form,
}

impl Doors<'_> {
    /// Asks the same about somebody of each class and about nobody.
    async fn alike(&self, what: &str, question: impl Fn(&Target) -> Asked) -> Row {
        let nobody = self.world.nobody(0);
        let reference = self.connection.ask(&question(&nobody)).await;
        let outcome = reference.outcome();
        let reference = reference.visible(&nobody);
        let mut broken = Vec::new();
        for class in self.world.classes() {
            let target = self.world.of(class, 0);
            let seen = self.connection.ask(&question(&target)).await;
            let differences = differences(&reference, &seen.visible(&target));
            if !differences.is_empty() {
                broken.push(format!(
                    "{}: {differences:?} differ: {seen:?}",
                    class.name()
                ));
            }
        }
        Row::exact(what, outcome, broken)
    }

    async fn emails_as_usernames(&self) -> Row {
        self.alike("Login with an e-mail address", |target| {
            let target = Target {
                username: target.email.clone(),
                ..target.clone()
            };
            Probe::Login(Typed::Wrong).about(&target, self.form)
        })
        .await
    }

    /// Where other products show pictures and profiles.
    async fn other_addresses(&self) -> Row {
        let mut broken = Vec::new();
        let paths: [fn(&Target) -> String; 4] = [
            |target| format!("/.well-known/webfinger?resource=acct:{}", target.email),
            |target| format!("/avatars/{}", target.username),
            |target| format!("/Account/{}", target.user_id),
            |target| format!("/users/{}", target.username),
        ];
        let mut outcomes = Vec::new();
        for path in paths {
            let question = |target: &Target| Asked {
                method: Method::GET,
                path: path(target),
                headers: Vec::new(),
                body: Vec::new(),
            };
            let nobody = self.world.nobody(0);
            let mut reference = self.connection.ask(&question(&nobody)).await;
            forget_fresh_cookie(&mut reference.headers);
            outcomes.push(reference.outcome());
            let reference = reference.visible(&nobody);
            for class in self.world.classes() {
                let target = self.world.of(class, 0);
                let mut seen = self.connection.ask(&question(&target)).await;
                forget_fresh_cookie(&mut seen.headers);
                let differences = differences(&reference, &seen.visible(&target));
                if !differences.is_empty() {
                    broken.push(format!("{}: {differences:?} differ", class.name()));
                }
            }
        }
        let told = outcomes.join(", ");
        Row::exact("WebFinger, avatars, profiles", told, broken)
    }

    /// Whether an id is somebody's, of whoever may not ask.
    async fn without_a_token(&self) -> Row {
        self.alike("GetAccount without a token", |target| {
            let request = GetAccountRequest {
                account_id: target.user_id.clone(),
            };
            call("AccountService/GetAccount", &request)
        })
        .await
    }

    /// A delegate of one institution asks about people of another and about nobody: by id, by name, in lists.
    async fn out_of_scope(&self) -> Row {
        let token = self.delegate().await;
        let bearer = |mut asked: Asked| {
            asked
                .headers
                .push(("authorization", format!("Bearer {token}")));
            asked
        };
        let mut broken = Vec::new();
        let mut outcomes = Vec::new();
        for question in by_id_and_by_name() {
            let mut answers = Vec::new();
            for target in [
                self.world.nobody(0),
                self.world.of(Class::OtherInstitution, 0),
            ] {
                let seen = self.connection.ask(&bearer(question(&target))).await;
                outcomes.push(seen.outcome());
                answers.push(seen.visible(&target));
            }
            let differences = differences(&answers[0], &answers[1]);
            if !differences.is_empty() {
                broken.push(format!("{differences:?} differ: {answers:?}"));
            }
        }
        outcomes.dedup();
        let told = outcomes.join(", ");
        Row::exact(
            "people of another institution, asked for by a delegate",
            told,
            broken,
        )
    }

    /// The access token of somebody who acts for an institution without people.
    async fn delegate(&self) -> String {
        let server = &self.world.server;
        let director = Target::nobody();
        let account = people::active(server, &director.username, &director.email).await;
        let admin = server.admin().await;
        let request = AddMemberRequest {
            institution_id: crate::world::institution(&admin, "Empty").await,
            account_id: account.id,
            ..AddMemberRequest::default()
        };
        let added = admin.institution().add_member(request).await;
        added.expect("a member");
        let tokens = people::tokens(server, &director.username, GOOD_PASSWORD).await;
        tokens.access_token
    }

    /// A challenge says that somebody's password was right, so none may be invented: whatever is, is one answer.
    async fn challenges(&self) -> Row {
        let questions = ["", "A", &"A".repeat(300), &"_".repeat(5_000)].map(|token| {
            let request = ContinueLoginRequest {
                challenge_token: token.to_owned(),
                answer: Some(Answer::TotpCode("123456".to_owned())),
            };
            call("AuthService/ContinueLogin", &request)
        });
        let nobody = self.world.nobody(0);
        let mut answers: Vec<(String, Visible)> = Vec::new();
        for question in questions {
            let seen = self.connection.ask(&question).await;
            answers.push((seen.outcome(), seen.visible(&nobody)));
        }
        let mut broken = Vec::new();
        for (outcome, visible) in &answers {
            if outcome != "TOKEN_INVALID" || visible != &answers[0].1 {
                broken.push(format!("{outcome}: {visible:?}"));
            }
        }
        Row::exact(
            "ContinueLogin with invented challenges",
            answers[0].0.clone(),
            broken,
        )
    }

    /// No answer carries an id that counts or a tag of what was found.
    async fn headers(&self) -> Row {
        let mut names: BTreeMap<String, usize> = BTreeMap::new();
        for probe in ALL {
            for target in [self.world.nobody(0), self.world.of(Class::Normal, 0)] {
                let seen = self.connection.ask(&probe.about(&target, self.form)).await;
                for name in seen.headers.keys().chain(seen.trailers.keys()) {
                    *names.entry(name.to_string()).or_default() += 1;
                }
            }
        }
        let suspicious = [
            "etag",
            "age",
            "last-modified",
            "x-request-id",
            "server-timing",
            "x-cache",
        ];
        let broken: Vec<String> = names
            .keys()
            .filter(|name| suspicious.contains(&name.as_str()) || name.contains("request-id"))
            .cloned()
            .collect();
        let told: Vec<String> = names.into_keys().collect();
        Row::exact("names of all headers and trailers", told.join(", "), broken)
    }

    /// Only a live code tells whose rules are stricter.
    async fn rules(&self) -> Row {
        self.alike("GetPasswordPolicy with a wrong code", |target| {
            let request = GetPasswordPolicyRequest {
                user_id: target.user_id.clone(),
                code: "A".repeat(43),
                ..GetPasswordPolicyRequest::default()
            };
            call("ResetService/GetPasswordPolicy", &request)
        })
        .await
    }

    /// Likewise.
    async fn verdicts(&self) -> Row {
        self.alike("CheckPassword with a wrong code", |target| {
            let request = CheckPasswordRequest {
                password: GOOD_PASSWORD.to_owned(),
                user_id: target.user_id.clone(),
                code: "A".repeat(43),
                ..CheckPasswordRequest::default()
            };
            call("ResetService/CheckPassword", &request)
        })
        .await
    }

    /// Whoever asks for a mail is not told that the last one came back.
    async fn bounced(&self) -> Row {
        let target = self.world.of(Class::Normal, 1);
        people::reset_link(&self.world.server, &target.email).await;
        let request = ReportBounceRequest {
            mail: Some(
                guichet_client::proto::report_bounce_request::Mail::Recipient(target.email.clone()),
            ),
            diagnostic: "550 no such user".to_owned(),
        };
        let admin = self.world.server.admin().await;
        admin.mail().report_bounce(request).await.expect("a bounce");
        let nobody = self.world.nobody(1);
        let mut broken = Vec::new();
        let mut outcomes = Vec::new();
        for probe in [Probe::ResetByEmail, Probe::ResetByUsername, Probe::Remind] {
            let mut answers = Vec::new();
            for target in [&nobody, &target] {
                let seen = self.connection.ask(&probe.about(target, self.form)).await;
                outcomes.push(seen.outcome());
                answers.push(seen.visible(target));
            }
            let differences = differences(&answers[0], &answers[1]);
            if !differences.is_empty() {
                broken.push(format!("{}: {differences:?} differ", probe.name()));
            }
        }
        outcomes.dedup();
        Row::exact(
            "an address whose mail came back",
            outcomes.join(", "),
            broken,
        )
    }
}

/// What a delegate can ask about somebody.
fn by_id_and_by_name() -> [fn(&Target) -> Asked; 4] {
    [
        |target| {
            let request = GetAccountRequest {
                account_id: target.user_id.clone(),
            };
            call("AccountService/GetAccount", &request)
        },
        |target| {
            let request = DisableAccountRequest {
                account_id: target.user_id.clone(),
            };
            call("AccountService/DisableAccount", &request)
        },
        |target| {
            let request = ListAccountsRequest {
                filter: format!("username = \"{}\"", target.username),
                ..ListAccountsRequest::default()
            };
            call("AccountService/ListAccounts", &request)
        },
        |target| {
            let request = ListResetRequestsRequest {
                account_id: target.user_id.clone(),
                ..ListResetRequestsRequest::default()
            };
            call("ResetService/ListResetRequests", &request)
        },
    ]
}

/// While one must wait, the right password is told like a wrong one, and a disabled account's right password likewise.
async fn locked_and_right() -> Row {
    let world = World::inhabited(strict().await, &[Class::Normal, Class::Disabled], 1).await;
    let form = Form::of(&world.server).await;
    let connection = Connection::open(&world.server).await;
    let wrong = |target: &Target| Probe::Login(Typed::Wrong).about(target, &form);
    let right = |target: &Target| {
        let request = LoginRequest {
            username: target.username.clone(),
            password: GOOD_PASSWORD.to_owned(),
            ..LoginRequest::default()
        };
        call("AuthService/Login", &request)
    };
    let mut broken = Vec::new();
    let disabled = world.of(Class::Disabled, 0);
    let of_disabled = connection.ask(&right(&disabled)).await.visible(&disabled);
    let nobody = world.nobody(0);
    let of_nobody = connection.ask(&right(&nobody)).await.visible(&nobody);
    if of_disabled != of_nobody {
        broken.push(format!("{of_disabled:?}"));
    }
    let somebody = world.of(Class::Normal, 0);
    for _ in 0..3 {
        connection.ask(&wrong(&somebody)).await;
    }
    let locked = connection.ask(&right(&somebody)).await;
    let outcome = locked.outcome();
    let still = connection.ask(&wrong(&somebody)).await;
    if outcome != "THROTTLED" || locked.visible(&somebody) != still.visible(&somebody) {
        broken.push(format!("{locked:?}"));
    }
    Row::exact(
        "the right password while disabled, while locked",
        outcome,
        broken,
    )
}

/// A page gives each new browser a cookie by chance.
fn forget_fresh_cookie(headers: &mut http::HeaderMap) {
    headers.remove("set-cookie");
}
