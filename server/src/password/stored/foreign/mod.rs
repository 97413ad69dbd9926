//! Password hashes as other systems write them, recognised from the string itself.

mod aspnet;
mod crypt;
mod firebase;
mod function;
mod ldap;
mod python;
mod rounds;
mod salt;
mod unix;

pub(in crate::password) use function::Function;
use function::{Digest, Layout, Prf};

use super::HashFault;

/// A hash of another system: how it is made of a password, and what came out.
#[derive(Clone)]
pub struct Foreign {
    pub(in crate::password) function: Function,
    pub(in crate::password) output: Vec<u8>,
}

/// A part of a hash, read.
type Read<T> = Result<T, HashFault>;

impl Foreign {
    /// Reads a hash in any of the forms that `PASSWORD-HASHES.md` lists.
    pub(super) fn parse(text: &str) -> Read<Self> {
        let readers = [
            aspnet::read,
            crypt::read,
            firebase::read,
            ldap::read,
            python::read,
            unix::read,
        ];
        let read = readers.into_iter().find_map(|read| read(text));
        let foreign = read.unwrap_or(Err(HashFault::UnknownFormat))?;
        foreign.function.check()?;
        let is_whole = foreign.output.len() == foreign.function.length();
        is_whole.then_some(foreign).ok_or(HashFault::Malformed)
    }
}

/// A decimal number without sign or leading zeros.
fn number(text: &str) -> Read<u32> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    let digits = plain.then_some(text).filter(|text| !text.is_empty());
    let digits = digits.ok_or(HashFault::Malformed)?;
    // More digits than fit are more rounds than anybody bears.
    digits.parse().map_err(|_| HashFault::TooCostly)
}

#[cfg(test)]
mod tests;
