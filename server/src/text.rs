//! Text that people give and that stands in a line beside other text: on pages, in mails, in lists.

/// Whether a character has no place in a line of text.
///
/// Controls end the line or command a terminal. Embeddings, overrides and isolates turn what stands around them, so that
/// something else is read than what is there (Unicode TR 36 section 2.8, CVE-2021-42574). The marks that only order the
/// neutral signs beside them, which names in Arabic and Hebrew hold, stay.
pub fn breaks_a_line(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The same for text of several lines.
pub fn breaks_a_text(character: char) -> bool {
    !matches!(character, '\n' | '\r' | '\t') && breaks_a_line(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_turns_or_ends_a_line_has_no_place_in_it_and_what_names_are_written_with_has() {
        for refused in
            "\0\n\t\u{1b}\u{7f}\u{85}\u{2028}\u{2029}\u{202a}\u{202e}\u{2066}\u{2069}".chars()
        {
            assert!(breaks_a_line(refused), "{refused:?}");
        }
        for taken in "Léa 🧑\u{200d}🏫 שרה\u{200f} مريم\u{200e} e\u{301} '".chars() {
            assert!(!breaks_a_line(taken), "{taken:?}");
        }
        assert!(!"one\r\n\ttwo".contains(breaks_a_text));
        assert!("one\u{202e}two".contains(breaks_a_text));
    }
}
