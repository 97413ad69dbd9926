//! The Fluent texts, embedded in the binary and parsed once.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};

use super::{Arg, Locale};

type Bundle = FluentBundle<FluentResource>;

static FR: LazyLock<Bundle> = LazyLock::new(|| bundle(Locale::Fr));
static EN: LazyLock<Bundle> = LazyLock::new(|| bundle(Locale::En));
static NL: LazyLock<Bundle> = LazyLock::new(|| bundle(Locale::Nl));
static DE: LazyLock<Bundle> = LazyLock::new(|| bundle(Locale::De));

/// Gives the text named `key` with `args` put in.
///
/// A key or argument that does not exist is a mistake in the program, which the tests find. It
/// shows as the bare key and as a line in the log, so that a wrong text never stops a reset.
pub fn text(locale: Locale, key: &str, args: &[Arg<'_>]) -> String {
    let bundle = match locale {
        Locale::Fr => &FR,
        Locale::En => &EN,
        Locale::Nl => &NL,
        Locale::De => &DE,
    };
    let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
        tracing::error!(key, locale = locale.as_str(), "a text is missing");
        return key.to_owned();
    };

    let args: FluentArgs<'_> = args.iter().cloned().collect();
    let mut errors = Vec::new();
    let text = bundle.format_pattern(pattern, Some(&args), &mut errors);
    if !errors.is_empty() {
        tracing::error!(
            key,
            locale = locale.as_str(),
            ?errors,
            "a text lacks an argument"
        );
    }

    text.into_owned()
}

fn bundle(locale: Locale) -> Bundle {
    let tag = locale.as_str().parse().expect("our tags are BCP 47");
    let mut bundle = FluentBundle::new_concurrent(vec![tag]);
    // The marks that isolate right-to-left values would stay inside copied links and usernames.
    bundle.set_use_isolating(false);

    for source in sources(locale) {
        let resource = FluentResource::try_new(source.to_owned())
            .expect("the embedded texts are parsed by the tests");
        bundle
            .add_resource(resource)
            .expect("the tests refuse a key that is defined twice");
    }

    bundle
}

