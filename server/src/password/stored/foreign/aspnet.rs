//! ASP.NET Identity V2 and V3 (base64 of a versioned blob), and what its migration guide makes of ASP.NET Membership:
//! `hash|format|salt`.

use std::num::NonZeroU32;

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{Digest, Foreign, Function, HashFault, Layout, Prf, Read};

/// V2: a zero, 16 bytes of salt, 32 bytes of PBKDF2-HMAC-SHA1 with 1,000 rounds.
const V2_BYTES: usize = 1 + 16 + 32;
const V2_ROUNDS: NonZeroU32 = NonZeroU32::new(1_000).expect("it is not zero");

/// V3: a one, then PRF, rounds and length of the salt, each 32 bits, big-endian.
const V3_HEAD: usize = 1 + 3 * 4;

pub(super) fn read(text: &str) -> Option<Read<Foreign>> {
    if text.contains('|') {
        return Some(membership(text));
    }
    let blob = STANDARD.decode(text).ok()?;
    match blob.first()? {
        0 if blob.len() == V2_BYTES => Some(Ok(v2(&blob))),
        1 if blob.len() > V3_HEAD => Some(v3(&blob)),
        _ => None,
    }
}

fn v2(blob: &[u8]) -> Foreign {
    let (salt, output) = blob[1..].split_at(16);
    pbkdf2(Prf::Sha1, V2_ROUNDS, salt, output)
}

fn v3(blob: &[u8]) -> Read<Foreign> {
    let word = |index: usize| {
        let bytes = &blob[1 + index * 4..][..4];
        u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]])
    };
    let prf = match word(0) {
        0 => Prf::Sha1,
        1 => Prf::Sha256,
        2 => Prf::Sha512,
        _ => return Err(HashFault::Malformed),
    };
    let rounds = NonZeroU32::new(word(1)).ok_or(HashFault::Malformed)?;
    let rest = &blob[V3_HEAD..];
    let length = usize::try_from(word(2)).unwrap_or(usize::MAX);
    // .NET itself refuses less than 128 bits of salt and of key.
    let (salt, output) = rest.split_at_checked(length).ok_or(HashFault::Malformed)?;
    if salt.len() < 16 {
        return Err(HashFault::Malformed);
    }
    Ok(pbkdf2(prf, rounds, salt, output))
}

fn pbkdf2(prf: Prf, rounds: NonZeroU32, salt: &[u8], output: &[u8]) -> Foreign {
    Foreign {
        function: Function::Pbkdf2 {
            prf,
            rounds,
            salt: salt.to_vec(),
            length: output.len(),
        },
        output: output.to_vec(),
    }
}

/// Format 1 is "hashed": SHA-1 over the salt and the password in UTF-16.
fn membership(text: &str) -> Read<Foreign> {
    let mut parts = text.split('|');
    let (Some(output), Some(format), Some(salt), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(HashFault::Malformed);
    };
    if format != "1" {
        return Err(HashFault::UnknownFormat);
    }
    let decode = |part| STANDARD.decode(part).map_err(|_| HashFault::Malformed);
    Ok(Foreign {
        function: Function::Digest {
            digest: Digest::Sha1,
            layout: Layout::SaltThenUtf16,
            salt: decode(salt)?,
        },
        output: decode(output)?,
    })
}
