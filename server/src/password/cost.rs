//! What a password hash costs, and what it must cost at least.

use argon2::Params;

/// OWASP Password Storage Cheat Sheet, Argon2id: memory in KiB and passes of equal strength.
const FLOOR: [(u32, u32); 5] = [
    (47_104, 1),
    (19_456, 2),
    (12_288, 3),
    (9_216, 4),
    (7_168, 5),
];

/// 256 MiB: a hash from elsewhere must not be able to exhaust this machine.
const MAX_M_KIB: u32 = 256 * 1_024;

const MAX_T: u32 = 20;

const MAX_P: u32 = 16;

/// Memory times passes, which is what the time depends on: a second or two of one core.
const MAX_WORK_KIB: u64 = 1_024 * 1_024;

/// What one Argon2 hash costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB.
    pub m_kib: u32,
    /// Passes.
    pub t: u32,
    /// Lanes.
    pub p: u32,
}

impl Cost {
    /// Reads `m=19456,t=2,p=1`, in this order.
    pub fn parse(text: &str) -> Result<Self, String> {
        let expected =
            || format!("expected m=KIB,t=PASSES,p=LANES such as m=19456,t=2,p=1, not {text:?}");
        let mut parts = text.split(',');
        let mut number = |name| {
            let part = parts.next()?.strip_prefix(name)?;
            part.parse::<u32>().ok()
        };

        let (Some(m_kib), Some(t), Some(p)) = (number("m="), number("t="), number("p=")) else {
            return Err(expected());
        };
        if parts.next().is_some() {
            return Err(expected());
        }

        let cost = Self { m_kib, t, p };
        if !cost.is_bearable() {
            return Err(format!(
                "{text:?}: more than 256 MiB, 20 passes, 16 lanes or 1 GiB of memory times passes"
            ));
        }
        cost.params()
            .map_err(|error| format!("{text:?}: {error}"))?;

        Ok(cost)
    }

    /// Whether it is weaker than every choice that OWASP's Password Storage Cheat Sheet allows.
    pub fn is_below_floor(self) -> bool {
        !FLOOR
            .iter()
            .any(|&(m_kib, t)| self.m_kib >= m_kib && self.t >= t)
    }

    /// Whether a hash of this cost may be computed at all, be it our own or one from elsewhere.
    pub(super) fn is_bearable(self) -> bool {
        self.m_kib <= MAX_M_KIB
            && self.t <= MAX_T
            && self.p <= MAX_P
            && u64::from(self.m_kib) * u64::from(self.t) <= MAX_WORK_KIB
    }

    pub(super) fn params(self) -> argon2::Result<Params> {
        Params::new(self.m_kib, self.t, self.p, Some(Params::DEFAULT_OUTPUT_LEN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_is_read_strictly() {
        assert_eq!(
            Cost::parse("m=8,t=1,p=1"),
            Ok(Cost {
                m_kib: 8,
                t: 1,
                p: 1
            })
        );
        for text in [
            "",
            "m=8,t=1",
            "t=1,m=8,p=1",
            "m=8,t=1,p=1,x=1",
            "m=7,t=1,p=1",
            "m=8,t=0,p=1",
            "m=8,t=1,p=2",
            "m=-8,t=1,p=1",
            "m=262145,t=1,p=1",
            "m=262144,t=5,p=1",
            "m=64,t=21,p=1",
            "m=4096,t=1,p=17",
            "m=4294967295,t=4294967295,p=4294967295",
        ] {
            assert!(Cost::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_floor_is_the_one_of_owasp() {
        let below = |text| Cost::parse(text).unwrap().is_below_floor();

        for text in [
            "m=47104,t=1,p=1",
            "m=19456,t=2,p=1",
            "m=12288,t=3,p=1",
            "m=7168,t=5,p=1",
            "m=65536,t=3,p=4",
        ] {
            assert!(!below(text), "{text}");
        }
        for text in [
            "m=19456,t=1,p=1",
            "m=19455,t=2,p=1",
            "m=7167,t=9,p=1",
            "m=8,t=1,p=1",
        ] {
            assert!(below(text), "{text}");
        }
    }
}
