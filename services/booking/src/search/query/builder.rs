//! SQL text and its binds, put together piece by piece.

use diesel::pg::Pg;

use super::Query;

/// Builds the text and remembers the binds' numbers.
pub struct Builder {
    query: Query,
    binds: usize,
}

impl Builder {
    pub fn new() -> Self {
        Self { query: diesel::sql_query("").into_boxed(), binds: 0 }
    }

    pub fn sql(mut self, text: impl AsRef<str>) -> Self {
        self.query = self.query.sql(text);
        self
    }

    /// Binds a value and writes its number.
    pub fn bind<T, V>(mut self, value: V) -> Self
    where
        Pg: diesel::sql_types::HasSqlType<T>,
        V: diesel::serialize::ToSql<T, Pg> + Send + 'static,
        T: Send + 'static,
    {
        self.binds += 1;
        let number = format!("${}", self.binds);
        self.query = self.query.sql(number).bind::<T, _>(value);
        self
    }

    pub fn finish(self) -> Query {
        self.query
    }
}
