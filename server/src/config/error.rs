//! What is wrong with the configuration, all of it at once.

use std::fmt;

use super::source::Origin;

/// Every reason why the configuration was refused; prints one line for each.
#[derive(Debug, thiserror::Error)]
pub struct ConfigErrors(pub Vec<ConfigError>);

/// One reason why the configuration was refused; prints as one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// The variable or file key at fault, or the configuration file where all of it is.
    pub name: String,
    /// Where the value came from.
    pub origin: Origin,
    /// What is wrong, and what would be right. Never quotes a secret.
    pub problem: String,
}

impl ConfigError {
    pub(super) fn new(name: String, origin: Origin, problem: impl Into<String>) -> Self {
        Self {
            name,
            origin,
            problem: problem.into(),
        }
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(formatter)?;
            }
            write!(formatter, "{error}")?;
        }

        Ok(())
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            origin,
            problem,
        } = self;

        write!(formatter, "{name} ({origin}): {problem}")
    }
}
