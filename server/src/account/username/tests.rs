//! Spellings that share a name, and what is no name.

use proptest::prelude::*;

use super::UsernameFault::{
    EmailNotUsername, ForbiddenCharacter, MixedScripts, Required, Reserved, TooLong,
};
use super::*;

fn fault(text: &str) -> Option<UsernameFault> {
    Username::parse(text).err()
}

fn key_of(text: &str) -> String {
    Username::parse(text)
        .unwrap_or_else(|fault| panic!("{text:?} is refused: {fault:?}"))
        .key
}

#[test]
fn spellings_of_one_name_share_a_key() {
    let table = [
        (
            "jean.dupont",
            &["JEAN.DUPONT", "Jean.Dupont", "ｊｅａｎ．ｄｕｐｏｎｔ"][..],
        ),
        ("éloïse", &["ÉLOÏSE", "e\u{301}loi\u{308}se"]),
        ("strasse", &["straße", "STRASSE", "STRAẞE"]),
        ("fils", &["ﬁls", "FILS", "filſ"]),
        ("kim", &["\u{212a}im", "KIM", "kım", "KİM"]),
        ("σοφος", &["ΣΟΦΟΣ", "σοφοσ"]),
        ("a1", &["a①", "A１"]),
        ("мария", &["МАРИЯ", "Мария"]),
    ];

    for (name, spellings) in table {
        for spelling in spellings {
            assert_eq!(key_of(spelling), key_of(name), "{spelling}");
        }
    }
}

#[test]
fn names_are_kept_as_typed() {
    let name = Username::parse("Jean.Dupont").unwrap();

    assert_eq!((name.as_str(), name.key()), ("Jean.Dupont", "jean.dupont"));
}

#[test]
fn a_reserved_name_is_nobodys_in_any_spelling() {
    for name in ["postmaster", "Postmaster", "ＮＵＬＬ", "No-Reply"] {
        assert_eq!(fault(name), Some(Reserved), "{name}");
    }
    for name in ["admin", "postmaster2", "null.dupont"] {
        assert_eq!(fault(name), None, "{name}");
    }
}

#[test]
fn an_accent_makes_another_name() {
    assert_ne!(key_of("hélène"), key_of("helene"));
}

#[test]
fn names_of_one_script_are_allowed() {
    for name in [
        "a",
        "0",
        "j_d-2.b",
        "josé",
        "nguyễn",
        "мария2",
        "ελένη",
        "محمد",
        "田中さくら",
        "김철수",
        "œuf",
    ] {
        assert_eq!(fault(name), None, "{name}");
    }
}

#[test]
fn what_is_no_name_is_refused_with_its_reason() {
    let table = [
        ("", Required),
        ("jean@ecole.be", EmailNotUsername),
        ("jean＠ecole.be", EmailNotUsername),
        ("jean﹫ecole.be", EmailNotUsername),
        (" ", ForbiddenCharacter),
        (" jean", ForbiddenCharacter),
        ("jean ", ForbiddenCharacter),
        ("jean\t", ForbiddenCharacter),
        ("jean\u{a0}", ForbiddenCharacter),
        ("jean\u{3000}", ForbiddenCharacter),
        ("jean\u{200b}", ForbiddenCharacter),
        ("je\u{200d}an", ForbiddenCharacter),
        ("\u{feff}jean", ForbiddenCharacter),
        ("je\u{ad}an", ForbiddenCharacter),
        ("\u{202e}jean", ForbiddenCharacter),
        ("je\u{2066}an", ForbiddenCharacter),
        ("jean\0", ForbiddenCharacter),
        ("jean\r\n", ForbiddenCharacter),
        ("jean.", ForbiddenCharacter),
        (".jean", ForbiddenCharacter),
        ("-jean", ForbiddenCharacter),
        ("_-_", ForbiddenCharacter),
        ("jean dupont", ForbiddenCharacter),
        ("<script>", ForbiddenCharacter),
        ("jean'--", ForbiddenCharacter),
        ("jean%", ForbiddenCharacter),
        ("i\u{307}rene", ForbiddenCharacter),
        ("je\u{335}an", ForbiddenCharacter),
        ("jean😀", ForbiddenCharacter),
        ("jean٢", ForbiddenCharacter),
        ("ﷺ", ForbiddenCharacter),
        ("аdmin", MixedScripts),
        ("pаypal", MixedScripts),
        ("αdmin", MixedScripts),
        ("аре", MixedScripts),
    ];

    for (text, reason) in table {
        assert_eq!(fault(text), Some(reason), "{text:?}");
    }
}

#[test]
fn length_is_refused_as_typed_and_as_a_key() {
    assert_eq!(fault(&"a".repeat(64)), None);
    assert_eq!(fault(&"a".repeat(65)), Some(TooLong));
    assert_eq!(fault(&"ß".repeat(33)), Some(TooLong));
    assert_eq!(fault(&"\u{301}".repeat(32_768)), Some(TooLong));
    assert_eq!(fault(&"ﷺ".repeat(10_000)), Some(TooLong));
    assert_eq!(fault(&"a".repeat(1_048_576)), Some(TooLong));
    assert_eq!(Username::lookup_key(&" ".repeat(1_048_576)), None);
}

#[test]
fn a_pasted_name_is_found() {
    assert_eq!(
        Username::lookup_key(" Jean.Dupont\u{a0}\n").as_deref(),
        Some("jean.dupont")
    );
    assert_eq!(Username::lookup_key("jean@ecole.be"), None);
    assert_eq!(Username::lookup_key("  "), None);
}

#[test]
fn every_character_of_unicode_is_refused_or_has_a_stable_key() {
    for character in '\0'..=char::MAX {
        for text in [character.to_string(), format!("a{character}")] {
            let Ok(name) = Username::parse(&text) else {
                continue;
            };

            assert_eq!(key_of(name.key()), name.key(), "{text:?}");
        }
    }
}

proptest! {
    #[test]
    fn a_key_is_its_own_key(text in "\\PC{0,70}|[a-zA-Zßıİſﬁéσς._-]{1,64}|\\p{L}{1,8}\\p{M}{0,4}") {
        if let Ok(name) = Username::parse(&text) {
            prop_assert_eq!(key_of(name.key()), name.key());
            prop_assert_eq!(Username::lookup_key(name.as_str()), Some(name.key().to_owned()));
        }
    }
}
