//! One master key: 256 bits, and what is made of them.

use std::fmt;

use anyhow::ensure;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{hkdf, hmac, rand};
use zeroize::Zeroizing;

use super::{OpenError, Purpose};

pub(super) const KEY_LEN: usize = 32;

/// First byte of everything sealed, so that a later format can be told from this one.
const FORMAT: u8 = 1;

/// Random bytes that make the key of one message.
const SALT_LEN: usize = 12;

/// A key for one purpose, wiped from memory when dropped.
pub(super) type Derived = Zeroizing<[u8; KEY_LEN]>;

/// 256 bits from which the keys of every [`Purpose`] are derived. Wiped from memory when dropped; `Debug` prints nothing of it.
pub(super) struct Key(Derived);

impl Key {
    /// The key for one purpose (HKDF-SHA-256, RFC 5869).
    pub(super) fn derive(&self, purpose: Purpose) -> Zeroizing<[u8; KEY_LEN]> {
        self.expand(&[purpose.info()])
    }

    /// A public fingerprint of 16 hexadecimal digits, by which a database sealed under another key is noticed.
    pub(super) fn id(&self) -> String {
        hex::encode(&self.expand(&[b"guichet/v1/key-id"])[..8])
    }

    /// Encrypts and authenticates (AES-256-GCM). Who opens it must name the same associated data, which is not kept.
    ///
    /// Each message has its own key, derived with a random salt: with one key for all, NIST SP 800-38D section 8.3
    /// would allow no more than 2³² messages, which refresh tokens could reach.
    ///
    /// # Panics
    /// When the operating system has no random numbers.
    pub(super) fn seal(
        &self,
        purpose: Purpose,
        plaintext: &[u8],
        associated_data: &[u8],
    ) -> Vec<u8> {
        let mut random = [0; SALT_LEN + NONCE_LEN];
        rand::fill(&mut random).expect("the operating system has random numbers");
        let (salt, nonce) = random.split_at(SALT_LEN);
        let nonce = Nonce::try_assume_unique_for_key(nonce).expect("the length is that of a nonce");

        // Full size from the start: growing would leave a copy of the plaintext in freed memory.
        let header_len = 1 + random.len();
        let mut sealed = Vec::with_capacity(header_len + plaintext.len() + AES_256_GCM.tag_len());
        sealed.push(FORMAT);
        sealed.extend_from_slice(&random);
        sealed.extend_from_slice(plaintext);

        let body = &mut sealed[header_len..];
        let tag = self
            .message_key(purpose, salt)
            .seal_in_place_separate_tag(nonce, Aad::from(associated_data), body)
            .expect("nothing in memory is too long for AES-GCM");
        sealed.extend_from_slice(tag.as_ref());
        sealed
    }

    /// Opens what [`Key::seal`] sealed with the same purpose and associated data.
    pub(super) fn open(
        &self,
        purpose: Purpose,
        sealed: &[u8],
        associated_data: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let (format, rest) = sealed.split_first().ok_or(OpenError)?;
        if *format != FORMAT {
            return Err(OpenError);
        }
        let (salt, rest) = rest.split_at_checked(SALT_LEN).ok_or(OpenError)?;
        let (nonce, body) = rest.split_at_checked(NONCE_LEN).ok_or(OpenError)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| OpenError)?;

        let mut body = Zeroizing::new(body.to_vec());
        let plaintext_len = self
            .message_key(purpose, salt)
            .open_in_place(nonce, Aad::from(associated_data), &mut body)
            .map_err(|_| OpenError)?
            .len();

