//! What attackers and accidents do to services like this one, a test for each.
//!
//! `rows/*.toml` lists them: flaws that others had, the requirements of OWASP ASVS 5.0, bad inputs. Each row names the
//! tests that would fail if it came true here. Those that no other target has are in the modules below; `coverage` fails
//! where a test that a row names doesn't exist, and writes `tests/THREATS.md`.

mod bent_codes;
mod codes;
mod coverage;
mod deadlines;
mod documents;
mod frames;
mod hosts;
mod lifetimes;
mod links;
mod lists;
mod log_lines;
mod moments;
mod numbers;
mod page_tokens;
mod passwords;
mod recipients;
mod sessions;
mod settings;
mod shared_connection;
mod sign_in;
mod slow_clients;
mod steps;
mod surface;
mod texts;
mod tokens;
mod tokens_in_place_of_each_other;
mod told;
mod transport;
mod unread_lists;
mod versions;
mod words;
