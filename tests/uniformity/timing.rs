//! Whether answers to questions about somebody and about nobody take the same time.

use std::time::Duration;

use fastrand::Rng;
use guichet_tests::statistics::{self, Comparison, quantile_shifts};

use crate::Extent;
use crate::exchange::Connection;
use crate::probe::{ALL, By, Code, Form, Probe, Typed};
use crate::report::Row;
use crate::world::{Class, Target, World, shuffled};

/// Longest pause before a call, so that no rhythm of the server's falls in with the calls.
const JITTER: Duration = Duration::from_micros(300);

/// Rounds through all names after which the server's counters are made to forget. At a hundred failures a name would have
/// to wait, and those that nobody has are asked about twice in a round.
const TRIES: usize = 40;

/// Longer than the server remembers a failure.
const FORGOTTEN: Duration = Duration::from_hours(25);

/// The statistic of n pairs has a standard deviation of at most 0.41/√n (Mann and Whitney 1947). A margin of 3/√n leaves
/// 3.3 of them for the interval and 4 for the estimate: what is equal fails once in 20,000 comparisons, and twice in a
/// row once in some hundred million.
const PRECISION: f64 = 3.0;

/// What was measured, times in microseconds for one: of somebody, and of nobody in the same round.
pub(crate) type Pairs = Vec<(f64, f64)>;

/// What is measured, and how well.
pub(crate) struct Plan<'a> {
    pub(crate) world: &'a World,
    pub(crate) form: &'a Form,
    pub(crate) extent: Extent,
    /// Instead of the rounds of the short or of the full form.
    pub(crate) rounds: Option<usize>,
}

impl Plan<'_> {
    /// One question, every class.
    pub(crate) async fn measure(&self, probe: Probe) -> Vec<Row> {
        let classes = self.classes(probe);
        self.judge(probe, &classes, self.rounds(probe)).await
    }

    /// Measures, and whatever does not pass once more with other data, four times as much.
    async fn judge(&self, probe: Probe, classes: &[Class], rounds: usize) -> Vec<Row> {
        let mut measured = self.sample(probe, classes, rounds).await;
        let failed: Vec<Class> = measured
            .iter()
            .filter(|(_, pairs)| !self.judged(probe, pairs).1.is_empty())
            .map(|(class, _)| *class)
            .collect();
        if !failed.is_empty() {
            let again = self.sample(probe, &failed, rounds * 4).await;
            measured.retain(|(class, _)| !failed.contains(class));
            measured.extend(again);
        }
        let adjusted = {
            let compared = measured
                .iter()
                .map(|(_, pairs)| statistics::compare(pairs).p);
            statistics::holm(&compared.collect::<Vec<_>>())
        };
        let rows = measured.iter().zip(adjusted);
        rows.map(|((class, pairs), p)| self.row(probe, *class, pairs, p))
            .collect()
    }

    /// Calls about one of each class and about nobody, in an order drawn by lot for each round.
    pub(crate) async fn sample(
        &self,
        probe: Probe,
        classes: &[Class],
        rounds: usize,
    ) -> Vec<(Class, Pairs)> {
        let connection = Connection::open(&self.world.server).await;
        let mut measured: Vec<(Class, Pairs)> =
            classes.iter().map(|class| (*class, Pairs::new())).collect();
        let warm_up = self.warm_up(probe);
        let names = self.names(probe);
        for round in 0..warm_up + rounds {
            if round == warm_up && probe.sends_mail() {
                self.world.settle().await;
            }
            if probe.is_counted() && round % (TRIES * self.world.of_each()) == 0 {
                self.world.server.advance(FORGOTTEN);
            }
            let taken = in_turns(self.world, classes, round % names, async |target| {
                let asked = probe.about(&target, self.form);
                std::thread::sleep(JITTER.mul_f64(fastrand::f64()));
                connection.ask(&asked).await.took.as_secs_f64() * 1e6
            });
            let taken = taken.await;
            if round >= warm_up {
                for ((_, pairs), pair) in measured.iter_mut().zip(taken) {
                    pairs.push(pair);
                }
            }
        }
        measured
    }

    /// Where a question has an effect the first time, that comes first.
    fn warm_up(&self, probe: Probe) -> usize {
        let few = self.extent.of(5, 50);
        if probe.sends_mail() {
            self.names(probe).max(few)
        } else {
            few
        }
    }

    /// How many are asked about in turns: few where each has a mail sent at the first time.
    fn names(&self, probe: Probe) -> usize {
        if probe.sends_mail() {
            self.extent.of(6, self.world.of_each())
        } else {
            usize::MAX
        }
    }

    /// In full as many as a night has room for: of the main questions 20,000 pairs, or 5,000 where each takes its time.
    fn rounds(&self, probe: Probe) -> usize {
        let is_slow = probe.is_counted() || probe.is_short();
        let usual = match (is_slow, probe.is_main()) {
            (false, true) => self.extent.of(150, 20_000),
            (false, false) => self.extent.of(150, 4_000),
            (true, true) => self.extent.of(80, 5_000),
            (true, false) => self.extent.of(60, 400),
        };
        self.rounds.unwrap_or(usual)
    }

    /// All of them for what nobody may leave out, a few for its variants.
    fn classes(&self, probe: Probe) -> Vec<Class> {
        let all = [&[Class::Nobody][..], &self.world.classes()].concat();
        if self.extent == Extent::Full || probe.is_main() {
            return all;
        }
        let few = [
            Class::Normal,
            Class::OldHash("bcrypt 2a"),
            Class::Legacy,
            Class::HandedOver,
        ];
        let few = if probe.is_counted() { &few[..2] } else { &few };
        all.into_iter()
            .filter(|class| few.contains(class))
            .collect()
    }

    /// The comparison, and what is wrong with it.
    fn judged(&self, probe: Probe, pairs: &[(f64, f64)]) -> (Comparison, Vec<String>) {
        let compared = statistics::compare(pairs);
        let margin = self.margin(probe, pairs.len());
        let mut broken = Vec::new();
        if !compared.auc.is_within(0.5, margin) {
            broken.push(format!(
                "AUC {:?} is not within 0.5 ± {margin:.3}",
                compared.auc
            ));
        }
        let bearable = bearable_shift(pairs);
        if self.extent == Extent::Full && !compared.shift.is_within(0.0, bearable) {
            broken.push(format!(
                "{:?} µs is not within ± {bearable:.0}",
                compared.shift
            ));
        }
        (compared, broken)
    }

    fn margin(&self, probe: Probe, pairs: usize) -> f64 {
        let wanted = match self.extent {
            Extent::Short => 0.06,
            Extent::Full if probe.is_counted() => 0.03,
            Extent::Full => 0.02,
        };
        margin_of(pairs).max(wanted)
    }

    fn row(&self, probe: Probe, class: Class, pairs: &[(f64, f64)], p: f64) -> Row {
        let (compared, broken) = self.judged(probe, pairs);
        let Comparison { auc, shift, z, .. } = &compared;
        let cells = [
            class.name(),
            pairs.len().to_string(),
            format!("{:.2} ms", median(pairs) / 1e3),
            format!("{:.3} ± {:.3}", auc.estimate, auc.half_width()),
            format!("{:.3}", self.margin(probe, pairs.len())),
            format!(
                "{:+.0} ({:+.0} to {:+.0}) µs",
                shift.estimate, shift.low, shift.high
            ),
            format!("{z:+.1}, {p:.2}"),
            match self.extent {
                Extent::Short => String::new(),
                Extent::Full => quantiles(pairs),
            },
        ];
        Row::timed(probe.name(), &cells, broken)
    }
}