        body.truncate(plaintext_len);
        Ok(body)
    }

    /// See [`MasterKey::mac`](super::MasterKey::mac).
    pub(super) fn mac(&self, purpose: Purpose, parts: &[&[u8]]) -> [u8; 32] {
        mac(&self.derive(purpose), parts)
    }

    pub(super) fn from_hex(digits: &str) -> anyhow::Result<Self> {
        let mut key = Zeroizing::new([0; KEY_LEN]);
        let decoded = hex::decode_to_slice(digits, key.as_mut_slice());
        ensure!(decoded.is_ok(), "the key is not 64 hexadecimal digits");

        Ok(Self(key))
    }

    fn message_key(&self, purpose: Purpose, salt: &[u8]) -> LessSafeKey {
        let key = self.expand(&[purpose.info(), b"/message/", salt]);
        let key = UnboundKey::new(&AES_256_GCM, key.as_slice()).expect("the key has 256 bits");

        LessSafeKey::new(key)
    }

    fn expand(&self, info: &[&[u8]]) -> Zeroizing<[u8; KEY_LEN]> {
        let mut key = Zeroizing::new([0; KEY_LEN]);
        hkdf::Salt::new(hkdf::HKDF_SHA256, &[])
            .extract(self.0.as_slice())
            .expand(info, hkdf::HKDF_SHA256)
            .and_then(|okm| okm.fill(key.as_mut_slice()))
            .expect("HKDF-SHA-256 gives up to 8160 bytes");

        key
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Key(hidden)")
    }
}

