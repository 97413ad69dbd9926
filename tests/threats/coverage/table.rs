//! The rows as tables of Markdown.

use std::fmt::Write as _;

use super::rows::{Answer, Named, Row, Section};

/// What is generated stands between these lines.
const BEGIN: &str = "<!-- Generated from tests/threats/rows; do not edit. -->\n";
const END: &str = "<!-- End of what is generated. -->\n";

/// How many rows there are in each section, and how many have tests.
pub(super) fn summary(sections: &[Section]) -> String {
    let mut table =
        "| Rows | In all | With tests | Without, and why |\n|---|---:|---:|---:|\n".to_owned();
    for section in sections {
        let (all, tested) = counts(section);
        let link = format!("tests/THREATS.md#{}", anchor(section.title));
        let title = section.title;
        let without = all - tested;
        writeln!(
            table,
            "| [{title}]({link}) | {all} | {tested} | {without} |"
        )
        .expect("memory");
    }
    table
}

/// Every row with its tests.
pub(super) fn rows(sections: &[Section]) -> String {
    let mut tables = Vec::new();
    for section in sections {
        let mut table = format!(
            "## {}\n\n| Row | What | Tests |\n|---|---|---|\n",
            section.title
        );
        for row in &section.rows {
            table.push_str(&line(row));
        }
        tables.push(table);
    }
    tables.join("\n")
}

/// A document with this between the marks. Panics if it has none.
pub(super) fn put_into(document: &str, generated: &str) -> String {
    let (before, rest) = document.split_once(BEGIN).expect("a mark of the beginning");
    let (_, after) = rest.split_once(END).expect("a mark of the end");
    format!("{before}{BEGIN}\n{generated}\n{END}{after}")
}

fn counts(section: &Section) -> (usize, usize) {
    let rows = section.rows.iter();
    let tested = rows.filter(|row| matches!(row.answer(), Answer::Tests(_)));
    (section.rows.len(), tested.count())
}

fn line(row: &Row) -> String {
    let answer = match row.answer() {
        Answer::Tests(tests) => {
            let tests: Vec<_> = tests.iter().map(test).collect();
            tests.join("<br>")
        }
        Answer::Not(reason) => format!("None: {}", cell(reason)),
    };
    format!("| {} | {} | {answer} |\n", cell(&row.id), cell(&row.what))
}

/// Linked from the folder of the page, `tests/`.
fn test(test: &Named) -> String {
    let Named { file, name } = test;
    let link = match file.strip_prefix("tests/") {
        Some(inside) => inside.to_owned(),
        None => format!("../{file}"),
    };
    format!("[{}]({link}): `{}`", file.replace('_', "\\_"), cell(name))
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
        .replace('\n', " ")
        .replace('<', "&lt;")
}

/// As the usual readers of Markdown name a heading.
fn anchor(title: &str) -> String {
    let kept = title
        .chars()
        .filter(|it| it.is_alphanumeric() || *it == ' ');
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}