const fn sources(locale: Locale) -> [&'static str; 4] {
    match locale {
        Locale::Fr => [
            include_str!("../../locales/fr/error.ftl"),
            include_str!("../../locales/fr/mail.ftl"),
            include_str!("../../locales/fr/page.ftl"),
            include_str!("../../locales/fr/time.ftl"),
        ],
        Locale::En => [
            include_str!("../../locales/en/error.ftl"),
            include_str!("../../locales/en/mail.ftl"),
            include_str!("../../locales/en/page.ftl"),
            include_str!("../../locales/en/time.ftl"),
        ],
        Locale::Nl => [
            include_str!("../../locales/nl/error.ftl"),
            include_str!("../../locales/nl/mail.ftl"),
            include_str!("../../locales/nl/page.ftl"),
            include_str!("../../locales/nl/time.ftl"),
        ],
        Locale::De => [
            include_str!("../../locales/de/error.ftl"),
            include_str!("../../locales/de/mail.ftl"),
            include_str!("../../locales/de/page.ftl"),
            include_str!("../../locales/de/time.ftl"),
        ],
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::fs;
    use std::path::Path;

    use fluent_syntax::ast::{
        CallArguments, Entry, Expression, InlineExpression, Pattern, PatternElement,
    };

    use super::*;

    /// Texts that are asked for by the name of a reason: the contract's table, and our own.
    const REASONS: &[&str] = &[
        "error-INVALID_FIELDS error-PASSWORD_RULES error-EMAIL_NOT_USERNAME error-BAD_CREDENTIALS error-WRONG_CODE error-WRONG_PASSWORD",
        "error-TOKEN_INVALID error-TOKEN_EXPIRED error-TOKEN_REUSED error-FORBIDDEN",
        "error-NOT_FOUND error-RESET_CODE_INVALID error-STATE error-USERNAME_TAKEN",
        "error-EXTERNAL_ID_TAKEN error-ETAG_MISMATCH error-THROTTLED error-OVERLOADED",
        "error-STORE_UNAVAILABLE error-INTERNAL",
        "violation-REQUIRED violation-TOO_LONG violation-FORBIDDEN_CHARACTER",
        "violation-MIXED_SCRIPTS violation-RESERVED violation-EMAIL_NOT_USERNAME violation-INVALID_EMAIL",
        "violation-INVALID_ID violation-INVALID_LOCALE violation-NOT_ALLOWED",
        "violation-OUT_OF_RANGE violation-INVALID_FILTER violation-INVALID_ORDER",
        "violation-PAGE_TOKEN_INVALID violation-UNKNOWN_FIELD violation-UNKNOWN_VALUE",
        "violation-READ_ONLY violation-UNKNOWN_FORMAT violation-TOO_COSTLY violation-MALFORMED",
        "violation-TOO_MANY violation-UNKNOWN_ROLE violation-UNKNOWN_INSTITUTION",
        "violation-USERNAME_TAKEN violation-EXTERNAL_ID_TAKEN violation-EMAIL_ELSEWHERE",
        "violation-DUPLICATE_ROW violation-ACCOUNT_CHANGED violation-INVALID_ENCODING",
        "violation-INVALID_JSON",
        "rule-MIN_LENGTH rule-MAX_LENGTH rule-DIGIT rule-UPPERCASE rule-SPECIAL rule-NOT_COMMON",
        "rule-NOT_IDENTIFIER rule-NOT_PREVIOUS",
    ];

    #[test]
    fn every_language_has_the_same_keys_with_the_same_arguments() {
        let french = arguments_by_key(Locale::Fr);

        for locale in Locale::ALL {
            assert_eq!(
                arguments_by_key(locale),
                french,
                "{locale:?} against French"
            );
        }
    }

    #[test]
    fn every_key_is_used_and_every_used_key_exists() {
        let defined: BTreeSet<String> = arguments_by_key(Locale::Fr).into_keys().collect();
        let sections: BTreeSet<&str> = defined.iter().filter_map(|key| section(key)).collect();

        let mut used = BTreeSet::new();
        quoted_words(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
            &mut used,
        );
        used.retain(|word| section(word).is_some_and(|section| sections.contains(section)));
        let reasons = REASONS.iter().flat_map(|line| line.split(' '));
        used.extend(reasons.map(str::to_owned));

        let unused: Vec<_> = defined.difference(&used).collect();
        assert!(unused.is_empty(), "defined, but used nowhere: {unused:?}");
        let missing: Vec<_> = used.difference(&defined).collect();
        assert!(missing.is_empty(), "used, but not defined: {missing:?}");
    }

    #[test]
    fn french_puts_a_narrow_space_before_double_punctuation() {
        for source in sources(Locale::Fr) {
            for line in source.lines().filter(|line| !line.starts_with('#')) {
                let written: Vec<char> = line.chars().collect();
                for pair in written.windows(2) {
                    let is_double = [':', ';', '!', '?', '»'].contains(&pair[1]);
                    assert!(!is_double || pair[0] == '\u{202f}', "{line}");
                    assert!(pair[0] != '«' || pair[1] == '\u{202f}', "{line}");
                }
            }
        }
    }

    #[test]
    fn an_unknown_key_shows_itself() {
        assert_eq!(text(Locale::Fr, "no-such-text", &[]), "no-such-text");
    }

    /// Where a key belongs: `mail` for `mail-greeting`.
    fn section(key: &str) -> Option<&str> {
        key.split_once('-')
            .filter(|(_, name)| !name.is_empty())
            .map(|(section, _)| section)
    }

    /// Collects what stands alone between two quotes in our sources and templates.
    fn quoted_words(folder: &Path, words: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                quoted_words(&path, words);
                continue;
            }
            if !path
                .extension()
                .is_some_and(|ext| ext == "rs" || ext == "html")
            {
                continue;
            }

            let source = fs::read_to_string(&path).unwrap();
            let is_key = |word: &&str| {
                !word.is_empty()
                    && word
                        .bytes()
                        .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            };
            words.extend(source.split('"').filter(is_key).map(str::to_owned));
        }
    }

    fn arguments_by_key(locale: Locale) -> BTreeMap<String, BTreeSet<String>> {
        let mut keys = BTreeMap::new();
        for source in sources(locale) {
            let resource = FluentResource::try_new(source.to_owned()).unwrap();
            for entry in resource.entries() {
                let Entry::Message(message) = entry else {
                    continue;
                };
                let mut arguments = BTreeSet::new();
                pattern_arguments(message.value.as_ref().unwrap(), &mut arguments);
                let is_new = keys.insert(message.id.name.to_owned(), arguments).is_none();
                assert!(is_new, "{locale:?} defines {} twice", message.id.name);
            }
        }

        keys
    }

    fn pattern_arguments(pattern: &Pattern<&str>, arguments: &mut BTreeSet<String>) {
        for element in &pattern.elements {
            if let PatternElement::Placeable { expression } = element {
                expression_arguments(expression, arguments);
            }
        }
    }

    fn expression_arguments(expression: &Expression<&str>, arguments: &mut BTreeSet<String>) {
        match expression {
            Expression::Inline(inline) => inline_arguments(inline, arguments),
            Expression::Select { selector, variants } => {
                inline_arguments(selector, arguments);
                for variant in variants {
                    pattern_arguments(&variant.value, arguments);
                }
            }
        }
    }

    fn inline_arguments(inline: &InlineExpression<&str>, arguments: &mut BTreeSet<String>) {
        match inline {
            InlineExpression::VariableReference { id } => {
                arguments.insert(id.name.to_owned());
            }
            InlineExpression::Placeable { expression } => {
                expression_arguments(expression, arguments);
            }
            InlineExpression::FunctionReference {
                arguments: CallArguments { positional, .. },
                ..
            } => {
                for inline in positional {
                    inline_arguments(inline, arguments);
                }
            }
            _ => {}
        }
    }
}
