//! When to try again after a mail could not be handed over.

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(5);
const LONGEST: Duration = Duration::from_mins(10);

/// The wait before the next try after `attempt` failed ones (1 or more): 5 s, doubled each time
/// up to 10 minutes.
///
/// `jitter` from 0 to 1 moves the wait by -20 % to +20 %, so that mails that failed together do
/// not all come back together. The steps are those of Matrix Authentication Service's mail queue.
pub fn back_off(attempt: u32, jitter: f64) -> Duration {
    let doublings = attempt.saturating_sub(1);
    let wait = 2_u32
        .checked_pow(doublings)
        .and_then(|factor| FIRST.checked_mul(factor))
        .map_or(LONGEST, |wait| wait.min(LONGEST));

    wait.mul_f64(0.8 + 0.4 * jitter.clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_ten_minutes() {
        let cases = [
            (0, 5),
            (1, 5),
            (2, 10),
            (3, 20),
            (7, 320),
            (8, 600),
            (32, 600),
            (u32::MAX, 600),
        ];

        for (attempt, seconds) in cases {
            let wait = back_off(attempt, 0.5);
            assert_eq!(wait, Duration::from_secs(seconds), "attempt {attempt}");
        }
    }

    #[test]
    fn jitter_moves_the_wait_by_a_fifth_at_most() {
        let cases = [(-1.0, 4.0), (0.0, 4.0), (0.25, 4.5), (1.0, 6.0), (9.0, 6.0)];

        for (jitter, seconds) in cases {
            let wait = back_off(1, jitter).as_secs_f64();
            assert!((wait - seconds).abs() < 1e-6, "jitter {jitter} gave {wait}");
        }
    }
}
