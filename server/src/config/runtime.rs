//! How Guichet tells what it does, and which time it goes by.

use std::path::PathBuf;

use tracing::level_filters::LevelFilter;

use super::reader::Reader;
use super::setting::{Section, Setting};
use super::value;

pub(super) const SECTION: Section = Section {
    title: "Log and clock",
    settings: &[
        Setting::new(
            "GUICHET_LOG_FORMAT",
            "auto",
            "json, text, or auto: text on a terminal and json elsewhere",
        ),
        Setting::new(
            "GUICHET_LOG_LEVEL",
            "info",
            "Least important line that is written: error, warn, info, debug or trace",
        ),
        Setting::new(
            "GUICHET_CLOCK",
            "system",
            "system, or for tests and drills `file:PATH`: a file with a number of seconds that is added to the time",
        )
        .such_as("file:/tmp/offset"),
    ],
};

/// How Guichet tells what it does, and which time it goes by.
#[derive(Clone, Debug)]
pub struct Runtime {
    /// The form of log lines.
    pub log_format: LogFormat,
    /// The least important line that is written.
    pub log_level: LevelFilter,
    /// Which time to go by.
    pub clock: ClockSource,
}

/// The form of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    Auto,
    /// One JSON object a line.
    Json,
    /// For reading on a terminal.
    Text,
}

/// Which time to go by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClockSource {
    /// The machine's.
    System,
    /// The machine's, moved by the seconds that this file holds. For tests and drills.
    OffsetFile(PathBuf),
}

impl Runtime {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            log_format: reader.read("GUICHET_LOG_FORMAT", log_format),
            log_level: reader.read("GUICHET_LOG_LEVEL", log_level),
            clock: reader.read("GUICHET_CLOCK", clock_source),
        }
    }
}

fn log_format(text: &str) -> Result<LogFormat, String> {
    value::one_of(
        text,
        &[
            ("auto", LogFormat::Auto),
            ("json", LogFormat::Json),
            ("text", LogFormat::Text),
        ],
    )
}

fn log_level(text: &str) -> Result<LevelFilter, String> {
    value::one_of(
        text,
        &[
            ("error", LevelFilter::ERROR),
            ("warn", LevelFilter::WARN),
            ("info", LevelFilter::INFO),
            ("debug", LevelFilter::DEBUG),
            ("trace", LevelFilter::TRACE),
        ],
    )
}

fn clock_source(text: &str) -> Result<ClockSource, String> {
    if text == "system" {
        return Ok(ClockSource::System);
    }

    match text.strip_prefix("file:") {
        Some(path) if !path.is_empty() => value::path(path).map(ClockSource::OffsetFile),
        Some(_) | None => Err("is neither system nor file:PATH".to_owned()),
    }
}
