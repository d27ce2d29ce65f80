use anyhow::{Context, Result};
use house::report;
use house::schema::{database, declared, differences, owners, schema_file};

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
