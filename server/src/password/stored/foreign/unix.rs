//! What `crypt(3)` writes beside bcrypt (`$1$`, `$5$`, `$6$`, yescrypt's `$y$`), and phpass, which looks like it.

use base64ct::{Base64ShaCrypt, Encoding as _};
use yescrypt::{Mode, Params};

use super::{Foreign, Function, HashFault, Read, number};

/// What the number of rounds is if none is written.
const SHA_ROUNDS: u32 = 5_000;

/// crypt's digits.
const DIGITS: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

const PHPASS_SALT: usize = 8;

pub(super) fn read(text: &str) -> Option<Read<Foreign>> {
    let (scheme, rest) = text.strip_prefix('$')?.split_once('$')?;
    match scheme {
        "1" => Some(md5(rest)),
        "5" => Some(sha(rest, |rounds, salt| Function::Sha256Crypt {
            rounds,
            salt,
        })),
        "6" => Some(sha(rest, |rounds, salt| Function::Sha512Crypt {
            rounds,
            salt,
        })),
        "y" => Some(yescrypt(rest)),
        // phpBB writes an H.
        "P" | "H" => Some(phpass(rest)),
        _ => None,
    }
}

/// `salt$output`.
fn md5(rest: &str) -> Read<Foreign> {
    let (salt, output) = rest.split_once('$').ok_or(HashFault::Malformed)?;
    let salt = crypt_salt(salt, 8)?;
    Ok(Foreign {
        function: Function::Md5Crypt { salt },
        output: base64(output)?,
    })
}

/// `rounds=5000$salt$output`, or without the rounds.
fn sha(rest: &str, function: impl FnOnce(u32, Vec<u8>) -> Function) -> Read<Foreign> {
    let malformed = HashFault::Malformed;
    let (rounds, rest) = match rest.strip_prefix("rounds=") {
        None => (SHA_ROUNDS, rest),
        Some(rest) => {
            let (rounds, rest) = rest.split_once('$').ok_or(malformed)?;
            (number(rounds)?, rest)
        }
    };
    let (salt, output) = rest.split_once('$').ok_or(malformed)?;
    Ok(Foreign {
        function: function(rounds, crypt_salt(salt, 16)?),
        output: base64(output)?,
    })
}

/// `j9T$salt$output`.
fn yescrypt(rest: &str) -> Read<Foreign> {
    let malformed = HashFault::Malformed;
    let parts: Vec<&str> = rest.split('$').collect();
    let [params, salt, output] = parts.try_into().map_err(|_| malformed)?;
    let params: Params = params.parse().map_err(|_| malformed)?;
    let (n, r, p) = (params.n(), params.r(), params.p());
    // Whatever else could be set, time beside memory above all, no system sets.
    if p == 0 || Params::new(Mode::Rw, n, r, p) != Ok(params) {
        return Err(HashFault::TooCostly);
    }
    let output = base64(output)?;
    Ok(Foreign {
        function: Function::Yescrypt {
            log_n: u8::try_from(n.ilog2()).map_err(|_| malformed)?,
            r,
            p,
            salt: base64(salt)?,
            length: output.len(),
        },
        output,
    })
}

/// `B`, the number of rounds as a digit; 8 characters of salt, 22 of output.
fn phpass(rest: &str) -> Read<Foreign> {
    let malformed = HashFault::Malformed;
    if !rest.is_ascii() || rest.len() <= 1 + PHPASS_SALT {
        return Err(malformed);
    }
    let (settings, output) = rest.split_at(1 + PHPASS_SALT);
    let (digit, salt) = settings.as_bytes().split_at(1);
    let log_rounds = DIGITS.iter().position(|known| *known == digit[0]);
    let log_rounds = log_rounds.and_then(|digit| u8::try_from(digit).ok());
    Ok(Foreign {
        function: Function::Phpass {
            log_rounds: log_rounds.ok_or(malformed)?,
            salt: salt.to_vec(),
        },
        output: base64(output)?,
    })
}

/// The characters themselves are the salt.
fn crypt_salt(text: &str, most: usize) -> Read<Vec<u8>> {
    let is_salt = text.is_ascii() && text.len() <= most;
    let salt = is_salt.then(|| text.as_bytes().to_vec());
    salt.ok_or(HashFault::Malformed)
}

fn base64(text: &str) -> Read<Vec<u8>> {
    Base64ShaCrypt::decode_vec(text).map_err(|_| HashFault::Malformed)
}
