//! How other systems make a hash of a password, and how much of that is bearable.

use std::num::NonZeroU32;

use aws_lc_rs::{digest, pbkdf2};
use md5::Digest as _;
use serde::{Deserialize, Serialize};

use super::{HashFault, Read};

/// Twice what the heaviest of the known frameworks asks for; half a second.
const MOST_ROUNDS: u32 = 2_400_000;

/// bcrypt's cost doubles the time with each step; 14 is a second.
const BCRYPT_COSTS: std::ops::RangeInclusive<u32> = 4..=14;

/// Bytes of a password that bcrypt looks at.
const BCRYPT_BYTES: usize = 72;

/// Of the 24 bytes that it makes all but the last stand in a string.
const BCRYPT_OUTPUT: usize = 23;

/// scrypt's memory, 128·N·r bytes, and its work, memory times p.
const SCRYPT_MEMORY: u64 = 128 * 1024 * 1024;
const SCRYPT_WORK: u64 = 512 * 1024 * 1024;

const MOST_SALT: usize = 64;

/// A shorter output could be guessed by chance; a longer one than SHA-512's adds nothing.
const OUTPUT: std::ops::RangeInclusive<usize> = 16..=64;

/// What makes a hash of a password, but for the password.
#[derive(Clone, Serialize, Deserialize)]
pub(in crate::password) enum Function {
    /// RFC 8018 section 5.2.
    Pbkdf2 {
        prf: Prf,
        rounds: NonZeroU32,
        #[serde(with = "salt")]
        salt: Vec<u8>,
        length: usize,
    },
    /// RFC 7914.
    Scrypt {
        log_n: u8,
        r: u32,
        p: u32,
        #[serde(with = "salt")]
        salt: Vec<u8>,
        length: usize,
    },
    /// OpenBSD's; of the password itself, or of its SHA-256 in hexadecimal.
    Bcrypt {
        cost: u32,
        #[serde(with = "salt")]
        salt: Vec<u8>,
        of_digest: bool,
    },
    /// One pass of a fast hash.
    Digest {
        digest: Digest,
        layout: Layout,
        #[serde(with = "salt")]
        salt: Vec<u8>,
    },
}

/// What PBKDF2 goes round with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::password) enum Prf {
    Sha1,
    Sha256,
    Sha512,
}

/// A fast hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::password) enum Digest {
    Md5,
    Sha1,
    Sha256,
    Sha512,
}

/// What a fast hash is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::password) enum Layout {
    SaltThenPassword,
    PasswordThenSalt,
    /// The password in UTF-16, as .NET has it.
    SaltThenUtf16,
}

impl Digest {
    pub(super) const fn length(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }

    fn of(self, parts: [&[u8]; 2]) -> Vec<u8> {
        let all = parts.concat();
        let algorithm = match self {
            Self::Md5 => return md5::Md5::digest(&all).to_vec(),
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => &digest::SHA256,
            Self::Sha512 => &digest::SHA512,
        };
        digest::digest(algorithm, &all).as_ref().to_vec()
    }
}

impl Function {
    /// Refuses what would take so long, or so much memory, that verifying it could stop the service.
    pub(in crate::password) fn check(&self) -> Read<()> {
        let (salt, is_bearable) = match self {
            Self::Pbkdf2 { rounds, salt, .. } => (salt, rounds.get() <= MOST_ROUNDS),
            Self::Scrypt {
                log_n, r, p, salt, ..
            } => {
                let memory = 128_u64.checked_shl(u32::from(*log_n)).unwrap_or(0);
                let memory = memory.checked_mul(u64::from(*r)).filter(|bytes| *bytes > 0);
                let work = memory.and_then(|bytes| bytes.checked_mul(u64::from(*p)));
                let bearable = *log_n < 32
                    && memory.is_some_and(|bytes| bytes <= SCRYPT_MEMORY)
                    && work.is_some_and(|bytes| (1..=SCRYPT_WORK).contains(&bytes));
                (salt, bearable)
            }
            Self::Bcrypt { cost, salt, .. } => {
                if salt.len() != 16 {
                    return Err(HashFault::Malformed);
                }
                (salt, BCRYPT_COSTS.contains(cost))
            }
            Self::Digest { salt, .. } => (salt, true),
        };
        if !is_bearable {
            return Err(HashFault::TooCostly);
        }
        let is_whole = salt.len() <= MOST_SALT && OUTPUT.contains(&self.length());
        is_whole.then_some(()).ok_or(HashFault::Malformed)
    }

    /// How many bytes come out.
    pub(super) const fn length(&self) -> usize {
        match self {
            Self::Pbkdf2 { length, .. } | Self::Scrypt { length, .. } => *length,
            Self::Bcrypt { .. } => BCRYPT_OUTPUT,
            Self::Digest { digest, .. } => digest.length(),
        }
    }

    /// What comes out for a password; none for one that the other system could not have meant, at the same cost.
    pub(in crate::password) fn derive(&self, password: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Pbkdf2 {
                prf,
                rounds,
                salt,
                length,
            } => {
                let algorithm = match prf {
                    Prf::Sha1 => pbkdf2::PBKDF2_HMAC_SHA1,
                    Prf::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
                    Prf::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
                };
                let mut output = vec![0; *length];
                pbkdf2::derive(algorithm, *rounds, salt, password, &mut output);
                Some(output)
            }
            Self::Scrypt {
                log_n,
                r,
                p,
                salt,
                length,
            } => {
                let params = scrypt::Params::new(*log_n, *r, *p).ok()?;
                let mut output = vec![0; *length];
                scrypt::scrypt(password, salt, &params, &mut output).ok()?;
                Some(output)
            }
            Self::Bcrypt {
                cost,
                salt,
                of_digest,
            } => bcrypt(*cost, salt, password, *of_digest),
            Self::Digest {
                digest,
                layout,
                salt,
            } => Some(match layout {
                Layout::SaltThenPassword => digest.of([salt, password]),
                Layout::PasswordThenSalt => digest.of([password, salt]),
                Layout::SaltThenUtf16 => {
                    let text = String::from_utf8_lossy(password);
                    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
                    digest.of([salt, &wide])
                }
            }),
        }
    }
}

/// bcrypt of a password and the zero byte that ends it in C.
///
/// Of more than 72 bytes bcrypt would take any that begins alike for the right one (CVE-2025-22228): such a password
/// matches nothing, and its owner asks for a reset.
fn bcrypt(cost: u32, salt: &[u8], password: &[u8], of_digest: bool) -> Option<Vec<u8>> {
    let mut typed = if of_digest {
        hex::encode(Digest::Sha256.of([password, &[]])).into_bytes()
    } else {
        password.to_vec()
    };
    let is_whole = typed.len() <= BCRYPT_BYTES;
    typed.push(0);
    typed.truncate(BCRYPT_BYTES);
    let output = ::bcrypt::bcrypt(cost, salt.try_into().ok()?, &typed);
    is_whole.then(|| output[..BCRYPT_OUTPUT].to_vec())
}

/// Salts in base64, which is shorter than numbers.
mod salt {
    use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(salt: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD_NO_PAD.encode(salt))
    }

    pub(super) fn deserialize<'a, D: Deserializer<'a>>(
        deserializer: D,
    ) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD_NO_PAD.decode(text).map_err(D::Error::custom)
    }
}
