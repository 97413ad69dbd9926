//! A browser without scripts: it keeps cookies, follows links and sends forms.

use std::collections::BTreeMap;

use http::{Method, Request, header};
use url::form_urlencoded;

use crate::Server;
use crate::web::{self, Page};

/// One browser.
pub struct Browser {
    base: String,
    language: String,
    cookies: BTreeMap<String, String>,
}

/// A form as it stands in a page.
#[derive(Debug)]
pub struct FormOnPage {
    action: String,
    hidden: Vec<(String, String)>,
}

impl Browser {
    /// A browser set to a language.
    pub fn new(server: &Server, language: &str) -> Self {
        Self {
            base: server.url(),
            language: language.to_owned(),
            cookies: BTreeMap::new(),
        }
    }

    /// The value of a cookie that it keeps.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }

    /// Forgets a cookie.
    pub fn forget(&mut self, name: &str) {
        self.cookies.remove(name);
    }

    /// Opens an address of the server, or a link from a mail: its host is replaced by the server's.
    pub async fn open(&mut self, address: &str) -> Page {
        let path = address
            .find("/Account")
            .map_or(address, |at| &address[at..]);
        self.send(Method::GET, path, String::new()).await
    }

    /// Fills in a form of a page and sends it.
    pub async fn submit(&mut self, page: &Page, form: &str, fields: &[(&str, &str)]) -> Page {
        let form = FormOnPage::find(page, form);
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(&form.hidden).extend_pairs(fields);
        self.send(Method::POST, &form.action, body.finish()).await
    }

    /// The token in a page's form, for a form that is put together by hand.
    pub fn token(page: &Page) -> String {
        let mark = "name=\"form_token\" ";
        let (_, rest) = page.body.split_once(mark).expect("a form");
        attribute(rest, "value")
    }

    /// Sends a form that no page holds.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        self.send(Method::POST, path, body.finish()).await
    }

    async fn send(&mut self, method: Method, path: &str, body: String) -> Page {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header(header::ACCEPT_LANGUAGE, &self.language)
            .header(header::COOKIE, cookies.join("; "))
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body)
            .expect("a request");
        let page = web::send(request).await;
        for line in page.headers.get_all(header::SET_COOKIE) {
            self.keep(line.to_str().expect("a cookie"));
        }
        page
    }

    fn keep(&mut self, line: &str) {
        let (name, rest) = line.split_once('=').expect("a cookie");
        let value = rest.split(';').next().unwrap_or_default();
        if line.contains("Max-Age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}

impl FormOnPage {
    fn find(page: &Page, name: &str) -> Self {
        let mark = format!("data-form=\"{name}\"");
        let form = page.body.split("<form ").find(|part| part.contains(&mark));
        let form = form.unwrap_or_else(|| panic!("no form {name} in {}", page.body));
        let form = form.split("</form>").next().unwrap_or_default();
        let hidden = form
            .split("<input ")
            .filter(|input| input.starts_with("type=\"hidden\""))
            .map(|input| (attribute(input, "name"), attribute(input, "value")));
        Self {
            action: attribute(form, "action"),
            hidden: hidden.collect(),
        }
    }
}

/// An attribute of the first tag of a piece of HTML.
fn attribute(html: &str, name: &str) -> String {
    let tag = html.split('>').next().unwrap_or_default();
    let value = tag
        .split_once(&format!("{name}=\""))
        .and_then(|(_, rest)| rest.split_once('"'))
        .map(|(value, _)| value);
    value.unwrap_or_default().replace("&#38;", "&")
}
