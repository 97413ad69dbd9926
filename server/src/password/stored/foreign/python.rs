//! Django's hashers (`algorithm$…`) and Werkzeug's (`method:parameters$salt$hex`). Their salts are plain text.

use std::num::NonZeroU32;

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{Digest, Foreign, Function, HashFault, Layout, Prf, Read, crypt, number};

pub(super) fn read(text: &str) -> Option<Read<Foreign>> {
    let (method, rest) = text.split_once('$')?;
    match method {
        "pbkdf2_sha256" => Some(django_pbkdf2(Prf::Sha256, rest)),
        "pbkdf2_sha1" => Some(django_pbkdf2(Prf::Sha1, rest)),
        "bcrypt" => Some(django_bcrypt(rest, false)),
        "bcrypt_sha256" => Some(django_bcrypt(rest, true)),
        "scrypt" => Some(django_scrypt(rest)),
        "sha1" => Some(django_digest(Digest::Sha1, rest)),
        "md5" => Some(django_digest(Digest::Md5, rest)),
        _ => {
            let mut parts = method.split(':');
            match parts.next()? {
                "pbkdf2" => Some(werkzeug_pbkdf2(parts.collect(), rest)),
                "scrypt" => Some(werkzeug_scrypt(parts.collect(), rest)),
                _ => None,
            }
        }
    }
}

/// `600000$salt$base64`.
fn django_pbkdf2(prf: Prf, rest: &str) -> Read<Foreign> {
    let [rounds, salt, output] = split(rest)?;
    pbkdf2(prf, rounds, salt, from_base64(output)?)
}

/// `$2b$12$…`, with the dollar that divides it from its name.
fn django_bcrypt(rest: &str, of_digest: bool) -> Read<Foreign> {
    let known = ["$2a$", "$2b$", "$2y$"];
    let rest = known.iter().find_map(|prefix| rest.strip_prefix(prefix));
    crypt::bcrypt(rest.ok_or(HashFault::Malformed)?, of_digest)
}

/// `16384$salt$8$5$base64`: N, then r and p.
fn django_scrypt(rest: &str) -> Read<Foreign> {
    let [n, salt, r, p, output] = split(rest)?;
    scrypt([n, r, p], salt, from_base64(output)?)
}

/// `salt$hex`.
fn django_digest(digest: Digest, rest: &str) -> Read<Foreign> {
    let [salt, output] = split(rest)?;
    Ok(Foreign {
        function: Function::Digest {
            digest,
            layout: Layout::SaltThenPassword,
            salt: salt.as_bytes().to_vec(),
        },
        output: from_hex(output)?,
    })
}

/// `pbkdf2:sha256:600000$salt$hex`.
fn werkzeug_pbkdf2(parameters: Vec<&str>, rest: &str) -> Read<Foreign> {
    let [salt, output] = split(rest)?;
    let [name, rounds] = parameters.try_into().map_err(|_| HashFault::Malformed)?;
    let prf = match name {
        "sha1" => Prf::Sha1,
        "sha256" => Prf::Sha256,
        "sha512" => Prf::Sha512,
        _ => return Err(HashFault::UnknownFormat),
    };
    pbkdf2(prf, rounds, salt, from_hex(output)?)
}

/// `scrypt:32768:8:1$salt$hex`.
fn werkzeug_scrypt(parameters: Vec<&str>, rest: &str) -> Read<Foreign> {
    let [salt, output] = split(rest)?;
    let parameters = parameters.try_into().map_err(|_| HashFault::Malformed)?;
    scrypt(parameters, salt, from_hex(output)?)
}

fn pbkdf2(prf: Prf, rounds: &str, salt: &str, output: Vec<u8>) -> Read<Foreign> {
    Ok(Foreign {
        function: Function::Pbkdf2 {
            prf,
            rounds: NonZeroU32::new(number(rounds)?).ok_or(HashFault::Malformed)?,
            salt: salt.as_bytes().to_vec(),
            length: output.len(),
        },
        output,
    })
}

fn scrypt([n, r, p]: [&str; 3], salt: &str, output: Vec<u8>) -> Read<Foreign> {
    let n = number(n)?;
    if !n.is_power_of_two() {
        return Err(HashFault::Malformed);
    }
    Ok(Foreign {
        function: Function::Scrypt {
            log_n: u8::try_from(n.trailing_zeros()).map_err(|_| HashFault::TooCostly)?,
            r: number(r)?,
            p: number(p)?,
            salt: salt.as_bytes().to_vec(),
            length: output.len(),
        },
        output,
    })
}

fn split<const N: usize>(rest: &str) -> Read<[&str; N]> {
    let parts: Vec<&str> = rest.split('$').collect();
    parts.try_into().map_err(|_| HashFault::Malformed)
}

fn from_base64(text: &str) -> Read<Vec<u8>> {
    STANDARD.decode(text).map_err(|_| HashFault::Malformed)
}

fn from_hex(text: &str) -> Read<Vec<u8>> {
    hex::decode(text).map_err(|_| HashFault::Malformed)
}