/// HMAC-SHA-256. Each part goes in with its length, so that `["ab", "c"]` and `["a", "bc"]` differ.
pub(super) fn mac(key: &Derived, parts: &[&[u8]]) -> [u8; 32] {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_slice());
    let mut context = hmac::Context::with_key(&key);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part);
    }

    let mut mac = [0; 32];
    mac.copy_from_slice(context.sign().as_ref());
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    const PURPOSES: [Purpose; 13] = [
        Purpose::SigningKeys,
        Purpose::PageTokens,
        Purpose::RefreshTokens,
        Purpose::ThrottleKeys,
        Purpose::RepeatedRequests,
        Purpose::Forms,
        Purpose::ShortCodes,
        Purpose::TotpSecrets,
        Purpose::RecoveryCodes,
        Purpose::Challenges,
        Purpose::EventSeals,
        Purpose::RetiredKeys,
        Purpose::Devices,
    ];

    fn key(byte: u8) -> Key {
        Key(Zeroizing::new([byte; KEY_LEN]))
    }

    #[test]
    fn sealed_data_opens_again() {
        for plaintext in [&b""[..], b"x", &[7; 5_000]] {
            let sealed = key(1).seal(Purpose::SigningKeys, plaintext, b"key 7");

            assert_eq!(
                sealed.len(),
                1 + SALT_LEN + NONCE_LEN + plaintext.len() + 16
            );
            let opened = key(1)
                .open(Purpose::SigningKeys, &sealed, b"key 7")
                .unwrap();
            assert_eq!(opened.as_slice(), plaintext);
        }
    }

    #[test]
    fn same_plaintext_is_sealed_differently_each_time() {
        let seal = || key(1).seal(Purpose::PageTokens, b"text", b"");

        assert_ne!(seal(), seal());
    }

    #[test]
    fn damaged_data_does_not_open() {
        let sealed = key(1).seal(Purpose::PageTokens, b"text", b"");

        for index in 0..sealed.len() {
            let mut damaged = sealed.clone();
            damaged[index] ^= 1;
            assert_eq!(
                key(1).open(Purpose::PageTokens, &damaged, b""),
                Err(OpenError),
                "{index}"
            );

            let cut = &sealed[..index];
            assert_eq!(
                key(1).open(Purpose::PageTokens, cut, b""),
                Err(OpenError),
                "{index}"
            );
        }
    }

    #[test]
    fn other_key_purpose_or_associated_data_does_not_open() {
        let sealed = key(1).seal(Purpose::PageTokens, b"text", b"accounts");

        for (opener, purpose, associated_data) in [
            (key(2), Purpose::PageTokens, &b"accounts"[..]),
            (key(1), Purpose::SigningKeys, b"accounts"),
            (key(1), Purpose::PageTokens, b"events"),
            (key(1), Purpose::PageTokens, b""),
        ] {
            assert_eq!(
                opener.open(purpose, &sealed, associated_data),
                Err(OpenError)
            );
        }
    }

    /// Computed apart from this code with Python's `hmac`; a change here makes every sealed row unreadable.
    #[test]
    fn derived_values_stay_the_same_from_release_to_release() {
        let derived = PURPOSES.map(|purpose| hex::encode(key(1).derive(purpose).as_slice()));

        assert_eq!(
            derived,
            [
                "ba0423f0ee98e163bcca5b30be65c1bb5866d3c5b1f05dfb56454428787a9578",
                "1ae793d1fc27cec1c2ab890d7c28fa90d73d264aa4c43c10c00d029c0f132f7a",
                "5b5a4cf08995d5322075affd3043110330c5540ebd03cc29f83f84bd8a09de8c",
                "c0f359d3dc2966289e771a6665414b5b168237769624e4be50d804358311b5e4",
                "c550ea1243245c4b44c179b6aee11a913bccc17ececc4599fc59518593200ad8",
                "f6a31d22cbbcf1b61d58a7398df96ae745b1d25247bccb30a85c3603b3eca6bc",
                "cd4e7eb8c1ac6a185ac12137940af3b046d044357a8a44a6ab36315b1fe628cd",
                "a09751736db8523ef3466aac842d027d6d3d1f041c0a943100399212ede17046",
                "861ece8d885137a658951a1e84299827f19d64ef319d76a382c4c0dba646c422",
                "9029f97e895c09ea149b421f77dca91f2a397e3a0b177cd818cf4ded9472c1ee",
                "aa480836463bd066b64e4cde826e9cb17b9bb8a55d80f6845157bcfec0ea9ec4",
                "29bb6613064beac20d694f1b2d481e677cb71b539caba76cb3630df3b4436cc4",
                "5dc9a80213cbe6e5f9cef3d76f385fe6b9a435d64d0677079f5ce1f2815a9010",
            ]
        );
        assert_eq!(key(1).id(), "f5478eacedfe252b");
        assert_eq!(
            hex::encode(key(1).mac(Purpose::ThrottleKeys, &[b"login", b"lea"])),
            "ff677b658b3e30f2efc9f676d56731ad0c53ff576a7c1be4731be0b777a0da99"
        );
    }

    /// A row sealed by the first release.
    #[test]
    fn earlier_sealed_data_opens() {
        let sealed = hex::decode("01000102030405060708090a0b0c0d0e0f1011121314151617f08da0a67b8a318bc7ceb27d7210c10b0d3fc3b196a16a").unwrap();

        let opened = key(1)
            .open(Purpose::SigningKeys, &sealed, b"key 7")
            .unwrap();
        assert_eq!(opened.as_slice(), b"private");
    }

    #[test]
    fn mac_depends_on_key_purpose_and_division_into_parts() {
        let macs = [
            key(1).mac(Purpose::ThrottleKeys, &[b"ab", b"c"]),
            key(1).mac(Purpose::ThrottleKeys, &[b"a", b"bc"]),
            key(1).mac(Purpose::ThrottleKeys, &[b"abc"]),
            key(1).mac(Purpose::ThrottleKeys, &[b"abc", b""]),
            key(1).mac(Purpose::ThrottleKeys, &[]),
            key(1).mac(Purpose::PageTokens, &[b"abc"]),
            key(2).mac(Purpose::ThrottleKeys, &[b"abc"]),
        ];

        for (index, mac) in macs.iter().enumerate() {
            assert!(!macs[..index].contains(mac), "{index}");
        }
    }

    #[test]
    fn debug_prints_nothing_of_the_key() {
        assert_eq!(format!("{:?}", key(1)), "Key(hidden)");
    }
}
