//! What sign-ins are counted under.

use uuid::Uuid;

use crate::{
    account::username::Username,
    master_key::{MasterKey, Purpose},
    throttle,
};

/// Half of a counter's key names the account, half the network or the device: so all of one account's are next to each
/// other.
const HALF: usize = 16;

/// What the sign-ins of a name from a network are counted under.
pub(super) struct Counters {
    pub(super) network: Vec<u8>,
    /// Of IPv6 clients only: what the networks of their site share.
    pub(super) site: Option<Vec<u8>>,
    pub(super) here: Vec<u8>,
    pub(super) everywhere: Vec<u8>,
    pub(super) device: Option<Vec<u8>>,
    /// What all known devices of the account share.
    pub(super) devices: Vec<u8>,
}

impl Counters {
    pub(super) fn of(
        master_key: &MasterKey,
        typed: &str,
        (network, site): (&str, Option<&str>),
        device: Option<Uuid>,
    ) -> Self {
        let name = name_key(
            master_key,
            &Username::lookup_key(typed).unwrap_or_else(|| typed.to_owned()),
        );
        let with = |parts: &[&[u8]]| of_name(master_key, &name, parts);
        let [everywhere, devices] = wide(master_key, &name);
        let of_place =
            |place: &str| throttle::key(master_key, &[b"login-network", place.as_bytes()]);
        Self {
            network: of_place(network),
            site: site.map(of_place),
            here: with(&[b"network", network.as_bytes()]),
            everywhere,
            device: device.map(|id| with(&[b"device", id.as_bytes()])),
            devices,
        }
    }
}

/// The first and the last key that the counters of a name can have.
pub(super) fn all_of(master_key: &MasterKey, name: &str) -> (Vec<u8>, Vec<u8>) {
    let name = name_key(master_key, name);
    ([name, [0x00; HALF]].concat(), [name, [0xff; HALF]].concat())
}

/// Those counters of a name that a try is charged to after a nearer one.
pub(super) fn wide_of(master_key: &MasterKey, name: &str) -> [Vec<u8>; 2] {
    wide(master_key, &name_key(master_key, name))
}

fn wide(master_key: &MasterKey, name: &[u8; HALF]) -> [Vec<u8>; 2] {
    [&b"everywhere"[..], b"devices"].map(|what| of_name(master_key, name, &[what]))
}

fn of_name(master_key: &MasterKey, name: &[u8; HALF], parts: &[&[u8]]) -> Vec<u8> {
    let half = master_key.mac(Purpose::ThrottleKeys, parts);
    [&name[..], &half[..HALF]].concat()
}

fn name_key(master_key: &MasterKey, name: &str) -> [u8; HALF] {
    let full = master_key.mac(Purpose::ThrottleKeys, &[b"login", name.as_bytes()]);
    std::array::from_fn(|index| full[index])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::test_master_key;

    #[test]
    fn forgetting_a_name_covers_its_counters_of_all_networks_and_devices_and_no_other_name() {
        let master_key = test_master_key("01");
        let key = Username::lookup_key("jean.dupont").unwrap();
        let (first, last) = all_of(&master_key, &key);
        let covers = |typed: &str, network: &str| {
            let counters = Counters::of(&master_key, typed, (network, None), Some(Uuid::max()));
            let Counters {
                here,
                everywhere,
                device,
                devices,
                ..
            } = counters;
            [here, everywhere, device.unwrap(), devices].map(|key| first <= key && key <= last)
        };

        for network in ["192.0.2.0/24", "2001:db8:1:2::/64", "unknown"] {
            for typed in ["jean.dupont", "Jean.Dupont", " jean.dupont "] {
                assert_eq!(covers(typed, network), [true; 4], "{typed} {network}");
            }
            for typed in ["jean.dupon", "jean.dupont2", "not a name!", ""] {
                assert_eq!(covers(typed, network), [false; 4], "{typed} {network}");
            }
        }
    }

    #[test]
    fn each_network_has_its_own_counter_and_all_share_one() {
        let master_key = test_master_key("01");
        let from = |network| Counters::of(&master_key, "jean.dupont", (network, None), None);
        let school = from("192.0.2.0/24");
        let elsewhere = from("198.51.100.0/24");

        assert_ne!(school.here, elsewhere.here);
        assert_eq!(school.everywhere, elsewhere.everywhere);
        assert_ne!(school.here, school.everywhere);
    }

    #[test]
    fn the_wide_counters_of_a_name_are_those_of_all_its_networks_and_devices() {
        let master_key = test_master_key("01");
        let key = Username::lookup_key("Jean.Dupont").unwrap();
        let counters = Counters::of(&master_key, "jean.dupont", ("192.0.2.0/24", None), None);

        let wide = wide_of(&master_key, &key);

        assert_eq!(wide, [counters.everywhere, counters.devices]);
    }

    #[test]
    fn the_networks_of_a_site_share_one_bucket_beside_their_own() {
        let master_key = test_master_key("01");
        let site = Some("2001:db8:1::/48");
        let [one, other] = ["2001:db8:1:2::/64", "2001:db8:1:3::/64"]
            .map(|network| Counters::of(&master_key, "jean.dupont", (network, site), None));

        assert_ne!(one.network, other.network);
        assert_eq!(one.site, other.site);
        assert_ne!(one.site, Some(one.network));
    }
}
