//! The pages' files: built by `client/web`, compressed and embedded when the binary is built.

use axum::{
    extract::Path,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};

/// One file of `client/web/dist`. Its name holds a hash of what it holds: `login.Q3XA7K2B.js`.
struct File {
    name: &'static str,
    plain: &'static [u8],
    brotli: &'static [u8],
    gzip: &'static [u8],
}

static FILES: &[File] = &include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// The address of the file that was built from `stem.extension`, if there is one.
pub(super) fn address(stem: &str, extension: &str) -> Option<String> {
    let built_from = |name: &str| {
        let mut parts = name.split('.');
        parts.next() == Some(stem) && parts.next_back() == Some(extension)
    };
    FILES
        .iter()
        .find(|file| built_from(file.name))
        .map(|file| format!("/assets/{}", file.name))
}

/// Serves one file, for ever: another content has another name.
pub(super) async fn serve(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(file) = FILES.iter().find(|file| file.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let (encoding, bytes) = choose(file, &headers);
    let mut response = bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, content_type(file.name));
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=31536000, immutable"),
    );
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

fn choose(file: &File, headers: &HeaderMap) -> (Option<&'static str>, &'static [u8]) {
    let accepted = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let takes = |wanted: &str| {
        accepted.split(',').any(|coding| {
            let (coding, weight) = coding.split_once(';').unwrap_or((coding, ""));
            coding.trim() == wanted && weight.trim() != "q=0"
        })
    };
    if takes("br") {
        (Some("br"), file.brotli)
    } else if takes("gzip") {
        (Some("gzip"), file.gzip)
    } else {
        (None, file.plain)
    }
}

fn content_type(name: &str) -> HeaderValue {
    let (_, extension) = name.rsplit_once('.').unwrap_or_default();
    HeaderValue::from_static(match extension {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        _ => "application/octet-stream",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_style_of_the_pages_is_embedded() {
        let address = address("style", "css").expect("a style sheet");

        assert!(address.starts_with("/assets/style."), "{address}");
    }

    #[test]
    fn a_coding_is_sent_only_to_who_takes_it() {
        let file = File {
            name: "a.js",
            plain: b"plain",
            brotli: b"brotli",
            gzip: b"gzip",
        };

        for (accepted, expected) in [
            ("gzip, deflate, br, zstd", b"brotli".as_slice()),
            ("gzip, br;q=0", b"gzip"),
            ("identity", b"plain"),
            ("", b"plain"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, accepted.parse().unwrap());
            assert_eq!(choose(&file, &headers).1, expected, "{accepted}");
        }
    }
}
