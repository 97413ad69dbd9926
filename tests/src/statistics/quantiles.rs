//! Differences of quantiles, for what shows only at the quick end or in the tail.

use fastrand::Rng;

use super::Interval;

/// Where the two kinds are compared.
const QUANTILES: [f64; 7] = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];

/// How often the pairs are drawn again.
const RESAMPLES: usize = 2_000;

/// Share of the drawn differences that lies outside of the interval on each side: 99 % lie within.
const OUTSIDE: f64 = 0.005;

/// By how much the first of each pair is above the second at each quantile, with intervals of 99 % by the circular block
/// bootstrap (Politis and Romano 1992): pairs that were measured one after the other are drawn together, since a machine
/// is slow for a while.
pub fn quantile_shifts(pairs: &[(f64, f64)], random: &mut Rng) -> Vec<(f64, Interval)> {
    let firsts = Sorted::of(pairs.iter().map(|pair| pair.0));
    let seconds = Sorted::of(pairs.iter().map(|pair| pair.1));
    let shift = |weights: &[usize], quantile| {
        firsts.quantile(weights, quantile) - seconds.quantile(weights, quantile)
    };
    let block = pairs.len().isqrt();
    let mut drawn: [Vec<f64>; QUANTILES.len()] = Default::default();
    for _ in 0..RESAMPLES {
        let weights = draw(pairs.len(), block, random);
        for (drawn, quantile) in drawn.iter_mut().zip(QUANTILES) {
            drawn.push(shift(&weights, quantile));
        }
    }

    let once = vec![1; pairs.len()];
    let intervals = drawn.into_iter().zip(QUANTILES).map(|(drawn, quantile)| {
        let drawn = Sorted::of(drawn.into_iter());
        let once_each = vec![1; RESAMPLES];
        let interval = Interval {
            estimate: shift(&once, quantile),
            low: drawn.quantile(&once_each, OUTSIDE),
            high: drawn.quantile(&once_each, 1.0 - OUTSIDE),
        };
        (quantile, interval)
    });
    intervals.collect()
}

/// How often each pair is drawn.
fn draw(pairs: usize, block: usize, random: &mut Rng) -> Vec<usize> {
    let mut weights = vec![0; pairs];
    let mut left = pairs;
    while left > 0 {
        let begin = random.usize(..pairs);
        for step in 0..block.min(left) {
            weights[(begin + step) % pairs] += 1;
        }
        left -= block.min(left);
    }
    weights
}

/// Values in order, each with the place that it came from.
struct Sorted(Vec<(f64, usize)>);

impl Sorted {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut values: Vec<(f64, usize)> = values.zip(0..).collect();
        values.sort_by(|a, b| a.0.total_cmp(&b.0));
        Self(values)
    }

    /// The least value that so many are not above, where each counts as often as its place weighs.
    fn quantile(&self, weights: &[usize], quantile: f64) -> f64 {
        let mut left = super::count(self.0.len()) * quantile;
        for (value, place) in &self.0 {
            left -= super::count(weights[*place]);
            if left <= 0.0 {
                return *value;
            }
        }
        self.0[self.0.len() - 1].0
    }
}
