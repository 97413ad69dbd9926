//! Lists and other reads, page by page: each by its own caller, and no secret in any.

use std::collections::BTreeMap;

use guichet_client::proto::create_account_request::Credential;
use guichet_client::proto::import_accounts_request::Message as Asked;
use guichet_client::proto::import_accounts_response::Message as Told;
use guichet_client::proto::request_reset_request::Identifier;
use guichet_client::proto::{
    Account, AddMemberRequest, CreateAccountRequest, CreateApiKeyRequest, CreateInstitutionRequest,
    ImportAccountsRequest, ImportBegin, ImportRow, Institution,
};
use guichet_client::{Guichet, error};
use guichet_tests::people::{self, GOOD_PASSWORD};
use guichet_tests::protos::{Rpc, messages, number, rpcs, text};
use guichet_tests::{Server, raw};
use memchr::memmem;
use tonic::transport::Channel;
use tonic::{Code, Status};

/// How hashes of passwords begin that Guichet keeps or takes.
const HASHES: [&str; 9] = [
    "$argon2",
    "$2a$",
    "$2b$",
    "$2y$",
    "$pbkdf2",
    "$scrypt",
    "pbkdf2_sha256",
    "AQAAAA",
    "{SSHA",
];

/// A server with two of whatever is listed.
struct World {
    server: Server,
    channel: Channel,
    school: String,
    account_id: String,
    import_id: String,
}

impl World {
    async fn new() -> Self {
        let server = Server::start().await;
        let admin = server.admin().await;
        let school = institution(&admin, "School").await;
        institution(&admin, "Another").await;
        let mut account_id = String::new();
        for username in ["lea", "leo"] {
            account_id = person(&admin, username, &school).await;
            let request = AddMemberRequest {
                institution_id: school.clone(),
                account_id: account_id.clone(),
                ..AddMemberRequest::default()
            };
            admin
                .institution()
                .add_member(request)
                .await
                .expect("a member");
            people::ask_reset(&server, Identifier::Username(username.into())).await;
            server
                .mailbox()
                .last(&format!("{username}@ecole.example"), 1)
                .await;
        }
        people::reset_outcomes(&server).await;
        let channel = server.anyone().await.channel();
        let mut import_id = String::new();
        for _ in 0..2 {
            import_id = import(&admin).await;
        }
        Self {
            server,
            channel,
            school,
            account_id,
            import_id,
        }
    }

    /// The fields that a call needs before it looks at a page.
    fn needed(&self, rpc: &Rpc) -> Vec<u8> {
        let about = [
            ("institution_id", &self.school),
            ("import_id", &self.import_id),
            ("account_id", &self.account_id),
        ];
        let mut message = Vec::new();
        for (name, value) in about {
            // Without one they list all.
            let lists_all = [
                "ListAccounts",
                "ListResetRequests",
                "ListMessages",
                "ListEvents",
                "ListImports",
                "GetMigrationReport",
                "ListInstitutions",
            ];
            let wanted = !lists_all.contains(&rpc.name.as_str());
            if let (true, Some(field)) = (wanted, rpc.field(name)) {
                message.extend(text(field, value));
            }
        }
        message
    }

    async fn call(&self, rpc: &Rpc, bearer: &str, message: Vec<u8>) -> Result<Vec<u8>, Status> {
        raw::call(&self.channel, rpc.full_name(), Some(bearer), message).await
    }

    async fn page(&self, rpc: &Rpc, bearer: &str, token: &str) -> Result<Vec<u8>, Status> {
        let size = rpc.field("page_size").expect("a size");
        let field = rpc.field("page_token").expect("a token");
        let message = [self.needed(rpc), number(size, 1), text(field, token)].concat();
        self.call(rpc, bearer, message).await
    }
}

async fn institution(admin: &Guichet, name: &str) -> String {
    let institution = Institution {
        display_name: name.into(),
        ..Institution::default()
    };
    let request = CreateInstitutionRequest {
        institution: Some(institution),
        ..CreateInstitutionRequest::default()
    };
    let created = admin.institution().create_institution(request).await;
    created
        .expect("an institution")
        .into_inner()
        .institution
        .expect("it")
        .id
}

async fn person(admin: &Guichet, username: &str, institution_id: &str) -> String {
    let request = CreateAccountRequest {
        account: Some(Account {
            username: username.into(),
            email: format!("{username}@ecole.example"),
            institution_id: institution_id.into(),
            ..Account::default()
        }),
        credential: Some(Credential::Password(GOOD_PASSWORD.into())),
        ..CreateAccountRequest::default()
    };
    let created = admin.account().create_account(request).await;
    created
        .expect("an account")
        .into_inner()
        .account
        .expect("it")
        .id
}

/// An import of two rows, each of which is refused, so that it changes nothing.
async fn import(admin: &Guichet) -> String {
    let row = |number| {
        Asked::Row(ImportRow {
            number,
            ..ImportRow::default()
        })
    };
    let begin = Asked::Begin(ImportBegin {
        source: "old".into(),
        ..ImportBegin::default()
    });
    let stream = [begin, row(1), row(2)].map(|message| ImportAccountsRequest {
        message: Some(message),
    });
    let mut imports = admin.import();
    let reply = imports.import_accounts(tokio_stream::iter(stream)).await;
    let mut replies = reply.expect("replies").into_inner();
    let mut id = String::new();
    while let Some(reply) = replies.message().await.expect("a reply") {
        if let Some(Told::Import(import)) = reply.message {
            id = import.id;
        }
    }
    id
}

fn lists() -> Vec<Rpc> {
    let paged = |rpc: &Rpc| rpc.field("page_token").is_some();
    rpcs().into_iter().filter(paged).collect()
}

