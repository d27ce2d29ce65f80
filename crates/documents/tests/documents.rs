//! Documents printed and read back.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has to fail loudly")]

use documents::{Column, Document, Fact, MAX_CHARS, MAX_ROWS, PrintError, Printer, Table};
use jiff::Timestamp;
use testkit::pdf_pages;

fn document(rows: usize) -> Document {
    let mut document = Document::new("Account statement", "liabilities:bank", Timestamp::UNIX_EPOCH);
    document.facts = vec![Fact::new("Currency", "EUR")];
    let row = |number: usize| [number.to_string(), format!("about {number}"), format!("{number}.00")];
    let columns = [Column::right("No.", 1), Column::left("About", 4), Column::right("Amount", 2)];
    document.table = Some(Table::new(columns, (1..=rows).map(row)));
    document.sums = vec![Fact::new("Closing balance", "12.34 EUR")];
    document.notes = vec!["Times are UTC.".to_owned()];
    document
}

async fn pages(document: Document) -> Vec<Vec<String>> {
    pdf_pages(&Printer::new(1).print(document).await.unwrap())
}

#[tokio::test]
async fn everything_of_a_document_stands_on_its_page() {
    let pages = pages(document(2)).await;
    let expected = [
        "Account statement",
        "liabilities:bank",
        "Currency",
        "EUR",
        "No.",
        "About",
        "Amount",
        "1",
        "about 1",
        "1.00",
        "2",
        "about 2",
        "2.00",
        "Closing balance",
        "12.34 EUR",
        "Times are UTC.",
        "liabilities:bank",
        "Page 1 of 1",
    ];
    assert_eq!(pages, [expected]);
}

#[tokio::test]
async fn a_long_table_goes_on_over_pages_with_its_titles_and_loses_no_row() {
    let pages = pages(document(300)).await;
    assert!((5..10).contains(&pages.len()), "{}", pages.len());
    let count = pages.len();
    let mut numbers = Vec::new();
    for (index, page) in pages.iter().enumerate() {
        assert!(page.contains(&"Amount".to_owned()), "titles on page {}", index + 1);
        assert!(page.contains(&format!("Page {} of {count}", index + 1)));
        numbers.extend(page.iter().filter_map(|line| line.strip_prefix("about ")?.parse::<usize>().ok()));
    }
    assert_eq!(numbers, (1..=300).collect::<Vec<_>>());
}

#[tokio::test]
async fn the_same_document_gives_the_same_bytes() {
    let printer = Printer::new(2);
    let (one, two) = tokio::join!(printer.print(document(40)), printer.print(document(40)));
    assert_eq!(one.unwrap(), two.unwrap());
}

/// Nothing that is typed is markup, a command or another page.
#[tokio::test]
async fn what_people_type_is_printed_as_they_typed_it() {
    for typed in [
        "#import \"/etc/passwd\": *",
        "$x^2$ *bold* _it_ \\ #eval(\"1\")",
        "<script>alert(1)</script>",
        ") Tj ET endstream endobj %PDF- (",
        "Żółć Ελλάδα Київ Հայ",
    ] {
        let mut document = document(1);
        document.title = typed.to_owned();
        document.facts[0].value = typed.to_owned();
        let pages = pages(document).await;
        assert_eq!(pages.len(), 1, "{typed}");
        assert_eq!(pages[0].iter().filter(|line| *line == typed).count(), 2, "{typed}: {pages:?}");
    }
}

#[tokio::test]
async fn letters_the_font_lacks_and_other_directions_do_no_harm() {
    for typed in ["録音スタジオ", "סטודיו", "استوديو", "🎸", "\u{0}\u{202e}\u{fffe}", "", " "] {
        let mut document = document(1);
        document.title = typed.to_owned();
        assert_eq!(pages(document).await.len(), 1, "{typed}");
    }
}

/// A row that is higher than a page is broken, not lost.
#[tokio::test]
async fn a_cell_of_any_length_is_printed_to_its_end() {
    let mut document = document(0);
    let words: Vec<String> = (0..3_000).map(|number| format!("w{number}")).collect();
    let columns = [Column::left("About", 1), Column::left("Other", 9)];
    document.table = Some(Table::new(columns, [[words.join(" "), "beside".to_owned()]]));
    let pages = pages(document).await;
    assert!(pages.len() > 5, "{}", pages.len());
    let printed = pages.iter().flatten().flat_map(|line| line.split(' ')).filter(|word| word.starts_with('w'));
    assert_eq!(printed.collect::<Vec<_>>(), words);
}

#[tokio::test]
async fn a_document_without_bounds_is_refused_before_it_is_laid_out() {
    let printer = Printer::new(1);
    let mut long = document(1);
    long.notes = vec!["x".repeat(MAX_CHARS + 1)];
    let mut lines = document(1);
    lines.notes = vec!["\n".repeat(MAX_ROWS + 1)];
    for refused in [long, lines, document(MAX_ROWS + 1)] {
        assert_eq!(printer.print(refused).await.unwrap_err(), PrintError::TooLong);
    }
}

#[tokio::test]
async fn more_documents_than_may_wait_are_refused_and_the_others_printed() {
    let printer = Printer::new(1);
    let asked: Vec<_> = (0..40).map(|_| printer.print(document(20))).collect();
    let answers = futures_util::future::join_all(asked).await;
    let refused = answers.iter().filter(|answer| matches!(answer, Err(PrintError::Busy))).count();
    assert_eq!((answers.iter().filter(|answer| answer.is_ok()).count(), refused), (17, 23));
    printer.print(document(1)).await.unwrap();
}
