//! Whether two kinds of call take the same time: statistics of ranks, which no outlier and no unit can bend.
//!
//! The calls come in pairs, one of each kind, made one after the other in an order drawn by lot. A machine that is busy
//! with something else for a while then disturbs both kinds alike.

mod quantiles;

pub use quantiles::quantile_shifts;

/// Normal deviate of a two-sided interval of 99.9 %.
pub const SURE: f64 = 3.2905;

/// An estimate, and the interval in which the truth lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The estimate.
    pub estimate: f64,
    /// Least plausible value.
    pub low: f64,
    /// Largest plausible value.
    pub high: f64,
}

/// How the first of each pair compares with the second.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// How many pairs there were.
    pub pairs: usize,
    /// How often a call of the first kind is the slower one of two drawn at random: 0.5 where nothing can be told, and
    /// what an attacker is right in, who has one measurement of each.
    pub auc: Interval,
    /// By how much calls of the first kind are slower, in the unit of the measurements.
    pub shift: Interval,
    /// Wilcoxon's signed-rank statistic as a normal deviate. It says whether there is a difference, however small.
    pub z: f64,
    /// How likely a deviate so far from zero is where there is no difference.
    pub p: f64,
}

impl Interval {
    /// Whether all of it is closer than `margin` to `centre`: the two kinds are proven to be equivalent.
    pub fn is_within(&self, centre: f64, margin: f64) -> bool {
        self.low > centre - margin && self.high < centre + margin
    }

    /// Half of its width.
    pub fn half_width(&self) -> f64 {
        (self.high - self.low) / 2.0
    }
}

/// Compares the first of each pair with the second.
pub fn compare(pairs: &[(f64, f64)]) -> Comparison {
    let mut differences: Vec<f64> = pairs.iter().map(|(first, second)| first - second).collect();
    differences.sort_by(f64::total_cmp);
    let z = wilcoxon(&differences);
    Comparison {
        pairs: pairs.len(),
        auc: auc(pairs),
        shift: hodges_lehmann(&differences),
        z,
        p: libm::erfc(z.abs() / std::f64::consts::SQRT_2),
    }
}

/// The Mann-Whitney statistic as a share of all comparisons, with its interval.
///
/// Its variance is that of the placements (`DeLong` et al., Biometrics 1988), added up over each pair,
/// because the two of a pair are not independent (Obuchowski, Biometrics 1997).
fn auc(pairs: &[(f64, f64)]) -> Interval {
    let sorted = |side: fn(&(f64, f64)) -> f64| {
        let mut values: Vec<f64> = pairs.iter().map(side).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let (firsts, seconds) = (sorted(|pair| pair.0), sorted(|pair| pair.1));
    let above: Vec<f64> = pairs
        .iter()
        .map(|(first, _)| share_below(&seconds, *first))
        .collect();
    let placements: Vec<f64> = pairs
        .iter()
        .zip(&above)
        .map(|((_, second), above)| above + 1.0 - share_below(&firsts, *second))
        .collect();
    let estimate = mean(&above);
    let half_width = SURE * (variance(&placements) / count(pairs.len())).sqrt();
    Interval {
        estimate,
        low: estimate - half_width,
        high: estimate + half_width,
    }
}

/// How many of these lie below a value; one that is equal counts half.
fn share_below(sorted: &[f64], value: f64) -> f64 {
    let below = sorted.partition_point(|other| *other < value);
    let up_to = sorted.partition_point(|other| *other <= value);
    f64::midpoint(count(below), count(up_to)) / count(sorted.len())
}

/// The median of the Walsh averages, and the interval of the signed-rank test (Hollander, Wolfe and Chicken,
/// Nonparametric Statistical Methods, 3.2 and 3.3).
fn hodges_lehmann(sorted: &[f64]) -> Interval {
    let (mean, deviation) = signed_ranks(sorted.len());
    let all = 2.0 * mean;
    let cut = (mean - SURE * deviation).max(1.0).floor();
    Interval {
        estimate: f64::midpoint(
            walsh_average(sorted, f64::midpoint(all, 1.0).floor()),
            walsh_average(sorted, f64::midpoint(all, 2.0).floor()),
        ),
        low: walsh_average(sorted, cut),
        high: walsh_average(sorted, all + 1.0 - cut),
    }
}

/// The signed-rank statistic is how many Walsh averages are positive (Tukey 1949).
fn wilcoxon(sorted: &[f64]) -> f64 {
    let (mean, deviation) = signed_ranks(sorted.len());
    let below = walsh_averages(sorted, |sum| sum < 0.0);
    let up_to = walsh_averages(sorted, |sum| sum <= 0.0);
    let positive = 2.0 * mean - f64::midpoint(below, up_to);
    (positive - mean) / deviation
}

/// Mean and standard deviation of the signed-rank statistic where there is no difference.
fn signed_ranks(pairs: usize) -> (f64, f64) {
    let n = count(pairs);
    let mean = n * (n + 1.0) / 4.0;
    let deviation = (n * (n + 1.0) * (2.0 * n + 1.0) / 24.0).sqrt();
    (mean, deviation)
}

/// The average of two differences, or of one with itself, that has this rank among all such averages. There are too many
/// to sort, so it is found by halving.
fn walsh_average(sorted: &[f64], rank: f64) -> f64 {
    let (mut low, mut high) = (sorted[0], sorted[sorted.len() - 1]);
    // As often as a number of 53 bits can be halved.
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if walsh_averages(sorted, |sum| sum <= 2.0 * middle) >= rank {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}

/// How many sums of two differences are so small.
fn walsh_averages(sorted: &[f64], is_small: impl Fn(f64) -> bool) -> f64 {
    let mut end = sorted.len();
    let mut found = 0;
    for (begin, first) in sorted.iter().enumerate() {
        while end > 0 && !is_small(first + sorted[end - 1]) {
            end -= 1;
        }
        found += end.saturating_sub(begin);
    }
    count(found)
}

/// Each probability as it counts among all of them (Holm, Scandinavian Journal of Statistics 1979).
pub fn holm(probabilities: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..probabilities.len()).collect();
    order.sort_by(|a, b| probabilities[*a].total_cmp(&probabilities[*b]));
    let mut adjusted = vec![0.0; probabilities.len()];
    let mut least = 0.0_f64;
    for (rank, index) in order.into_iter().enumerate() {
        let others = count(probabilities.len() - rank);
        least = least.max(probabilities[index] * others).min(1.0);
        adjusted[index] = least;
    }
    adjusted
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / count(values.len())
}

fn variance(values: &[f64]) -> f64 {
    let mean = mean(values);
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    squares / (count(values.len()) - 1.0)
}

#[expect(clippy::cast_precision_loss, reason = "far from 2^53")]
const fn count(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests;