/// `next_page_token` of a reply.
fn next(rpc: &Rpc, reply: &[u8]) -> String {
    let mut fields = rpc.response.field.iter();
    let field = fields
        .find(|field| field.name() == "next_page_token")
        .expect("a token");
    let mut rest = reply;
    let mut found = String::new();
    while !rest.is_empty() {
        let key = prost::encoding::decode_varint(&mut rest).expect("a key");
        let wire_type = key % 8;
        if wire_type == 0 {
            prost::encoding::decode_varint(&mut rest).expect("a number");
            continue;
        }
        assert_eq!(wire_type, 2, "numbers, texts and messages");
        let length = prost::encoding::decode_varint(&mut rest).expect("a length");
        let (value, after) = rest.split_at(usize::try_from(length).expect("a small reply"));
        if key >> 3 == u64::try_from(field.number()).expect("a number") {
            found = String::from_utf8(value.to_vec()).expect("text");
        }
        rest = after;
    }
    found
}

/// A page token that was bent, and texts that never were one.
fn forged(own: &str) -> Vec<String> {
    let mut forged = vec![
        "' OR 1=1--".to_owned(),
        // What a cursor says, sealed by nobody.
        "eyJrZXkiOnsiVGV4dCI6Iicgb3IgMT0xIn0sImlkIjoiMCJ9".to_owned(),
        "A".repeat(16 * 1024),
        format!("{own}A"),
        own[..own.len() - 1].to_owned(),
    ];
    for at in (0..own.len()).step_by(3) {
        let other = if own.as_bytes()[at] == b'A' { "B" } else { "A" };
        forged.push(format!("{}{other}{}", &own[..at], &own[at + 1..]));
    }
    forged
}

/// Also CVE-2026-33504 and CVE-2026-33505: each list, with the tokens of every other, of another caller and another
/// server, and with its own after a change.
#[tokio::test]
async fn cve_2026_33503_a_page_token_is_good_for_its_own_question_only() {
    let world = World::new().await;
    let elsewhere = World::new().await;
    let key = world.server.api_key();
    let admin = world.server.admin().await;
    let request = CreateApiKeyRequest {
        name: "another".into(),
        role: "admin".into(),
        ttl: None,
    };
    let other_key = admin.auth().create_api_key(request).await;
    let other_key = other_key.expect("a key").into_inner().key;
    world.server.remember(&other_key);

    let mut tokens = BTreeMap::new();
    for rpc in lists() {
        let first = world.page(&rpc, key, "").await;
        let first = first.unwrap_or_else(|status| panic!("{}: {status}", rpc.name));
        let token = next(&rpc, &first);
        assert!(!token.is_empty(), "{} has one page only", rpc.name);
        world
            .page(&rpc, key, &token)
            .await
            .expect("the second page");
        let theirs = elsewhere.page(&rpc, elsewhere.server.api_key(), "").await;
        tokens.insert(
            rpc.name.clone(),
            (token, next(&rpc, &theirs.expect("a page"))),
        );
    }

    for rpc in lists() {
        let (own, theirs) = &tokens[&rpc.name];
        let others = tokens.iter().filter(|(name, _)| **name != rpc.name);
        let others = others.map(|(_, (token, _))| token.clone());
        let mut refused: Vec<(String, &str)> = forged(own)
            .into_iter()
            .chain(others)
            .chain([theirs.clone()])
            .map(|token| (token, key))
            .collect();
        refused.push((own.clone(), &other_key));
        for (token, bearer) in refused {
            let answer = world.page(&rpc, bearer, &token).await;
            let status = answer.expect_err(&format!("{} takes {token}", rpc.name));
            assert_eq!(
                status.code(),
                Code::InvalidArgument,
                "{}: {status}",
                rpc.name
            );
            let told = error::violations(&status);
            assert!(
                told.iter().any(|one| one.reason == "PAGE_TOKEN_INVALID"),
                "{told:?}"
            );
        }
    }
}

/// Every call that only reads, by an administrator and by the person.
#[tokio::test]
async fn cve_2018_16984_no_reply_holds_a_hash_or_a_code() {
    let world = World::new().await;
    let lea = people::tokens(&world.server, "lea", GOOD_PASSWORD).await;
    let codes: Vec<String> = world
        .server
        .mailbox()
        .all()
        .iter()
        .flat_map(guichet_tests::Mail::codes)
        .collect();
    let reads = ["Get", "List", "Lookup", "Batch", "Export", "Introspect"];
    let mut read = 0;

    for rpc in rpcs() {
        if !reads.iter().any(|start| rpc.name.starts_with(start))
            || rpc.name.ends_with("MigrateAccounts")
        {
            continue;
        }
        let message = match rpc.name.as_str() {
            "LookupAccounts" => text(1, "lea"),
            "BatchGetAccounts" => text(1, &lea.account_id),
            _ => world.needed(&rpc),
        };
        for bearer in [world.server.api_key(), &lea.access_token] {
            let Ok(reply) = world.call(&rpc, bearer, message.clone()).await else {
                continue;
            };
            read += usize::from(!reply.is_empty());
            let secrets = HASHES.into_iter().chain(codes.iter().map(String::as_str));
            for secret in secrets {
                let found = memmem::find(&reply, secret.as_bytes());
                assert_eq!(found, None, "{} tells {secret}", rpc.name);
            }
        }
    }

    assert!(read > 20, "only {read} replies were looked at");
    for (name, message) in messages() {
        for field in &message.field {
            let answers = name.ends_with("Response") || !name.ends_with("Request");
            let hash = field.name().contains("hash") && name != "ImportRow";
            assert!(!(answers && hash), "{name}.{}", field.name());
        }
    }
}
