//! A whole product over an empty database: every call and every page, whatever is sent to them.

use std::{
    ffi::OsString,
    future::Future,
    sync::{Arc, LazyLock},
};

use axum::{
    Router,
    body::Body,
    http::{HeaderValue, Method, Request, StatusCode, header},
};
use guichet_proto::v1::{
    self, CreateAccountRequest, LoginRequest, Tokens, create_account_request::Credential,
    login_response::Outcome,
};
use http_body_util::BodyExt as _;
use prost::Message;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tower::ServiceExt as _;
use uuid::Uuid;

use super::text;
use crate::{
    account, app::App, auth, call::Call, caller::Caller, config::Config, error::Error, import,
    institution, master_key::MasterKey, messages, pages, reset,
};

const PASSWORD: &str = "Babou45+";

/// Opened at the first use. What one input leaves behind the next one finds.
pub(super) static PRODUCT: LazyLock<Product> = LazyLock::new(Product::open);

pub(super) struct Product {
    runtime: Runtime,
    pub(super) app: Arc<App>,
    pages: Router,
    tokens: Tokens,
    person: Caller,
    _directory: TempDir,
}

impl Product {
    fn open() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let directory = tempfile::tempdir().expect("a directory");
        let app = runtime.block_on(App::open(config(&directory)));
        let app = app.expect("a product");
        let tokens = runtime.block_on(first_account(&app));
        let id = |text: &str| Uuid::try_parse(text).expect("an id");
        Self {
            pages: pages::router(&app).with_state(app.clone()),
            person: Caller::Person {
                account_id: id(&tokens.account_id),
                session_id: id(&tokens.session_id),
                roles: Vec::new(),
                institutions: Vec::new(),
            },
            runtime,
            app,
            tokens,
            _directory: directory,
        }
    }

    pub(super) fn wait<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }
}

/// The same in every process, so that a seed may hold what it sealed.
pub(super) fn test_master_key() -> MasterKey {
    let directory = tempfile::tempdir().expect("a directory");
    MasterKey::load_or_create(&config(&directory).storage).expect("a key")
}

fn config(directory: &TempDir) -> Config {
    let settings = [
        ("DATA_DIR", directory.path().to_str().expect("a path")),
        ("MASTER_KEY", &"01".repeat(32)),
        ("ARGON2", "m=8,t=1,p=1"),
        ("HASH_THREADS", "1"),
        ("THROTTLE", "off"),
        ("APP_URL", "https://app.example.org/home?a=b"),
        (
            "RETURN_URLS",
            "https://app.example.org/,http://localhost:3000/",
        ),
    ];
    let settings = settings.map(|(name, value)| {
        let name = format!("GUICHET_{name}");
        (OsString::from(name), OsString::from(value))
    });
    let loaded = Config::load(None, settings.into_iter());
    loaded.expect("a right configuration").config
}

async fn first_account(app: &App) -> Tokens {
    let call = call_of(app, system());
    let request = CreateAccountRequest {
        account: Some(v1::Account {
            username: "lea".to_owned(),
            email: "lea@ecole.example".to_owned(),
            ..Default::default()
        }),
        credential: Some(Credential::Password(PASSWORD.to_owned())),
        ..Default::default()
    };
    let made = account::create::create_account(&call, request).await;
    made.expect("an account");
    let request = LoginRequest {
        username: "lea".to_owned(),
        password: PASSWORD.to_owned(),
        ..Default::default()
    };
    let reply = auth::login::login(&call_of(app, Caller::Anonymous), request).await;
    match reply.expect("a sign-in").outcome {
        Some(Outcome::Tokens(tokens)) => tokens,
        _ => panic!("no tokens"),
    }
}

fn system() -> Caller {
    Caller::System {
        key_id: Uuid::nil(),
        role: "admin".to_owned(),
    }
}

fn call_of(app: &App, caller: Caller) -> Call<'_> {
    Call {
        app,
        caller,
        locale: app.locale,
        client: None,
        deadline: None,
        now: app.clock.now(),
    }
}

