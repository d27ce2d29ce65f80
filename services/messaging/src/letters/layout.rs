//! What every letter looks like.

use askama::Template;
use url::Url;

use super::words;

/// A letter before it is laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    pub subject: String,
    greeting: String,
    paragraphs: Vec<String>,
    facts: Vec<(&'static str, String)>,
    action: Option<(&'static str, String)>,
    closing: Option<&'static str>,
}

impl Letter {
    pub fn new(subject: impl AsRef<str>, name: &str) -> Self {
        Self {
            subject: words::line(subject.as_ref()),
            greeting: words::greeting(name),
            paragraphs: Vec::new(),
            facts: Vec::new(),
            action: None,
            closing: None,
        }
    }

    pub fn paragraph(mut self, text: impl AsRef<str>) -> Self {
        self.paragraphs.push(words::line(text.as_ref()));
        self
    }

    /// One row of what the letter is about.
    pub fn fact(mut self, label: &'static str, value: impl AsRef<str>) -> Self {
        self.facts.push((label, words::line(value.as_ref())));
        self
    }

    /// The one thing to do.
    pub fn action(mut self, label: &'static str, link: &Url) -> Self {
        self.action = Some((label, link.to_string()));
        self
    }

    pub fn closing(mut self, text: &'static str) -> Self {
        self.closing = Some(text);
        self
    }

    /// As text and as HTML.
    pub fn render(&self) -> Result<(String, String), askama::Error> {
        Ok((TextLayout { letter: self }.render()?, HtmlLayout { letter: self }.render()?))
    }
}

#[derive(Template)]
#[template(path = "letter.txt")]
struct TextLayout<'l> {
    letter: &'l Letter,
}

#[derive(Template)]
#[template(path = "letter.html")]
struct HtmlLayout<'l> {
    letter: &'l Letter,
}
