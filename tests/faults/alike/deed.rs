//! Calls by chance. Whom they are about is named by a number, because the two sides make ids of their own.

use crate::world::Random;

/// One call.
#[derive(Clone, Debug)]
pub(crate) enum Deed {
    CreateAccount {
        username: String,
        email: String,
        display_name: String,
        external_id: String,
        attribute: String,
        institution: Option<usize>,
        password: Option<&'static str>,
    },
    GetAccount(usize),
    Lookup(Key),
    UpdateAccount {
        account: usize,
        display_name: Option<String>,
        external_id: Option<String>,
        attribute: Option<String>,
        with_etag: bool,
    },
    ListAccounts {
        filter: String,
        order_by: &'static str,
        page_size: i32,
        institution: Option<usize>,
    },
    Disable(usize),
    Enable(usize),
    Delete(usize),
    Undelete(usize),
    Purge(usize),
    Login {
        account: usize,
        password: &'static str,
    },
    Refresh(usize),
    Sessions(usize),
    CheckPassword(String),
    CreateInstitution {
        display_name: String,
        external_id: String,
        parent: Option<usize>,
    },
    ListInstitutions {
        filter: String,
        order_by: &'static str,
        page_size: i32,
    },
    MoveInstitution {
        institution: usize,
        parent: Option<usize>,
    },
    DeleteInstitution(usize),
    AddMember {
        institution: usize,
        account: usize,
    },
    RemoveMember {
        institution: usize,
        account: usize,
    },
    ListMembers(usize),
}

/// What an account is looked up by.
#[derive(Clone, Debug)]
pub(crate) enum Key {
    Username(String),
    Email(String),
    ExternalId(String),
}

/// Rules of the default policy, kept and broken.
pub(crate) const PASSWORDS: [&str; 3] = ["Babou45+", "Tilou93!", "short"];

/// Names that stores may take for the same, sort differently or not keep.
const LETTERS: [&str; 22] = [
    "a", "A", "b", "é", "e\u{301}", "É", "ß", "ss", "I", "ı", "İ", "ǆ", "ﬁ", "Æ", "ö", "Ö", "z",
    "-", "_", "%", "'", "\u{0}",
];

/// The first of them, which all may be in one name.
const PLAIN: usize = 9;

/// Texts where anything goes.
const TEXTS: [&str; 14] = [
    "",
    "plain",
    "Éloïse",
    "E\u{301}loïse",
    "'; DROP TABLE account; --",
    "%",
    "_",
    "\\",
    "\"",
    "👩‍👩‍👧",
    "  spaces  ",
    "\u{0}",
    "10",
    "9",
];

/// So few that most deeds meet others.
const ACCOUNTS: u64 = 60;
const INSTITUTIONS: u64 = 15;

impl Deed {
    #[expect(clippy::too_many_lines, reason = "a table: one arm a deed")]
    pub(crate) fn by_chance(random: &mut Random) -> Self {
        match random.below(40) {
            0..6 => Self::CreateAccount {
                username: name(random),
                email: email(random),
                display_name: text(random),
                external_id: external_id(random),
                attribute: text(random),
                institution: perhaps(random, institution),
                password: perhaps(random, password),
            },
            6 => Self::GetAccount(account(random)),
            7..11 => Self::Lookup(key(random)),
            11..15 => Self::UpdateAccount {
                account: account(random),
                display_name: perhaps(random, text),
                external_id: perhaps(random, external_id),
                attribute: perhaps(random, text),
                with_etag: random.below(3) == 0,
            },
            15..19 => Self::ListAccounts {
                filter: filter(random),
                order_by: one_of(random, &ORDERS),
                page_size: page_size(random),
                institution: perhaps(random, institution),
            },
            19 => Self::Disable(account(random)),
            20 => Self::Enable(account(random)),
            21 => Self::Delete(account(random)),
            22 => Self::Undelete(account(random)),
            23 => Self::Purge(account(random)),
            24..28 => Self::Login {
                account: account(random),
                password: password(random),
            },
            28 => Self::Refresh(account(random)),
            29 => Self::Sessions(account(random)),
            30 => Self::CheckPassword(format!("{}{}", text(random), password(random))),
            31..33 => Self::CreateInstitution {
                display_name: text(random),
                external_id: external_id(random),
                parent: perhaps(random, institution),
            },
            33 => Self::ListInstitutions {
                filter: format!(
                    "display_name = \"{}*\"",
                    one_of(random, &["", "p", "É", "%", "1"])
                ),
                order_by: one_of(random, &["create_time", "create_time desc", "external_id"]),
                page_size: page_size(random),
            },
            34 => Self::MoveInstitution {
                institution: institution(random),
                parent: perhaps(random, institution),
            },
            35 => Self::DeleteInstitution(institution(random)),
            36 | 37 => Self::AddMember {
                institution: institution(random),
                account: account(random),
            },
            38 => Self::RemoveMember {
                institution: institution(random),
                account: account(random),
            },
            _ => Self::ListMembers(institution(random)),
        }
    }
}

