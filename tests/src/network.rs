//! People and schools of a network like the one this product was made for, as its old system would export them.
//!
//! No chance is involved: the same number is the same person.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::OldHashes;

/// The forms that the network's old systems left behind.
const FORMS: [&str; 5] = [
    "ASP.NET Identity V2",
    "ASP.NET Identity V3, SHA-1",
    "ASP.NET Membership, SHA-1",
    "bcrypt 2a",
    "LDAP SSHA",
];

const FIRST_NAMES: [&str; 8] = [
    "Amélie",
    "Benoît",
    "Chloé",
    "Ægidius",
    "François",
    "Gaëlle",
    "Jean-Noël",
    "Léa",
];
const LAST_NAMES: [&str; 8] = [
    "Dupont",
    "D'Hondt",
    "Lefèvre",
    "Martin",
    "Nguyễn",
    "Öztürk",
    "Van den Berghe",
    "Œdenkoven",
];

/// A network's schools and staff.
#[derive(Clone, Debug)]
pub struct OldNetwork {
    /// Schools below the one authority.
    pub schools: usize,
    /// People in them.
    pub staff: usize,
    old: OldHashes,
}

impl OldNetwork {
    /// A network of this size.
    pub fn new(schools: usize, staff: usize) -> Self {
        Self {
            schools,
            staff,
            old: OldHashes::all(),
        }
    }

    /// What everybody signs in with whose password came along.
    pub fn password(&self) -> &str {
        &self.old.password
    }

    /// The id of a school in the old system.
    pub fn school_id(school: usize) -> String {
        format!("FASE {school}")
    }

    /// The username of a person.
    pub fn username(person: usize) -> String {
        format!("p.{person}")
    }

    /// Whether a person's password came along; of those who have one, five in a row have each form once.
    pub const fn has_password(person: usize) -> bool {
        person % 8 < FORMS.len()
    }

    /// The export, one JSON object a line. Every eighth person has no address and every eighth the secretariat's; there
    /// are only 64 names for all of them.
    pub fn export(&self) -> String {
        let mut export = String::new();
        for person in 0..self.staff {
            writeln!(export, "{}", self.row(person)).expect("memory");
        }
        export
    }

    fn row(&self, person: usize) -> Value {
        let school = person % self.schools;
        let first = FIRST_NAMES[person % FIRST_NAMES.len()];
        let last = LAST_NAMES[person / FIRST_NAMES.len() % LAST_NAMES.len()];
        let email = match person % 8 {
            6 => None,
            7 => Some(format!("secretariat@school{school}.example")),
            _ => Some(format!("p{person}@school{school}.example")),
        };
        let form = FORMS.get(person % 8).copied();
        json!({
            "username": Self::username(person),
            "email": email,
            "display_name": format!("{first} {last}"),
            "external_id": format!("matricule {person}"),
            "institution_external_id": Self::school_id(school),
            "locale": if person.is_multiple_of(9) { "nl" } else { "fr" },
            "password_hash": form.map(|form| self.old.hashes[form].clone()),
            "attributes": { "function": "teacher" },
        })
    }
}
