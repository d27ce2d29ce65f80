//! Ledgers, drafts and questions as the tests use them.

use std::sync::Arc;

use diesel::{QueryableByName, sql_types::BigInt};
use diesel_async::RunQueryDsl;
use jiff::Timestamp;
use kernel::{Currency, TransferId, clock::ManualClock};
use ledger::{
    accounts::{AccountCode, AccountKey},
    transfers::{Books, Leg, Poster, TransferDraft, TransferKind},
};
use store::Db;
use testkit::TestDatabase;

pub const NOW: Timestamp = Timestamp::UNIX_EPOCH;

/// A migrated database without a server before it.
pub struct TestBooks {
    /// As the owner of the tables.
    pub db: Db,
    /// As the service.
    pub serving: Db,
    pub clock: Arc<ManualClock>,
    pub books: Books,
    pub poster: Poster,
    // Dropped last.
    database: TestDatabase,
}

impl TestBooks {
    pub async fn start() -> Self {
        let database = TestDatabase::migrated("ledger", || ledger::MIGRATIONS).await;
        let (db, serving) = (database.db(), database.serving_db("ledger"));
        let clock = ManualClock::at(kernel::clock::real_now());
        let books = Books::new(clock.clone());
        let poster = Poster::start(serving.clone(), books.clone());
        Self { db, serving, clock, books, poster, database }
    }

    /// Where the service connects.
    pub fn serving_url(&self) -> String {
        self.database.serving_url("ledger")
    }

    /// Another process's loop on the same database.
    pub fn second_poster(&self) -> Poster {
        Poster::start(self.serving.clone(), Books::new(self.clock.clone()))
    }

    /// Runs a statement as the owner of the tables.
    pub async fn execute(&self, statement: &str) -> Result<usize, diesel::result::Error> {
        let mut conn = self.db.conn().await.expect("a connection");
        diesel::sql_query(statement).execute(&mut *conn).await
    }

    /// Runs a statement as the service could.
    pub async fn execute_as_service(&self, statement: &str) -> Result<usize, diesel::result::Error> {
        let mut conn = self.serving.conn().await.expect("a connection");
        diesel::sql_query(statement).execute(&mut *conn).await
    }

    /// The one number a query answers, as `n`.
    pub async fn number(&self, query: &str) -> i64 {
        number(&self.db, query).await
    }

    /// An account's balance; 0 for one that is not open.
    pub async fn balance(&self, account: &AccountKey) -> i64 {
        let query =
            format!("SELECT coalesce(sum(posted), 0)::bigint AS n FROM accounts WHERE id = '{}'", account.id().uuid());
        self.number(&query).await
    }

    /// What an account has posted, and what is pending on it: debits, credits.
    pub async fn state(&self, account: &AccountKey) -> (i64, i64, i64) {
        let of = async |column: &str| {
            let id = account.id().uuid();
            self.number(&format!("SELECT coalesce(sum({column}), 0)::bigint AS n FROM accounts WHERE id = '{id}'"))
                .await
        };
        (of("posted").await, of("pending_debits").await, of("pending_credits").await)
    }

    pub async fn assert_sound(&self) {
        assert_eq!(ledger::verify(&self.db).await.expect("an answer"), []);
    }
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    n: i64,
}

pub async fn number(db: &Db, query: &str) -> i64 {
    let mut conn = db.conn().await.expect("a connection");
    diesel::sql_query(query).get_result::<Number>(&mut *conn).await.expect(query).n
}

pub fn euros(code: AccountCode) -> AccountKey {
    code.in_currency(Currency::EUR)
}

/// From `credited` to `debited`, under a given id.
pub fn draft(id: TransferId, debited: &AccountKey, credited: &AccountKey, amount: i64) -> TransferDraft {
    let legs = vec![Leg::debit(debited.clone(), amount), Leg::credit(credited.clone(), amount)];
    TransferDraft::new(id, TransferKind::Adjustment, "test", NOW, legs).expect("a balanced transfer")
}

/// What a company has, as the API says it, with nothing held, reserved or owed.
pub fn company_balance(currency: &str, pending: i64, payable: i64) -> serde_json::Value {
    serde_json::json!({
        "currency": currency, "pending": pending, "payable": payable, "held": 0, "reserve": 0, "receivable": 0,
        "desk_debt": 0,
    })
}

/// Numbers that look random and can be had again by their seed.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    /// A seed from `ROOMTONE_TEST_SEED`, or a fresh one. Say it in every assertion.
    pub fn seed() -> u64 {
        let given = std::env::var("ROOMTONE_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
        given.unwrap_or_else(|| kernel::new_uuid().as_u128() as u64)
    }

    /// xorshift64*.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % bound
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.below(last as u64 + 1) as usize;
            items.swap(last, other);
        }
    }
}