/// An access token: only the one that was issued is good, and not a byte of it may change.
pub fn access_token(data: &[u8]) {
    let product = &*PRODUCT;
    let now = product.app.clock.now();
    let good = &product.tokens.access_token;
    let verify = |token: &str| auth::token::verify(&product.app, token, now).is_ok();
    assert!(verify(good), "our own");
    if let Some(invented) = text(data) {
        assert!(!verify(invented), "{invented}");
    }
    if let Some(forged) = super::forged(good, data) {
        assert!(!verify(&forged), "{forged}");
    }
}

/// Tries one RPC after the other: the first byte chooses it, the second who calls; the rest is the request.
macro_rules! calls {
    ($($function:path: $request:ident,)*) => {
        /// A call: whatever its request holds, it is carried out or refused with a reason of the contract, in an answer
        /// that fits into the headers that it travels in. Nothing is the server's own fault.
        pub fn call(data: &[u8]) {
            let Some(([rpc, caller], request)) = data.split_first_chunk::<2>() else {
                return;
            };
            let product = &*PRODUCT;
            let caller = match caller % 3 {
                0 => Caller::Anonymous,
                1 => system(),
                _ => product.person.clone(),
            };
            let call = call_of(&product.app, caller);
            let mut number = 0_u8;
            $(
                if number == *rpc
                    && let Some(request) = read::<v1::$request>(request)
                {
                    let outcome = product.wait(Box::pin(call.carry_out(request, $function)));
                    is_explained(outcome.err(), &call);
                }
                number += 1;
            )*
            let _ = number;
        }
    };
}

calls! {
    account::create::create_account: CreateAccountRequest,
    account::get::get_account: GetAccountRequest,
    account::get::lookup_accounts: LookupAccountsRequest,
    account::get::batch_get_accounts: BatchGetAccountsRequest,
    account::list::list_accounts: ListAccountsRequest,
    account::update::update_account: UpdateAccountRequest,
    account::migrate::migrate_account: MigrateAccountRequest,
    account::migrate::batch_migrate_accounts: BatchMigrateAccountsRequest,
    account::migrate::send_activation: SendActivationRequest,
    change_password: ChangePasswordRequest,
    account::email::request_email_change: RequestEmailChangeRequest,
    account::email::confirm_email_change: ConfirmEmailChangeRequest,
    account::delete::purge_account: PurgeAccountRequest,
    auth::login::login: LoginRequest,
    auth::continue_login::continue_login: ContinueLoginRequest,
    auth::refresh::refresh: RefreshRequest,
    auth::logout::logout: LogoutRequest,
    auth::introspect::introspect: IntrospectRequest,
    auth::sessions::list_sessions: ListSessionsRequest,
    auth::sessions::revoke_session: RevokeSessionRequest,
    auth::totp::begin_totp_enrollment: BeginTotpEnrollmentRequest,
    auth::totp::confirm_totp_enrollment: ConfirmTotpEnrollmentRequest,
    auth::totp::remove_totp: RemoveTotpRequest,
    auth::api_keys::create_api_key: CreateApiKeyRequest,
    auth::api_keys::revoke_api_key: RevokeApiKeyRequest,
    reset::policy::check_password: CheckPasswordRequest,
    reset::request::request_reset: RequestResetRequest,
    reset::request::remind_usernames: RemindUsernamesRequest,
    reset::inspect::inspect_reset: InspectResetRequest,
    reset::complete::complete_reset: CompleteResetRequest,
    reset::revoke::revoke_reset: RevokeResetRequest,
    reset::issue::issue_reset_code: IssueResetCodeRequest,
    reset::list::list_reset_requests: ListResetRequestsRequest,
    institution::create::create_institution: CreateInstitutionRequest,
    institution::update::update_institution: UpdateInstitutionRequest,
    institution::list::list_institutions: ListInstitutionsRequest,
    institution::members::add_member: AddMemberRequest,
    institution::members::list_members: ListMembersRequest,
    institution::people::list_people: ListPeopleRequest,
    institution::report::get_migration_report: GetMigrationReportRequest,
    messages::list::list_messages: ListMessagesRequest,
    messages::report_bounce::report_bounce: ReportBounceRequest,
    messages::resend::resend_message: ResendMessageRequest,
    import::get::list_imports: ListImportsRequest,
    import::rows::list_import_rows: ListImportRowsRequest,
    import::undo::undo_import: UndoImportRequest,
}

