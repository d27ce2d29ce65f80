//! Documents for people to keep, as PDF.
//!
//! A service says what stands in a document ([`Document`]: a title, facts, a table, sums, notes) and a [`Printer`] makes a
//! file of it. There is no markup: a value is text wherever it stands, so nothing that a person has typed can change how
//! a document looks, read a file or reach a server. The fonts are inside; nothing is looked for on the machine. The same
//! document gives the same bytes: the only time in it is the one it is given.

mod document;
mod download;
mod error;
mod font;
mod layout;
mod pdf;
mod printer;
mod text;

pub use document::{Align, Column, Document, Fact, MAX_CHARS, MAX_ROWS, Table};
pub use download::download;
pub use error::PrintError;
pub use printer::Printer;
