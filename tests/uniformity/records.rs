//! TLS records: what somebody between the two sees, who cannot read them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use fastrand::Rng;
use guichet_tests::Certificate;
use tokio::net::TcpStream;
use tokio_util::io::InspectReader;

use crate::Extent;
use crate::exchange::{Asked, Connection};
use crate::probe::{ALL, By, Code, Form, Probe, Typed};
use crate::report::Row;
use crate::world::{Target, World};

/// Type, version and length (RFC 8446, section 5.1).
const HEADER: usize = 5;

/// What a record holds beside the content: its real type, and the tag that seals it (RFC 8446, section 5.2).
const SEAL: usize = 17;

/// How often both are asked until both were answered within the same second: the date is as long as its digits have it.
const TRIES: usize = 20;

/// The lengths of the records that have come.
#[derive(Clone, Default)]
struct Records(Arc<Mutex<Reading>>);

#[derive(Default)]
struct Reading {
    header: Vec<u8>,
    /// Bytes of the last record that are still to come.
    left: usize,
    lengths: Vec<usize>,
}

/// A connection and what is seen of it from outside.
struct Watched {
    connection: Connection,
    records: Records,
}

/// An answer from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Outside {
    records: usize,
    content: usize,
}

impl Reading {
    fn read(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.left > 0 {
                let (_, rest) = bytes.split_at(self.left.min(bytes.len()));
                self.left -= bytes.len() - rest.len();
                bytes = rest;
                continue;
            }
            let missing = (HEADER - self.header.len()).min(bytes.len());
            let (header, rest) = bytes.split_at(missing);
            self.header.extend_from_slice(header);
            bytes = rest;
            if let &[_, _, _, high, low] = self.header.as_slice() {
                self.left = usize::from(u16::from_be_bytes([high, low]));
                self.lengths.push(self.left);
                self.header.clear();
            }
        }
    }
}

impl Records {
    fn read(&self, bytes: &[u8]) {
        let mut reading = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        reading.read(bytes);
    }

    fn take(&self) -> Outside {
        let mut reading = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let lengths = std::mem::take(&mut reading.lengths);
        Outside {
            records: lengths.len(),
            // Some of a handshake's are not sealed yet.
            content: lengths
                .iter()
                .map(|length| length.saturating_sub(SEAL))
                .sum(),
        }
    }
}

impl Watched {
    async fn open(world: &World, certificate: &Certificate) -> Self {
        let authority = world.server.url().replace("https://", "");
        let stream = TcpStream::connect(&authority).await.expect("a server");
        stream.set_nodelay(true).expect("a socket");
        let records = Records::default();
        let seen = records.clone();
        let stream = InspectReader::new(stream, move |bytes| seen.read(bytes));
        let connector = certificate.connector_for(&["h2"]);
        let name = "localhost".try_into().expect("a name");
        let stream = connector.connect(name, stream).await.expect("a handshake");
        // Each answer spells its headers out, as if it were the first one.
        let mut settings = h2::client::Builder::new();
        settings.header_table_size(0);
        Self {
            connection: Connection::over(stream, authority, settings).await,
            records,
        }
    }

    /// What is seen of both answers, in an order drawn by lot.
    async fn ask_both(&self, one: &Asked, other: &Asked, random: &mut Rng) -> [Outside; 2] {
        let swapped = random.bool();
        let order = if swapped { [other, one] } else { [one, other] };
        for _ in 0..TRIES {
            let mut seen = Vec::new();
            for asked in order {
                self.records.take();
                let answer = self.connection.ask(asked).await;
                seen.push((answer.headers["date"].clone(), self.records.take()));
            }
            if let [(date, first), (same, second)] = seen.as_slice()
                && date == same
            {
                return if swapped {
                    [*second, *first]
                } else {
                    [*first, *second]
                };
            }
        }
        panic!("never answered twice within a second");
    }
}

/// Every question about every class beside nobody: answers fill as many records with as many bytes.
pub(crate) async fn compare(world: &mut World, form: &Form, extent: Extent) -> Vec<Row> {
    let certificate = Certificate::of(&["127.0.0.1", "localhost"]);
    world.server.restart_over_tls(&certificate).await;
    let mut rows = Vec::new();
    for probe in ALL {
        rows.push(compared(world, form, &certificate, probe, extent.of(2, 20)).await);
    }
    rows.push(control(world, form, &certificate).await);
    rows
}

async fn compared(
    world: &World,
    form: &Form,
    certificate: &Certificate,
    probe: Probe,
    times: usize,
) -> Row {
    let mut random = Rng::new();
    let mut broken = Vec::new();
    let mut kinds = BTreeMap::new();
    for (number, class) in world.classes().into_iter().enumerate() {
        let watched = Watched::open(world, certificate).await;
        let about = |target: &Target| probe.about(target, form);
        // The first answer brings the connection's settings.
        watched.connection.ask(&about(&world.nobody(number))).await;
        for time in 0..times {
            // Each name that nobody has is asked about as seldom as somebody's, or one would have to wait for it.
            let nobody = about(&world.nobody(number + time));
            let somebody = about(&world.of(class, time));
            let ask = async |random: &mut Rng| watched.ask_both(&somebody, &nobody, random).await;
            let [mut somebody, mut nobody] = ask(&mut random).await;
            if somebody.records != nobody.records {
                // A busy server may send an answer in two pieces now and then, of anybody.
                [somebody, nobody] = ask(&mut random).await;
            }
            if somebody != nobody {
                broken.push(format!(
                    "{}: {somebody:?}, nobody: {nobody:?}",
                    class.name()
                ));
            }
            *kinds.entry(somebody).or_insert(0) += 1;
        }
    }
    let kinds = kinds
        .into_iter()
        .map(|(Outside { records, content }, count)| {
            format!("{count} times {content} bytes in {records}")
        });
    Row::exact(
        format!("{}, TLS records", probe.name()),
        kinds.collect::<Vec<_>>().join(", "),
        broken,
    )
}

/// Answers that differ in one letter must be told apart.
async fn control(world: &World, form: &Form, certificate: &Certificate) -> Row {
    let mut random = Rng::new();
    let watched = Watched::open(world, certificate).await;
    let nobody = world.nobody(0);
    let longer = Target {
        username: format!("{}a", nobody.username),
        ..nobody.clone()
    };
    let pairs = [
        (Probe::LoginPage, &longer, Probe::LoginPage),
        (
            Probe::ForgotPage(By::Email),
            &nobody,
            Probe::ForgotPage(By::Username),
        ),
        (
            Probe::Inspect(Code::Link),
            &nobody,
            Probe::Login(Typed::Wrong),
        ),
    ];
    watched
        .connection
        .ask(&Probe::LoginPage.about(&nobody, form))
        .await;
    let mut broken = Vec::new();
    let mut seen = Vec::new();
    for (probe, target, other) in pairs {
        let asked = [probe.about(target, form), other.about(&nobody, form)];
        let [one, two] = watched.ask_both(&asked[0], &asked[1], &mut random).await;
        if one.content == two.content {
            broken.push(format!("{} and {} look alike", probe.name(), other.name()));
        }
        seen.push(format!("{} and {}", one.content, two.content));
    }
    Row::control(
        "answers that differ, in TLS records",
        format!("{} bytes", seen.join(", ")),
        broken,
    )
}
