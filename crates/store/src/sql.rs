//! Hand-written statements for what the query builder cannot say.
//!
//! Unlike those of `diesel::sql_query` they are prepared once a connection, which halves the round trips of the
//! paths that every request takes.
//!
//! PostgreSQL plans a prepared statement once, too, unless it hopes for a better plan from knowing the values: from the length
//! of an array it always does. `unnest((SELECT ?))` hides it, so that a statement about one room is not planned, for longer
//! than it runs, at every booking.

use std::marker::PhantomData;

use diesel::{
    QueryResult,
    expression::{AsExpression, TypedExpressionType},
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::SqlType,
};

type Bind<'a> = Box<dyn QueryFragment<Pg> + Send + 'a>;

/// A statement whose rows have the SQL type `R` (`()` when it answers none). Each `?` takes the next bind.
pub struct Statement<'a, R> {
    text: &'static str,
    binds: Vec<Bind<'a>>,
    rows: PhantomData<R>,
}

/// A statement without binds yet.
pub fn statement<'a, R>(text: &'static str) -> Statement<'a, R> {
    Statement { text, binds: Vec::new(), rows: PhantomData }
}

impl<'a, R> Statement<'a, R> {
    /// Gives the next `?` a value of the SQL type `S`.
    #[must_use]
    pub fn bind<S, T>(mut self, value: T) -> Self
    where
        S: SqlType + TypedExpressionType,
        T: AsExpression<S>,
        T::Expression: QueryFragment<Pg> + Send + 'a,
    {
        self.binds.push(Box::new(value.as_expression()));
        self
    }
}

impl<R> QueryFragment<Pg> for Statement<'_, R> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let mut binds = self.binds.iter();
        for (index, part) in self.text.split('?').enumerate() {
            if index > 0
                && let Some(bind) = binds.next()
            {
                bind.walk_ast(out.reborrow())?;
            }
            out.push_sql(part);
        }
        Ok(())
    }
}

// Without a static id the statement's text is its key in the connection's cache.
impl<R> QueryId for Statement<'_, R> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<R> Query for Statement<'_, R> {
    type SqlType = R;
}

impl<R, Conn> diesel::RunQueryDsl<Conn> for Statement<'_, R> {}
