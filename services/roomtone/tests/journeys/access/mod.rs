//! The access matrix: every operation of the OpenAPI documents, asked by everybody. `matrix.md` says what each is to be
//! told.

mod call;
mod check;
mod identity;
mod matrix;
mod people;
mod requests;
mod things;
mod tokens;
mod world;

use std::collections::BTreeSet;

use futures_util::{StreamExt, stream};

use self::{matrix::Row, world::World};

/// Rows asked at the same time.
const AT_ONCE: usize = 6;

/// Service and operation, from the documents as the code makes them.
fn documented() -> BTreeSet<(String, String)> {
    let mut operations = BTreeSet::new();
    for service in roomtone::platform::services() {
        let document = serde_json::to_value(service.document()).unwrap();
        for (path, item) in document["paths"].as_object().unwrap() {
            let methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
            for method in methods.into_iter().filter(|method| item.get(method).is_some()) {
                operations.insert((service.name().to_owned(), format!("{} {path}", method.to_uppercase())));
            }
        }
    }
    operations
}

#[test]
fn every_operation_has_a_row_and_every_row_an_operation() {
    let documented = documented();
    let rows = matrix::rows();
    let listed: BTreeSet<_> = rows.iter().map(|row| (row.service.to_owned(), row.operation.to_owned())).collect();
    let missing: Vec<_> = documented.difference(&listed).collect();
    let stale: Vec<_> = listed.difference(&documented).collect();
    assert!(
        missing.is_empty() && stale.is_empty(),
        "access/matrix.md has no row for {missing:#?}, and rows for what is not there: {stale:#?}",
    );
}

#[test]
fn the_rows_are_sorted_and_nothing_stands_there_twice() {
    let rows = matrix::rows();
    for pair in rows.windows(2).filter(|pair| pair[0].service == pair[1].service) {
        let (first, second) = (&pair[0], &pair[1]);
        assert!(first.place() <= second.place(), "{} is before {}", first.operation, second.operation);
        assert!(first.place() < second.place() || first.owner != second.owner, "{} twice", first.operation);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_is_let_in_where_the_matrix_says_so_and_nowhere_else() {
    let world = World::build().await;
    let rows = matrix::rows();
    let found: Vec<Vec<String>> =
        stream::iter(&rows).map(|row: &Row| check::check(&world, row)).buffered(AT_ONCE).collect().await;
    let found: Vec<String> = found.into_iter().flatten().collect();
    assert!(found.is_empty(), "{} cells differ:\n{}", found.len(), found.join("\n"));
    world.platform.stop().await;
}
