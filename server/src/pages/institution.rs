//! The desk of whoever acts for an institution: who is stuck, and what to do about it. The script does it all, by the RPCs
//! that hold the rules.

use askama::Template;
use axum::{http::StatusCode, response::Response};

use super::{frame::Frame, visit::Visit};
use crate::i18n::{self, Arg};

/// Lines of a file of addresses; the script counts them too.
const MAX_LINES: u32 = 5_000;

#[derive(Template)]
#[template(path = "pages/templates/institution.html")]
struct Page {
    frame: Frame,
    max_lines: u32,
    application: String,
}

/// What the script says, and what it fills in.
const STRINGS: &[(&str, &[&str])] = &[
    ("page-desk-not-yours", &[]),
    (
        "page-desk-total",
        &["active", "pending", "legacy", "missing"],
    ),
    ("page-desk-institution", &[]),
    ("page-desk-legacy", &[]),
    ("page-desk-pending", &[]),
    ("page-desk-active", &[]),
    ("page-desk-disabled", &[]),
    ("page-desk-missing", &[]),
    ("page-desk-everywhere", &[]),
    ("page-desk-NOT_MIGRATED", &[]),
    ("page-desk-NO_ADDRESS", &[]),
    ("page-desk-UNDELIVERED", &[]),
    ("page-desk-MAILED", &[]),
    ("page-desk-ACTIVE", &[]),
    ("page-desk-DISABLED", &[]),
    ("page-desk-found", &["count"]),
    ("page-desk-none", &[]),
    ("page-desk-no-address", &[]),
    ("page-desk-email", &[]),
    ("page-desk-migrate", &[]),
    ("page-desk-send", &[]),
    ("page-desk-change", &[]),
    ("page-desk-link", &[]),
    ("page-desk-code", &[]),
    ("page-desk-history", &[]),
    ("page-desk-unlock", &[]),
    ("page-desk-enable", &[]),
    ("page-desk-factor", &[]),
    ("page-desk-factor-sure", &["name"]),
    ("page-desk-done-factor", &["name"]),
    ("page-desk-done-send", &["email"]),
    ("page-desk-done-change", &["email"]),
    ("page-desk-done-enable", &["name"]),
    ("page-desk-done-unlock", &["name"]),
    ("page-desk-mail", &["time", "state"]),
    ("page-desk-mail-QUEUED", &[]),
    ("page-desk-mail-SENT", &[]),
    ("page-desk-mail-DEAD", &[]),
    ("page-desk-mail-BOUNCED", &[]),
    ("page-desk-nobody", &[]),
    ("page-desk-batch", &["done", "refused", "left"]),
    ("page-desk-batch-codes", &["done", "refused", "left"]),
    ("page-desk-verdict", &["name", "why"]),
    ("page-desk-file-wrong", &["max"]),
    ("page-desk-row", &["row", "who", "outcome"]),
    ("page-desk-row-unknown", &[]),
    ("page-desk-row-settled", &[]),
    ("page-desk-row-ambiguous", &[]),
    ("page-desk-row-head", &[]),
    ("page-desk-row-refused", &["reason"]),
    ("page-desk-why-UNANSWERED", &[]),
    ("page-desk-why-INVALID_FIELDS", &[]),
    ("page-desk-why-STATE", &[]),
    ("page-desk-why-FORBIDDEN", &[]),
    ("page-desk-why-NOT_FOUND", &[]),
    ("page-desk-sheet", &[]),
    ("page-desk-sheet-open", &[]),
    ("page-desk-sheet-code", &[]),
    ("page-desk-sheet-email", &[]),
    ("page-desk-sheet-choose", &[]),
    ("page-desk-sheet-until", &["time"]),
    ("page-desk-print", &[]),
    ("page-desk-history-none", &[]),
    ("page-desk-request", &["time", "identifier", "outcome"]),
    ("page-desk-outcome-QUEUED", &[]),
    ("page-desk-outcome-MAILED", &[]),
    ("page-desk-outcome-MAILED-QUEUED", &[]),
    ("page-desk-outcome-MAILED-SENT", &[]),
    ("page-desk-outcome-NOT_MIGRATED", &[]),
    ("page-desk-outcome-NO_EMAIL", &[]),
    ("page-desk-outcome-DISABLED", &[]),
    ("page-desk-outcome-THROTTLED", &[]),
    ("page-desk-outcome-REFUSED", &[]),
    ("page-desk-outcome-BOUNCED", &[]),
    ("page-desk-outcome-UNKNOWN", &[]),
    ("page-desk-show", &[]),
    ("page-desk-opened", &["time"]),
    ("page-desk-completed", &["time"]),
];

pub(super) async fn show(visit: Visit) -> Response {
    let title = i18n::text(visit.locale, "page-desk-title", &[]);
    let frame = Frame::new(&visit, "institution", title).failures();
    let frame = STRINGS.iter().fold(frame, |frame, (key, names)| {
        let fill_in = |name: &&'static str| -> Arg<'_> { (*name, format!("{{{name}}}").into()) };
        let args: Vec<Arg<'_>> = names.iter().map(fill_in).collect();
        frame.string(key, &args)
    });
    let page = Page {
        frame,
        max_lines: MAX_LINES,
        application: visit.app.config.application.name.clone(),
    };
    visit.page(StatusCode::OK, &page)
}
