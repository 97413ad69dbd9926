//! How other systems make a hash of a password, and how much of that is bearable.

use std::num::NonZeroU32;

use aws_lc_rs::cipher::{AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::iv::FixedLength;
use aws_lc_rs::{digest, pbkdf2};
use md5::Digest as _;
use serde::{Deserialize, Serialize};

use super::{HashFault, Read, rounds, salt};

/// Twice what the heaviest of the known frameworks asks for; half a second.
const MOST_ROUNDS: u32 = 2_400_000;

/// PBKDF2's rounds times the blocks of its output, each of which goes round as often; .NET takes two of SHA-1.
const MOST_BLOCK_ROUNDS: u64 = 2 * MOST_ROUNDS as u64;

/// bcrypt's cost doubles the time with each step; 14 is a second.
const BCRYPT_COSTS: std::ops::RangeInclusive<u32> = 4..=14;

/// Bytes of a password that bcrypt looks at.
const BCRYPT_BYTES: usize = 72;

/// Of the 24 bytes that it makes all but the last stand in a string.
const BCRYPT_OUTPUT: usize = 23;

/// scrypt's memory, 128·N·r bytes, and its work, memory times p.
const SCRYPT_MEMORY: u64 = 128 * 1024 * 1024;
const SCRYPT_WORK: u64 = 512 * 1024 * 1024;

/// `$5$` and `$6$`: rounds that they may write, but fewer than the last; passlib writes 656,000.
const SHA_CRYPT_ROUNDS: std::ops::RangeInclusive<u32> = 1_000..=1_000_000;

/// phpass's, as a power of two; its authors write 8 to 16.
const PHPASS_LOG_ROUNDS: std::ops::RangeInclusive<u8> = 7..=18;

/// yescrypt's N, as a power of two; the memory is bounded as scrypt's is.
const YESCRYPT_LOG_N: std::ops::RangeInclusive<u8> = 8..=20;

const MOST_SALT: usize = 64;

/// The lengths that systems choose; 23 is bcrypt's. Of PBKDF2 and scrypt the beginning of an output is a shorter output: one that was cut
/// off would go on matching, with less behind it the shorter it is.
const OUTPUTS: [usize; 8] = [16, 20, 23, 24, 32, 40, 48, 64];

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
    /// `$1$` of crypt(3).
    Md5Crypt {
        #[serde(with = "salt")]
        salt: Vec<u8>,
    },
    /// `$5$` of crypt(3).
    Sha256Crypt {
        rounds: u32,
        #[serde(with = "salt")]
        salt: Vec<u8>,
    },
    /// `$6$` of crypt(3).
    Sha512Crypt {
        rounds: u32,
        #[serde(with = "salt")]
        salt: Vec<u8>,
    },
    /// `$y$` of crypt(3), with the settings that it writes.
    Yescrypt {
        log_n: u8,
        r: u32,
        p: u32,
        #[serde(with = "salt")]
        salt: Vec<u8>,
        length: usize,
    },
    /// The portable hash of phpass.
    Phpass {
        log_rounds: u8,
        #[serde(with = "salt")]
        salt: Vec<u8>,
    },
    /// AES-256 in counter mode from zero, under what scrypt makes of the password; Firebase's.
    ScryptStream {
        log_n: u8,
        r: u32,
        p: u32,
        #[serde(with = "salt")]
        salt: Vec<u8>,
        length: usize,
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

impl Prf {
    fn algorithm(self) -> pbkdf2::Algorithm {
        match self {
            Self::Sha1 => pbkdf2::PBKDF2_HMAC_SHA1,
            Self::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
            Self::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
        }
    }

    const fn digest(self) -> Digest {
        match self {
            Self::Sha1 => Digest::Sha1,
            Self::Sha256 => Digest::Sha256,
            Self::Sha512 => Digest::Sha512,
        }
    }

    fn is_bearable(self, rounds: u32, length: usize) -> bool {
        let blocks = length.div_ceil(self.digest().length());
        let blocks = u64::try_from(blocks).unwrap_or(u64::MAX);
        rounds <= MOST_ROUNDS && blocks.saturating_mul(rounds.into()) <= MOST_BLOCK_ROUNDS
    }
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

impl Layout {
    fn digest(self, digest: Digest, salt: &[u8], password: &[u8]) -> Vec<u8> {
        match self {
            Self::SaltThenPassword => digest.of([salt, password]),
            Self::PasswordThenSalt => digest.of([password, salt]),
            Self::SaltThenUtf16 => {
                let text = String::from_utf8_lossy(password);
                let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
                digest.of([salt, &wide])
            }
        }
    }
}

impl Function {
    /// Refuses what would take so long, or so much memory, that verifying it could stop the service.
    pub(in crate::password) fn check(&self) -> Read<()> {
        if !self.is_bearable() {
            return Err(HashFault::TooCostly);
        }
        let salt = self.salt().len();
        let is_whole = match self {
            Self::Bcrypt { .. } => salt == 16,
            _ => salt <= MOST_SALT,
        };
        let is_whole = is_whole && OUTPUTS.contains(&self.length());
        is_whole.then_some(()).ok_or(HashFault::Malformed)
    }

    fn is_bearable(&self) -> bool {
        match self {
            Self::Pbkdf2 {
                prf,
                rounds,
                length,
                ..
            } => prf.is_bearable(rounds.get(), *length),
            Self::Scrypt { log_n, r, p, .. } | Self::ScryptStream { log_n, r, p, .. } => {
                is_scrypt_bearable(*log_n, *r, *p)
            }
            Self::Yescrypt { log_n, r, p, .. } => {
                YESCRYPT_LOG_N.contains(log_n) && is_scrypt_bearable(*log_n, *r, *p)
            }
            Self::Bcrypt { cost, .. } => BCRYPT_COSTS.contains(cost),
            Self::Sha256Crypt { rounds, .. } | Self::Sha512Crypt { rounds, .. } => {
                SHA_CRYPT_ROUNDS.contains(rounds)
            }
            Self::Phpass { log_rounds, .. } => PHPASS_LOG_ROUNDS.contains(log_rounds),
            Self::Md5Crypt { .. } | Self::Digest { .. } => true,
        }
    }

    /// Whether the password is hashed in every round, so that a longer one takes longer.
    pub(in crate::password) const fn grows_with_the_password(&self) -> bool {
        matches!(
            self,
            Self::Md5Crypt { .. }
                | Self::Sha256Crypt { .. }
                | Self::Sha512Crypt { .. }
                | Self::Phpass { .. }
        )
    }

    fn salt(&self) -> &[u8] {
        match self {
            Self::Pbkdf2 { salt, .. }
            | Self::Scrypt { salt, .. }
            | Self::ScryptStream { salt, .. }
            | Self::Yescrypt { salt, .. }
            | Self::Bcrypt { salt, .. }
            | Self::Md5Crypt { salt }
            | Self::Sha256Crypt { salt, .. }
            | Self::Sha512Crypt { salt, .. }
            | Self::Phpass { salt, .. }
            | Self::Digest { salt, .. } => salt,
        }
    }

    /// How many bytes come out.
    pub(super) const fn length(&self) -> usize {
        match self {
            Self::Pbkdf2 { length, .. }
            | Self::Scrypt { length, .. }
            | Self::ScryptStream { length, .. }
            | Self::Yescrypt { length, .. } => *length,
            Self::Bcrypt { .. } => BCRYPT_OUTPUT,
            Self::Md5Crypt { .. } | Self::Phpass { .. } => Digest::Md5.length(),
            Self::Sha256Crypt { .. } => Digest::Sha256.length(),
            Self::Sha512Crypt { .. } => Digest::Sha512.length(),
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
                let mut output = vec![0; *length];
                pbkdf2::derive(prf.algorithm(), *rounds, salt, password, &mut output);
                Some(output)
            }
            Self::Scrypt {
                log_n,
                r,
                p,
                salt,
                length,
            } => scrypt([(*log_n).into(), *r, *p], salt, password, *length),
            Self::ScryptStream {
                log_n,
                r,
                p,
                salt,
                length,
            } => {
                let key = scrypt([(*log_n).into(), *r, *p], salt, password, 32)?;
                stream(&key, *length)
            }
            Self::Yescrypt {
                log_n,
                r,
                p,
                salt,
                length,
            } => {
                let params = yescrypt::Params::new(yescrypt::Mode::Rw, 1 << log_n, *r, *p).ok()?;
                let mut output = vec![0; *length];
                yescrypt::yescrypt(password, salt, &params, &mut output).ok()?;
                Some(output)
            }
            Self::Bcrypt {
                cost,
                salt,
                of_digest,
            } => bcrypt(*cost, salt, password, *of_digest),
            Self::Md5Crypt { salt } => rounds::md5_crypt(salt, password),
            Self::Sha256Crypt { rounds, salt } => rounds::sha256_crypt(*rounds, salt, password),
            Self::Sha512Crypt { rounds, salt } => rounds::sha512_crypt(*rounds, salt, password),
            Self::Phpass { log_rounds, salt } => rounds::phpass(*log_rounds, salt, password),
            Self::Digest {
                digest,
                layout,
                salt,
            } => Some(layout.digest(*digest, salt, password)),
        }
    }
}

fn is_scrypt_bearable(log_n: u8, r: u32, p: u32) -> bool {
    let memory = 128_u64.checked_shl(log_n.into()).unwrap_or(0);
    let memory = memory.checked_mul(r.into()).filter(|bytes| *bytes > 0);
    let work = memory.and_then(|bytes| bytes.checked_mul(p.into()));
    log_n < 32
        && memory.is_some_and(|bytes| bytes <= SCRYPT_MEMORY)
        && work.is_some_and(|bytes| (1..=SCRYPT_WORK).contains(&bytes))
}

fn scrypt([log_n, r, p]: [u32; 3], salt: &[u8], password: &[u8], length: usize) -> Option<Vec<u8>> {
    let params = ::scrypt::Params::new(u8::try_from(log_n).ok()?, r, p).ok()?;
    let mut output = vec![0; length];
    ::scrypt::scrypt(password, salt, &params, &mut output).ok()?;
    Some(output)
}

fn stream(key: &[u8], length: usize) -> Option<Vec<u8>> {
    let key = UnboundCipherKey::new(&AES_256, key).ok()?;
    let start = EncryptionContext::Iv128(FixedLength::from([0; 16]));
    let mut bytes = vec![0; length];
    let key = EncryptingKey::ctr(key).ok()?;
    key.less_safe_encrypt(&mut bytes, start).ok()?;
    Some(bytes)
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
