//! How lists are asked for: conditions, order, and the token of the next page.

use std::sync::LazyLock;

use sea_orm::Order;
use uuid::Uuid;

use super::{product::test_master_key, text};
use crate::{
    account,
    filter::{self, Pattern},
    master_key::MasterKey,
    pagination::{self, Cursor, Key},
};

static MASTER_KEY: LazyLock<MasterKey> = LazyLock::new(test_master_key);

/// A filter: what was read means the same when it is written down again.
pub fn filter(data: &[u8]) {
    let Some(typed) = text(data) else { return };
    // Whether the values are right is for the list to say; it must not panic.
    let _ = account::filter::condition(typed);
    let read = |text: &str| filter::read(text, |field, value| Some((field.to_owned(), value)));
    let Ok(comparisons) = read(typed) else { return };
    assert!(typed.len() <= 1_000 && !typed.contains('\0'));
    let printed: Vec<String> = comparisons
        .iter()
        .map(|(field, value)| {
            let value = value.replace('\\', "\\\\").replace('"', "\\\"");
            format!("{field} = \"{value}\"")
        })
        .collect();
    let printed = printed.join(" AND ");
    if printed.len() <= 1_000 {
        assert_eq!(
            read(&printed).ok().as_ref(),
            Some(&comparisons),
            "{printed}"
        );
    }
    for (_, value) in comparisons {
        let again = match Pattern::from(value.clone()) {
            Pattern::Whole(whole) => whole,
            Pattern::Prefix(prefix) => format!("{prefix}*"),
        };
        assert_eq!(again, value);
    }
}

/// `order_by`: a column of the list or nothing, and again the same when it is written plainly.
pub fn order_by(data: &[u8]) {
    let Some(typed) = text(data) else { return };
    let columns = [("username", 0), ("create_time", 1)];
    let Ok((column, order)) = pagination::order(typed, &columns) else {
        return;
    };
    let direction = match order {
        Order::Desc => " desc",
        _ => "",
    };
    let plain = format!("{}{direction}", columns[column].0);
    assert_eq!(
        pagination::order(&plain, &columns).ok(),
        Some((column, order)),
        "{typed:?}"
    );
}

/// A page token: opens for the list and caller that it was made for, and for nobody else; nothing that was bent opens.
pub fn page_token(data: &[u8]) {
    let invented = text(data).and_then(|token| open(token, b"list of lea"));
    assert_eq!(invented, None, "we have not made this one");

    let Some((head, name)) = data.split_first_chunk::<12>() else {
        return;
    };
    let key = match head[0] % 3 {
        0 => Key::Text(String::from_utf8_lossy(name).into_owned()),
        1 => Key::Time(i64::from_le_bytes(std::array::from_fn(|index| head[index]))),
        _ => Key::Number(i64::from(head[1])),
    };
    let cursor = Cursor {
        key,
        id: Uuid::from_u128(u128::from(head[2])),
    };
    let token = pagination::seal(&MASTER_KEY, &cursor, b"list of lea");
    let token = token.expect("a cursor can be written");
    if token.len() > 4_096 {
        return;
    }
    assert_eq!(open(&token, b"list of lea"), Some(cursor));
    assert_eq!(open(&token, b"list of max"), None, "another's");
    if let Some(forged) = super::forged(&token, &head[3..]) {
        assert_eq!(open(&forged, b"list of lea"), None, "{forged}");
    }
}

fn open(token: &str, query: &[u8]) -> Option<Cursor> {
    pagination::open(&MASTER_KEY, token, query).ok().flatten()
}
