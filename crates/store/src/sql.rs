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

/// Any statement of the query builder, prepared once a connection.
///
/// Diesel prepares an UPDATE, and an INSERT that may overwrite, anew each time, because what it sets may differ from time to
/// time: three round trips instead of one. Here the statement's text is its key, so that another text is another statement.
pub struct Prepared<Q>(Q);

/// [`Prepared`] as the last word of a statement: `diesel::update(…).set(…).prepared().execute(conn)`.
pub trait Prepare: Sized {
    fn prepared(self) -> Prepared<Self> {
        Prepared(self)
    }
}

impl<Q: QueryFragment<Pg>> Prepare for Q {}

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Prepared<Q> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.walk_ast(out)
    }

    fn is_safe_to_cache_prepared(&self, _: &Pg) -> QueryResult<bool> {
        Ok(true)
    }
}

// Without a static id the statement's text is its key in the connection's cache.
impl<Q> QueryId for Prepared<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q: Query> Query for Prepared<Q> {
    type SqlType = Q::SqlType;
}

impl<Q, Conn> diesel::RunQueryDsl<Conn> for Prepared<Q> {}