/// On a device that shows no token.
async fn change_password(
    call: &Call<'_>,
    request: v1::ChangePasswordRequest,
) -> Result<v1::ChangePasswordResponse, Error> {
    account::change_password::change_password(call, (request, String::new())).await
}

/// Decodes a request as prost does for tonic; what was read is read again when it is written down.
fn read<M: Message + Default + Clone>(bytes: &[u8]) -> Option<M> {
    let message = M::decode(bytes).ok()?;
    let written = message.encode_to_vec();
    let again = M::decode(written.as_slice()).expect("what was written can be read");
    assert_eq!(again.encoded_len(), written.len());
    Some(message)
}

fn is_explained(refusal: Option<Error>, call: &Call<'_>) {
    let Some(refusal) = refusal else { return };
    if let Error::Internal(cause) = &refusal {
        panic!("{cause:?}");
    }
    assert!(
        !matches!(refusal, Error::StoreUnavailable(_)),
        "{refusal:?}"
    );
    // hyper takes 16 KiB of headers, proxies often 8, and these bytes travel as base64 beside the message.
    let details = refusal.into_status(call.locale).details().len();
    assert!(details <= 4_096, "{details} bytes of details");
}

/// A page: the first byte says which, a zero byte parts its query, cookies and form. It is shown or refused, never broken,
/// and what was sent to it opens no element.
pub fn page(data: &[u8]) {
    const PATHS: [&str; 8] = [
        "/Account/Login",
        "/Account/ForgotPassword",
        "/Account/ResetPassword",
        "/Account/ResetPassword/Again",
        "/Account/ConfirmEmail",
        "/Account/RevokeReset",
        "/Account/SignOut",
        "/Institution",
    ];
    let Some((choice, rest)) = data.split_first() else {
        return;
    };
    let mut parts = rest.splitn(3, |byte| *byte == 0);
    let [query, cookies, form] = std::array::from_fn(|_| parts.next().unwrap_or_default());
    let path = PATHS[usize::from(choice % 8)];
    let is_post = choice & 8 != 0;
    let query = percent_encoding::percent_encode(query, QUERY);
    let mut request = Request::builder()
        .method(if is_post { Method::POST } else { Method::GET })
        .uri(format!("{path}?{query}"))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    // A form of ours from this browser, or of anybody's.
    let form = if choice & 16 == 0 {
        form.to_vec()
    } else {
        request = request.header(header::COOKIE, "guichet_form=a");
        let token = pages::form::mac(&PRODUCT.app, "a");
        [format!("form_token={token}&").as_bytes(), form].concat()
    };
    if let Ok(cookies) = HeaderValue::from_bytes(cookies) {
        request = request.header(header::COOKIE, cookies);
    }
    let Ok(request) = request.body(Body::from(form)) else {
        return;
    };
    let answer = PRODUCT.wait(async {
        let response = PRODUCT.pages.clone().oneshot(request).await;
        let (head, body) = response.expect("a router never fails").into_parts();
        (head, body.collect().await.expect("a page").to_bytes())
    });
    is_safe(&answer.0, &answer.1);
}

/// What a browser leaves as it is in a query.
const QUERY: &percent_encoding::AsciiSet = &percent_encoding::CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>');

fn is_safe(head: &http::response::Parts, body: &[u8]) {
    assert_ne!(head.status, StatusCode::INTERNAL_SERVER_ERROR);
    let kind = head.headers.get(header::CONTENT_TYPE);
    if kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html")) {
        assert!(head.headers.contains_key(header::CONTENT_SECURITY_POLICY));
        let page = String::from_utf8_lossy(body);
        // `q` begins no element of ours: seeds and mutations put it behind every bracket.
        // Behind `=` the quote only begins a value.
        let page = page.replace("=\"q=", "=\"");
        assert!(!page.contains("<q") && !page.contains("\"q="), "{page}");
    }
    if let Some(target) = head.headers.get(header::LOCATION) {
        let target = target.to_str().expect("ASCII");
        let is_ours = target.starts_with('/') && !target.starts_with("//");
        let is_listed = PRODUCT
            .app
            .config
            .application
            .return_target(target)
            .is_some();
        assert!(is_ours || is_listed, "{target}");
    }
}
