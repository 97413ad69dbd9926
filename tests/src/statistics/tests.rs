use fastrand::Rng;

use super::*;

/// Hollander and Wolfe, table 3.1: a depression scale at a first and a second visit.
#[expect(
    clippy::approx_constant,
    reason = "what was measured happens to be near π"
)]
const DEPRESSION: [(f64, f64); 9] = [
    (1.83, 0.878),
    (0.50, 0.647),
    (1.62, 0.598),
    (2.48, 2.05),
    (1.68, 1.06),
    (1.88, 1.29),
    (1.55, 1.06),
    (3.06, 3.14),
    (1.30, 1.29),
];

/// Times as a busy machine gives them: a drift that a pair shares, a noise of each, and now and then a long stop.
fn measured(random: &mut Rng, pairs: usize, slower: f64) -> Vec<(f64, f64)> {
    let mut drift = 0.0;
    let mut pair = || {
        drift += random.f64() - 0.5;
        let mut one = || {
            let noise: f64 = (0..12).map(|_| random.f64()).sum();
            let stop = if random.u8(..) == 0 { 50.0 } else { 0.0 };
            100.0 + drift / 10.0 + noise + stop
        };
        (one() + slower, one())
    };
    (0..pairs).map(|_| pair()).collect()
}

#[test]
fn the_example_of_the_textbook_comes_out() {
    let compared = compare(&DEPRESSION);

    assert!(
        (compared.shift.estimate - 0.46).abs() < 0.001,
        "{compared:?}"
    );
    // T+ is 40 of 45.
    assert!((compared.z - 2.073).abs() < 0.001, "{compared:?}");
    assert!((compared.p - 0.0382).abs() < 0.001, "{compared:?}");
}

#[test]
fn holm_multiplies_by_how_many_are_left() {
    let adjusted = holm(&[0.01, 0.04, 0.03, 0.005]);

    for (adjusted, expected) in adjusted.iter().zip([0.03, 0.06, 0.06, 0.02]) {
        assert!((adjusted - expected).abs() < 1e-9, "{adjusted}");
    }
}

#[test]
fn what_is_the_same_is_proven_to_be_the_same() {
    let mut random = Rng::with_seed(1);
    let mut outside = 0;
    for _ in 0..500 {
        let compared = compare(&measured(&mut random, 400, 0.0));

        // 6.5 standard deviations of the statistic of 400 pairs: 3.3 for the interval, and as many for the estimate.
        assert!(compared.auc.is_within(0.5, 0.133), "{compared:?}");
        if compared.auc.low > 0.5 || compared.auc.high < 0.5 {
            outside += 1;
        }
    }
    // An interval of 99.9 % misses the truth once in a thousand.
    assert!(outside <= 4, "{outside} of 500");
}

#[test]
fn a_difference_is_found_and_measured_under_noise() {
    let mut random = Rng::with_seed(2);
    for slower in [-1.0, 0.5, 2.0] {
        let compared = compare(&measured(&mut random, 1_000, slower));

        assert!(!compared.auc.is_within(0.5, 0.06), "{slower}: {compared:?}");
        assert!(
            compared.shift.is_within(slower, 0.3),
            "{slower}: {compared:?}"
        );
        assert!(compared.z.abs() > 4.0, "{slower}: {compared:?}");
        assert_eq!(compared.auc.estimate > 0.5, slower > 0.0);
    }
}

#[test]
fn equal_values_and_clear_ones_have_no_width() {
    let same = compare(&[(1.0, 1.0); 50]);
    assert_eq!((same.auc.low, same.auc.high), (0.5, 0.5));
    assert_eq!((same.shift.low, same.shift.high), (0.0, 0.0));
    assert!(same.z.abs() < 1e-9, "{same:?}");

    let clear = compare(&[(2.0, 1.0); 50]);
    assert!((clear.auc.low - 1.0).abs() < 1e-9, "{clear:?}");
    assert!((clear.shift.estimate - 1.0).abs() < 1e-9, "{clear:?}");
}

#[test]
fn a_tail_that_only_one_kind_has_shows_in_its_quantile_only() {
    let mut random = Rng::with_seed(3);
    let mut pairs = measured(&mut random, 2_000, 0.0);
    for (index, (first, _)) in pairs.iter_mut().enumerate() {
        if index % 20 == 0 {
            *first += 500.0;
        }
    }

    let shifts = quantile_shifts(&pairs, &mut random);

    for (quantile, shift) in shifts {
        let is_far = shift.low > 100.0;
        assert_eq!(is_far, quantile > 0.98, "{quantile}: {shift:?}");
        if quantile < 0.9 {
            assert!(shift.is_within(0.0, 1.0), "{quantile}: {shift:?}");
        }
    }
}
