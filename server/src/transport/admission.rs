//! How many connections may be open, in all and per address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::limits::Limits;

/// Counts open connections against the limits.
pub(super) struct Admission {
    total: Arc<Semaphore>,
    open: Arc<OpenConnections>,
    per_address: usize,
    from_loopback: usize,
}

/// A connection's place under the limits, given back when dropped.
#[derive(Debug)]
pub(super) struct Slot {
    source: IpAddr,
    open: Arc<OpenConnections>,
    _permit: OwnedSemaphorePermit,
}

#[derive(Debug)]
struct OpenConnections {
    by_source: Mutex<HashMap<IpAddr, usize>>,
    gauge: Gauge,
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

    /// Counts a connection from `address`, or returns `None` when that address has its share already.
    pub(super) fn admit(&self, address: IpAddr, permit: OwnedSemaphorePermit) -> Option<Slot> {
        let source = source_of(address);
        let limit = if source.is_loopback() {
            self.from_loopback
        } else {
            self.per_address
        };

        let mut by_source = self.open.by_source();
        let count = by_source.entry(source).or_default();

        if *count >= limit {
            return None;
        }

        *count += 1;
        self.open.gauge.inc();

        Some(Slot {
            source,
            open: Arc::clone(&self.open),
            _permit: permit,
        })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut by_source = self.open.by_source();

        if let Some(count) = by_source.get_mut(&self.source) {
            *count -= 1;
            if *count == 0 {
                by_source.remove(&self.source);
            }
        }

        self.open.gauge.dec();
    }
}

impl OpenConnections {
    fn by_source(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.by_source
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// What counts as one caller: an IPv4 address, or the /64 that one IPv6 host commands whole.
fn source_of(address: IpAddr) -> IpAddr {
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
    fn one_ipv6_network_is_one_source() {
        for (address, source) in [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            ("::1", "::1"),
        ] {
            let expected: IpAddr = source.parse().unwrap();
            assert_eq!(source_of(address.parse().unwrap()), expected, "{address}");
        }
    }

    #[tokio::test]
    async fn an_address_keeps_its_share_until_a_connection_ends() {
        let admission = admission(2);

        let first = admit(&admission, "2001:db8::1").await;
        let second = admit(&admission, "2001:db8::2").await;
        assert!(first.is_some() && second.is_some());
        assert!(admit(&admission, "2001:db8::3").await.is_none());
        assert!(admit(&admission, "2001:db8:0:1::1").await.is_some());

        drop(first);
        assert!(admit(&admission, "2001:db8::3").await.is_some());
        assert_eq!(admission.open.gauge.get(), 1);
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

        drop(admit(&admission, "192.0.2.1").await);

        assert!(admission.open.by_source().is_empty());
    }
}
