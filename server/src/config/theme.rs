//! How the pages look and what they say about the person's own institution.

use std::fmt;
use std::path::PathBuf;

use super::reader::Reader;
use super::setting::{Section, Setting};
use super::value;

/// WCAG 2.2, 1.4.3: text must stand out from its background at least this much.
const LEAST_CONTRAST: f64 = 4.5;

pub(super) const SECTION: Section = Section {
    title: "Pages",
    settings: &[
        Setting::new(
            "GUICHET_COLOR",
            "#1d4ed8",
            "Colour of buttons and links; it must be readable on white",
        ),
        Setting::new(
            "GUICHET_COLOR_DARK",
            "#8ab4ff",
            "The same where the person's device is set to dark; it must be readable on near-black",
        ),
        Setting::unset(
            "GUICHET_LOGO",
            "the application's name",
            "/etc/guichet/logo.svg",
            "File shown at the top of every page, svg or png, at most 64 KiB",
        ),
        Setting::unset(
            "GUICHET_HELP_FR",
            "a general text",
            "la cellule informatique de votre école",
            "French words for whom to ask, within a sentence: « Adressez-vous à … »",
        ),
        Setting::unset(
            "GUICHET_HELP_EN",
            "a general text",
            "your school's IT office",
            "The same in English",
        ),
        Setting::unset(
            "GUICHET_HELP_NL",
            "a general text",
            "de ICT-dienst van uw school",
            "The same in Dutch",
        ),
        Setting::unset(
            "GUICHET_HELP_DE",
            "a general text",
            "die EDV-Stelle Ihrer Schule",
            "The same in German",
        ),
    ],
};

const LANGUAGES: [&str; 4] = ["fr", "en", "nl", "de"];

/// How the pages look.
#[derive(Clone, Debug)]
pub struct Theme {
    /// Buttons and links on white.
    pub color: Color,
    /// Buttons and links on near-black.
    pub color_dark: Color,
    /// A file shown at the top.
    pub logo: Option<PathBuf>,
    /// Whom to ask, in the order of `LANGUAGES`.
    help: [Option<String>; 4],
}

/// A colour of sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Color([u8; 3]);

const WHITE: Color = Color([0xff; 3]);

/// The background of pages in the dark.
pub const NIGHT: Color = Color([0x14, 0x17, 0x1c]);

impl Theme {
    pub(super) fn read(reader: &mut Reader) -> Self {
        Self {
            color: reader.read("GUICHET_COLOR", |text| readable_on(WHITE, text)),
            color_dark: reader.read("GUICHET_COLOR_DARK", |text| readable_on(NIGHT, text)),
            logo: reader.read_optional("GUICHET_LOGO", image),
            help: LANGUAGES.map(|language| {
                let name = format!("GUICHET_HELP_{}", language.to_uppercase());
                reader.read_optional(&name, value::text)
            }),
        }
    }
}

impl Theme {
    /// Whom to ask, in words of a language: `fr`, `en`, `nl` or `de`.
    pub fn help(&self, locale: &str) -> Option<&str> {
        let position = LANGUAGES.iter().position(|language| *language == locale)?;
        self.help[position].as_deref()
    }
}

impl fmt::Display for Color {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(formatter, "#{red:02x}{green:02x}{blue:02x}")
    }
}

fn readable_on(background: Color, text: &str) -> Result<Color, String> {
    let color = color(text)?;
    let contrast = contrast(color, background);
    if contrast < LEAST_CONTRAST {
        return Err(format!(
            "is hard to read on {background}: a contrast of {contrast:.1}, and {LEAST_CONTRAST} is needed"
        ));
    }
    Ok(color)
}

fn color(text: &str) -> Result<Color, String> {
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6);
    let bytes = digits.and_then(|digits| hex::decode(digits).ok());
    bytes
        .and_then(|bytes| bytes.try_into().ok())
        .map(Color)
        .ok_or_else(|| "is not a colour such as #1d4ed8".to_owned())
}

fn image(text: &str) -> Result<PathBuf, String> {
    let path = value::path(text)?;
    let kind = path.extension().and_then(|extension| extension.to_str());
    if matches!(kind, Some("svg" | "png")) {
        Ok(path)
    } else {
        Err("is not a .svg or .png file".to_owned())
    }
}

/// WCAG 2.2, "contrast ratio".
fn contrast(one: Color, other: Color) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// WCAG 2.2, "relative luminance".
fn luminance(color: Color) -> f64 {
    let [red, green, blue] = color.0.map(|channel| {
        let channel = f64::from(channel) / 255.0;
        if channel <= 0.04045 {
            channel / 12.92
        } else {
            ((channel + 0.055) / 1.055).powf(2.4)
        }
    });
    0.2126_f64.mul_add(red, 0.7152_f64.mul_add(green, 0.0722 * blue))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_that_cannot_be_read_is_refused() {
        for (text, background, good) in [
            ("#1d4ed8", WHITE, true),
            ("#767676", WHITE, true),
            ("#777777", WHITE, false),
            ("#ffff00", WHITE, false),
            ("#ffff00", NIGHT, true),
            ("#1d4ed8", NIGHT, false),
            ("1d4ed8", WHITE, false),
            ("#1d4ed", WHITE, false),
            ("red", WHITE, false),
        ] {
            assert_eq!(readable_on(background, text).is_ok(), good, "{text}");
        }
    }

    #[test]
    fn black_on_white_is_the_greatest_contrast() {
        assert!((contrast(Color([0; 3]), WHITE) - 21.0).abs() < 0.01);
    }
}