/// Measures something of one of each class and of nobody, in an order drawn by lot: each class beside nobody.
pub(crate) async fn in_turns(
    world: &World,
    classes: &[Class],
    number: usize,
    mut measure: impl AsyncFnMut(Target) -> f64,
) -> Pairs {
    let mut measured = vec![0.0; classes.len() + 1];
    for turn in shuffled(measured.len(), &mut Rng::new()) {
        let target = match classes.get(turn) {
            Some(class) => world.of(*class, number),
            None => world.nobody(number),
        };
        measured[turn] = measure(target).await;
    }
    let nobody = measured.pop().expect("nobody's");
    measured.into_iter().map(|one| (one, nobody)).collect()
}

/// What so many pairs can prove.
pub(crate) fn margin_of(pairs: usize) -> f64 {
    let pairs = u32::try_from(pairs).map_or(f64::MAX, f64::from);
    PRECISION / pairs.sqrt()
}

/// 50 µs or a hundredth: nobody can average that out of a network within the tries that the limits leave.
fn bearable_shift(pairs: &[(f64, f64)]) -> f64 {
    (median(pairs) / 100.0).max(50.0)
}

/// Of nobody.
pub(crate) fn median(pairs: &[(f64, f64)]) -> f64 {
    let mut times: Vec<f64> = pairs.iter().map(|pair| pair.1).collect();
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// The quantiles that differ by more than chance, of seven.
fn quantiles(pairs: &[(f64, f64)]) -> String {
    let shifts = quantile_shifts(pairs, &mut Rng::new());
    let differing = shifts
        .iter()
        .filter(|(_, shift)| shift.low > 0.0 || shift.high < 0.0);
    let told: Vec<String> = differing
        .map(|(quantile, shift)| format!("p{:.0} {:+.0} µs", quantile * 100.0, shift.estimate))
        .collect();
    if told.is_empty() {
        "none of 7".to_owned()
    } else {
        told.join(", ")
    }
}

/// Those that look at short codes first: the codes live for a day only, and the clock is moved on later.
pub(crate) fn in_order() -> Vec<Probe> {
    let (short, others): (Vec<_>, Vec<_>) = ALL.into_iter().partition(|probe| probe.is_short());
    [short, others].concat()
}

impl Probe {
    /// Whether a try counts as a wrong password.
    pub(crate) const fn is_counted(self) -> bool {
        matches!(
            self,
            Self::Login(_) | Self::LoginFromScript | Self::LoginPage
        )
    }

    /// Whether it has a mail sent, some times.
    pub(crate) const fn sends_mail(self) -> bool {
        matches!(
            self,
            Self::ResetByUsername
                | Self::ResetByEmail
                | Self::ForgotPage(_)
                | Self::Remind
                | Self::RemindPage
        )
    }

    /// Whether it tries a code that is handed over.
    pub(crate) const fn is_short(self) -> bool {
        matches!(
            self,
            Self::Inspect(Code::Short)
                | Self::Complete(Code::Short)
                | Self::CompletePage(Code::Short)
        )
    }

    /// Whether the short form asks it about every class.
    const fn is_main(self) -> bool {
        matches!(
            self,
            Self::Login(Typed::Wrong)
                | Self::ResetByUsername
                | Self::ForgotPage(By::Username)
                | Self::Inspect(_)
                | Self::Complete(_)
        )
    }
}
