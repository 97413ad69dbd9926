//! How many connections may be open: in all, per address, and per IPv6 site.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::limits::Limits;
use super::peer::{Network, Site};

/// One in so many of all connections may come from one IPv6 site. It commands 65,536 networks (a /48, RFC 6177), and by
/// default the shares of sixteen are all connections; idle ones are not ended to make room. A quarter is the shares of
/// four, enough for a school that uses several, and leaves most to others.
const SITE_SHARE: usize = 4;

/// Counts open connections against the limits.
pub(super) struct Admission {
    total: Arc<Semaphore>,
    open: Arc<OpenConnections>,
    per_address: usize,
    per_site: usize,
    from_loopback: usize,
}

/// A connection's place under the limits, given back when dropped.
#[derive(Debug)]
pub(super) struct Slot {
    sources: Vec<Source>,
    open: Arc<OpenConnections>,
    _permit: OwnedSemaphorePermit,
}

#[derive(Debug)]
struct OpenConnections {
    by_source: Mutex<HashMap<Source, usize>>,
    gauge: Gauge,
}

/// What connections are counted under.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Source {
    /// One caller.
    Caller(IpAddr),
    /// The IPv6 networks of one site.
    Site(Site),
}

impl Admission {
    pub(super) fn new(limits: &Limits, gauge: Gauge) -> Self {
        Self {
            total: Arc::new(Semaphore::new(limits.connections)),
            open: Arc::new(OpenConnections {
                by_source: Mutex::default(),
                gauge,
            }),
            per_address: limits.connections_per_address,
            // Never less than what the operator gives to one address: it may be a proxy's.
            per_site: (limits.connections / SITE_SHARE).max(limits.connections_per_address),
            from_loopback: limits.connections_from_loopback,
        }
    }

    /// Waits until one more connection may be open; meanwhile callers wait in the kernel's queue.
    pub(super) async fn permit(&self) -> OwnedSemaphorePermit {
        Arc::clone(&self.total)
            .acquire_owned()
            .await
            .expect("the semaphore is never closed")
    }

    /// Counts a connection from `address`, or returns `None` when that address or its site has its share already.
    pub(super) fn admit(&self, address: IpAddr, permit: OwnedSemaphorePermit) -> Option<Slot> {
        let bounds = self.bounds(address);
        let mut by_source = self.open.by_source();
        let has_its_share = |(source, limit): &(Source, usize)| {
            let count = by_source.get(source).copied().unwrap_or_default();
            count >= *limit
        };

        if bounds.iter().any(has_its_share) {
            return None;
        }

        let sources: Vec<Source> = bounds.into_iter().map(|(source, _)| source).collect();
        for source in &sources {
            *by_source.entry(source.clone()).or_default() += 1;
        }
        self.open.gauge.inc();

        Some(Slot {
            sources,
            open: Arc::clone(&self.open),
            _permit: permit,
        })
    }

    /// Everything that a connection from `address` is counted under, with the most that may be open there.
    fn bounds(&self, address: IpAddr) -> Vec<(Source, usize)> {
        let caller = caller_of(address);
        if caller.is_loopback() {
            return vec![(Source::Caller(caller), self.from_loopback)];
        }

        let site = Network::of(Some(address)).site();
        let site = site.map(|site| (Source::Site(site), self.per_site));
        let caller = (Source::Caller(caller), self.per_address);
        [Some(caller), site].into_iter().flatten().collect()
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut by_source = self.open.by_source();

        for source in &self.sources {
            if let Some(count) = by_source.get_mut(source) {
                *count -= 1;
                if *count == 0 {
                    by_source.remove(source);
                }
            }
        }

        self.open.gauge.dec();
    }
}

impl OpenConnections {
    fn by_source(&self) -> MutexGuard<'_, HashMap<Source, usize>> {
        self.by_source
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// What counts as one caller: an IPv4 address, or the /64 that one IPv6 host commands whole.
fn caller_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) if !address.is_loopback() => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(per_address: usize) -> Admission {
        let limits = Limits {
            connections: 8,
            connections_per_address: per_address,
            connections_from_loopback: 3,
            ..Limits::default()
        };
        Admission::new(&limits, Gauge::default())
    }

    async fn admit(admission: &Admission, address: &str) -> Option<Slot> {
        let permit = admission.permit().await;
        admission.admit(address.parse().unwrap(), permit)
    }

    #[test]
    fn one_ipv6_network_is_one_caller() {
        for (address, caller) in [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            ("::1", "::1"),
        ] {
            let expected: IpAddr = caller.parse().unwrap();
            assert_eq!(caller_of(address.parse().unwrap()), expected, "{address}");
        }
    }

    #[tokio::test]
    async fn an_address_keeps_its_share_until_a_connection_ends() {
        let admission = admission(2);

        let first = admit(&admission, "2001:db8::1").await;
        let second = admit(&admission, "2001:db8::2").await;
        assert!(first.is_some() && second.is_some());
        assert!(admit(&admission, "2001:db8::3").await.is_none());
        assert!(admit(&admission, "2001:db8:1::1").await.is_some());

        drop(first);
        assert!(admit(&admission, "2001:db8::3").await.is_some());
        assert_eq!(admission.open.gauge.get(), 1);
    }

    #[tokio::test]
    async fn the_networks_of_a_site_have_a_quarter_of_all_together() {
        let admission = admission(1);

        let first = admit(&admission, "2001:db8:7:1::1").await;
        let second = admit(&admission, "2001:db8:7:2::1").await;
        assert!(first.is_some() && second.is_some());
        for network in 3..17 {
            let address = format!("2001:db8:7:{network:x}::1");
            assert!(admit(&admission, &address).await.is_none(), "{address}");
        }
        for elsewhere in ["2001:db8:8:3::1", "192.0.2.1", "::ffff:192.0.2.1", "::1"] {
            assert!(admit(&admission, elsewhere).await.is_some(), "{elsewhere}");
        }

        drop(first);
        assert!(admit(&admission, "2001:db8:7:3::1").await.is_some());
    }

    #[tokio::test]
    async fn a_site_has_no_less_than_an_address() {
        let admission = admission(5);
        let mut open = Vec::new();

        for _ in 0..5 {
            open.push(admit(&admission, "2001:db8:7:1::1").await.unwrap());
        }

        assert!(admit(&admission, "2001:db8:7:2::1").await.is_none());
    }

    #[tokio::test]
    async fn loopback_has_its_own_share() {
        let admission = admission(1);
        let mut open = Vec::new();

        for _ in 0..3 {
            open.push(admit(&admission, "127.0.0.1").await.unwrap());
        }

        assert!(admit(&admission, "127.0.0.1").await.is_none());
    }

    #[tokio::test]
    async fn sources_without_connections_are_forgotten() {
        let admission = admission(2);

        for address in ["192.0.2.1", "2001:db8:7:1::1"] {
            drop(admit(&admission, address).await.unwrap());
        }

        assert!(admission.open.by_source().is_empty());
    }
}