/// One of them is none, and refused. Not by name: in what order names are sorted is the database's affair.
const ORDERS: [&str; 5] = [
    "create_time",
    "create_time desc",
    "update_time",
    "update_time desc",
    "email",
];

fn one_of<T: Copy>(random: &mut Random, choices: &[T]) -> T {
    choices[number(random, choices.len() as u64)]
}

fn number(random: &mut Random, bound: u64) -> usize {
    usize::try_from(random.below(bound)).expect("a small number")
}

fn perhaps<T>(random: &mut Random, value: impl Fn(&mut Random) -> T) -> Option<T> {
    (random.below(2) == 0).then(|| value(random))
}

fn account(random: &mut Random) -> usize {
    number(random, ACCOUNTS)
}

fn institution(random: &mut Random) -> usize {
    number(random, INSTITUTIONS)
}

fn password(random: &mut Random) -> &'static str {
    one_of(random, &PASSWORDS)
}

/// Mostly one that may be given to somebody.
fn name(random: &mut Random) -> String {
    let letters = (0..=random.below(3)).map(|_| match random.below(4) {
        0 => one_of(random, &LETTERS),
        _ => one_of(random, &LETTERS[..PLAIN]),
    });
    letters.collect()
}

fn email(random: &mut Random) -> String {
    match random.below(4) {
        0 => String::new(),
        1 => name(random),
        _ => format!(
            "{}@École.example",
            one_of(random, &["a", "A", "b", "z.z", "é"])
        ),
    }
}

fn external_id(random: &mut Random) -> String {
    one_of(random, &["", "", "1", "10", "9", "é", "É", "a", "A", " "]).to_owned()
}

fn text(random: &mut Random) -> String {
    match random.below(12) {
        0 => "x".repeat(number(random, 1_100)),
        _ => one_of(random, &TEXTS).to_owned(),
    }
}

fn key(random: &mut Random) -> Key {
    match random.below(3) {
        0 => Key::Username(name(random)),
        1 => Key::Email(email(random)),
        _ => Key::ExternalId(external_id(random)),
    }
}

fn filter(random: &mut Random) -> String {
    match random.below(5) {
        0 => String::new(),
        1 => format!("username = \"{}*\"", one_of(random, &LETTERS)),
        2 => format!("email = \"{}*\"", one_of(random, &["a", "É", "%", "_"])),
        3 => format!(
            "state = {}",
            one_of(random, &["ACTIVE", "PENDING", "DELETED", "NONE"])
        ),
        _ => format!(
            "state = DISABLED AND username = \"{}*\"",
            one_of(random, &LETTERS)
        ),
    }
}

fn page_size(random: &mut Random) -> i32 {
    one_of(random, &[-1, 0, 1, 7, 1_000, i32::MAX])
}
