//! Firebase's scrypt, which keeps the hash of a key that one project's users share: as Supabase's Auth writes it
//! (`$fbscrypt$`) and as Ory Kratos does (`$firescrypt$`).

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{Foreign, Function, HashFault, Read, crypt::parameter};

/// What stands in a string, in whatever order.
struct Parts<'a> {
    parameters: &'a str,
    log_n: &'a str,
    salt: &'a str,
    separator: &'a str,
    signer_key: &'a str,
    output: &'a str,
}

pub(super) fn read(text: &str) -> Option<Read<Foreign>> {
    let (scheme, rest) = text.strip_prefix('$')?.split_once('$')?;
    let parts: Vec<&str> = rest.split('$').collect();
    let parts = match (scheme, parts.as_slice()) {
        ("fbscrypt", [parameters, salt, output]) => Some(Parts {
            parameters,
            log_n: "n",
            salt,
            separator: text_parameter(parameters, "ss"),
            signer_key: text_parameter(parameters, "sk"),
            output,
        }),
        ("firescrypt", [parameters, salt, output, separator, signer_key]) => Some(Parts {
            parameters,
            log_n: "ln",
            salt,
            separator,
            signer_key,
            output,
        }),
        ("fbscrypt" | "firescrypt", _) => None,
        _ => return None,
    };
    Some(
        parts
            .ok_or(HashFault::Malformed)
            .and_then(|parts| scrypt(&parts)),
    )
}

/// The hash is the signer key, encrypted in counter mode with what scrypt makes of the password. The two together are the
/// stream that it was encrypted with; so the key, which is the project's, need not be kept.
fn scrypt(parts: &Parts<'_>) -> Read<Foreign> {
    let (key, hash) = (base64(parts.signer_key)?, base64(parts.output)?);
    if key.len() != hash.len() {
        return Err(HashFault::Malformed);
    }
    let log_n = parameter(parts.parameters, parts.log_n)?;
    let salt = [base64(parts.salt)?, base64(parts.separator)?].concat();
    Ok(Foreign {
        function: Function::ScryptStream {
            log_n: u8::try_from(log_n).map_err(|_| HashFault::TooCostly)?,
            r: parameter(parts.parameters, "r")?,
            p: parameter(parts.parameters, "p")?,
            salt,
            length: hash.len(),
        },
        output: key.iter().zip(hash).map(|(key, byte)| key ^ byte).collect(),
    })
}

/// Base64 with its padding, which looks like the sign between a name and its value.
fn text_parameter<'a>(list: &'a str, wanted: &str) -> &'a str {
    let mut pairs = list.split(',').filter_map(|pair| pair.split_once('='));
    let found = pairs.find(|(key, _)| *key == wanted);
    found.map_or("", |(_, value)| value)
}

fn base64(text: &str) -> Read<Vec<u8>> {
    STANDARD.decode(text).map_err(|_| HashFault::Malformed)
}
