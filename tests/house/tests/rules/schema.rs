use anyhow::{Context, Result};
use house::report;
use house::schema::{database, declared, differences, owners, print, schema_file};

#[tokio::test]
async fn schema_rs_is_what_the_migrations_make() -> Result<()> {
    let mut broken = Vec::new();
    for owner in owners()? {
        let migrated = database::migrate(&owner).await?;
        let file = schema_file(&owner);
        let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        broken.extend(differences(&owner, &migrated.tables, &declared::parse(&text)));
    }
    report("schema.rs differs from the migrations (see `just schema`)", &broken)
}

/// Who guards the guard: the check above must see every kind of drift.
#[tokio::test]
async fn drift_between_migrations_and_schema_is_seen() -> Result<()> {
    let migrated = database::migrate("tests/house/fixture").await?;
    let text = print::schema(&migrated);
    let compare = |text: &str| differences("fixture", &migrated.tables, &declared::parse(text));
    assert_eq!(compare(&text), Vec::<String>::new(), "{text}");
    assert!(text.contains("diesel::joinable!(fixture_rooms -> fixture_studios (studio_id));"), "{text}");
    for (from, to, message) in [
        ("note -> Nullable<Text>", "note -> Text", "fixture_rooms.note is Nullable<Text>, schema.rs says Text"),
        ("number -> Int4", "number -> Int8", "fixture_rooms.number is Int4, schema.rs says Int8"),
        ("        slug -> Text,\n", "", "fixture_studios.slug is missing in schema.rs"),
        ("tags ->", "labels ->", "fixture_studios.labels exists in no migration"),
        ("(number, studio_id)", "(number)", "the primary key is [\"number\", \"studio_id\"], not [\"number\"]"),
        ("fixture_days (day)", "fixture_weeks (day)", "no migration makes table fixture_weeks"),
    ] {
        assert!(text.contains(from), "{from} is not in {text}");
        let found = compare(&text.replace(from, to));
        assert!(found.iter().any(|difference| difference.contains(message)), "{message} is not in {found:?}");
    }
    Ok(())
}
