//! LDAP's `{SCHEME}` (RFC 2307 section 5.3, and what `OpenLDAP` adds): base64 of the digest and the salt behind it.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{Digest, Foreign, Function, HashFault, Layout, Read, crypt, unix};

pub(super) fn read(text: &str) -> Option<Read<Foreign>> {
    let (scheme, value) = text.strip_prefix('{')?.split_once('}')?;
    let (digest, is_salted) = match scheme.to_ascii_uppercase().as_str() {
        "MD5" => (Digest::Md5, false),
        "SMD5" => (Digest::Md5, true),
        "SHA" => (Digest::Sha1, false),
        "SSHA" => (Digest::Sha1, true),
        "SHA256" => (Digest::Sha256, false),
        "SSHA256" => (Digest::Sha256, true),
        "SHA512" => (Digest::Sha512, false),
        "SSHA512" => (Digest::Sha512, true),
        "CRYPT" => return crypt::read(value).or_else(|| unix::read(value)),
        _ => return None,
    };
    Some(salted(digest, is_salted, value))
}

fn salted(digest: Digest, is_salted: bool, value: &str) -> Read<Foreign> {
    let mut bytes = STANDARD.decode(value).map_err(|_| HashFault::Malformed)?;
    if bytes.len() < digest.length() || is_salted != (bytes.len() > digest.length()) {
        return Err(HashFault::Malformed);
    }
    let salt = bytes.split_off(digest.length());
    Ok(Foreign {
        function: Function::Digest {
            digest,
            layout: Layout::PasswordThenSalt,
            salt,
        },
        output: bytes,
    })
}
