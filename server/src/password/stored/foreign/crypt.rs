//! bcrypt, and PBKDF2 and scrypt in PHC's form and in passlib's.

use std::num::NonZeroU32;

use base64::{
    Engine as _,
    alphabet::BCRYPT,
    engine::{
        DecodePaddingMode,
        general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD_NO_PAD},
    },
};

use super::{Foreign, Function, HashFault, Prf, Read, number};

/// bcrypt's base64; some implementations leave bits set behind the last byte.
const BCRYPT_BASE64: GeneralPurpose = GeneralPurpose::new(
    &BCRYPT,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

const BCRYPT_SALT: usize = 22;
const BCRYPT_OUTPUT: usize = 31;

pub(super) fn read(text: &str) -> Option<Read<Foreign>> {
    let (scheme, rest) = text.strip_prefix('$')?.split_once('$')?;
    match scheme {
        "2a" | "2b" | "2y" => Some(bcrypt(rest, false)),
        "pbkdf2" | "pbkdf2-sha1" => Some(pbkdf2(Prf::Sha1, rest)),
        "pbkdf2-sha256" => Some(pbkdf2(Prf::Sha256, rest)),
        "pbkdf2-sha512" => Some(pbkdf2(Prf::Sha512, rest)),
        "scrypt" => Some(scrypt(rest)),
        _ => None,
    }
}

/// `12$`, 22 characters of salt, 31 of output.
pub(super) fn bcrypt(rest: &str, of_digest: bool) -> Read<Foreign> {
    let malformed = HashFault::Malformed;
    let (cost, both) = rest.split_once('$').ok_or(malformed)?;
    // Before it is cut: a character of several bytes made implementations panic (RUSTSEC-2026-0199).
    if cost.len() != 2 || both.len() != BCRYPT_SALT + BCRYPT_OUTPUT || !both.is_ascii() {
        return Err(malformed);
    }
    let (salt, output) = both.split_at(BCRYPT_SALT);
    let decode = |part| BCRYPT_BASE64.decode(part).map_err(|_| malformed);
    Ok(Foreign {
        function: Function::Bcrypt {
            cost: number(cost.strip_prefix('0').unwrap_or(cost))?,
            salt: decode(salt)?,
            of_digest,
        },
        output: decode(output)?,
    })
}

/// PHC's `i=600000,l=32$salt$output`, or passlib's `600000$salt$output`.
fn pbkdf2(prf: Prf, rest: &str) -> Read<Foreign> {
    let [parameters, salt, output] = three(rest)?;
    let rounds = match parameters.split_once('=') {
        None => number(parameters)?,
        Some(_) => parameter(parameters, "i")?,
    };
    let output = base64(output)?;
    if parameters.contains("l=") && parameter(parameters, "l")? as usize != output.len() {
        return Err(HashFault::Malformed);
    }
    Ok(Foreign {
        function: Function::Pbkdf2 {
            prf,
            rounds: NonZeroU32::new(rounds).ok_or(HashFault::Malformed)?,
            salt: base64(salt)?,
            length: output.len(),
        },
        output,
    })
}

/// `ln=15,r=8,p=1$salt$output`.
fn scrypt(rest: &str) -> Read<Foreign> {
    let [parameters, salt, output] = three(rest)?;
    let output = base64(output)?;
    Ok(Foreign {
        function: Function::Scrypt {
            log_n: u8::try_from(parameter(parameters, "ln")?).map_err(|_| HashFault::TooCostly)?,
            r: parameter(parameters, "r")?,
            p: parameter(parameters, "p")?,
            salt: base64(salt)?,
            length: output.len(),
        },
        output,
    })
}

fn three(rest: &str) -> Read<[&str; 3]> {
    let parts: Vec<&str> = rest.split('$').collect();
    parts.try_into().map_err(|_| HashFault::Malformed)
}

pub(super) fn parameter(list: &str, wanted: &str) -> Read<u32> {
    let mut pairs = list.split(',').filter_map(|pair| pair.split_once('='));
    let found = pairs.find(|(key, _)| *key == wanted);
    number(found.ok_or(HashFault::Malformed)?.1)
}

/// Base64 without padding; passlib writes a dot for the plus.
fn base64(text: &str) -> Read<Vec<u8>> {
    let plain = text.replace('.', "+");
    STANDARD_NO_PAD
        .decode(plain)
        .map_err(|_| HashFault::Malformed)
}
