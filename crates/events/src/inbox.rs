//! What a consumer remembers of its deliveries: effects, refusals, and what is parked.

use diesel::{
    ExpressionMethods,
    sql_types::{Text, Uuid as SqlUuid},
    upsert::excluded,
};
use diesel_async::RunQueryDsl;
use store::{Conn, Error, sql::statement};
use uuid::Uuid;

use crate::{
    Envelope, HandlerError,
    schema::{delivery_attempts, parked_events},
};

/// Records the event; true when it is new to the consumer. What earlier refusals left goes in the same transaction,
/// and comes back with it when this delivery fails too.
pub(crate) async fn record(conn: &mut Conn, consumer: &str, event_id: Uuid) -> Result<bool, Error> {
    let mut record = statement::<()>(
        "WITH forgiven AS (DELETE FROM delivery_attempts WHERE consumer = ? AND event_id = ?), \
              unparked AS (DELETE FROM parked_events WHERE consumer = ? AND event_id = ?) \
         INSERT INTO inbox (consumer, event_id) VALUES (?, ?) ON CONFLICT DO NOTHING",
    );
    for _ in 0..3 {
        record = record.bind::<Text, _>(consumer).bind::<SqlUuid, _>(event_id);
    }
    Ok(record.execute(conn).await? == 1)
}

/// Counts one more refusal and answers how many there were.
pub(crate) async fn count_refusal(conn: &mut Conn, consumer: &str, event_id: Uuid, error: &str) -> Result<i32, Error> {
    let refusals = diesel::insert_into(delivery_attempts::table)
        .values((
            delivery_attempts::consumer.eq(consumer),
            delivery_attempts::event_id.eq(event_id),
            delivery_attempts::attempts.eq(1),
            delivery_attempts::last_error.eq(error),
        ))
        .on_conflict((delivery_attempts::consumer, delivery_attempts::event_id))
        .do_update()
        .set((
            delivery_attempts::attempts.eq(delivery_attempts::attempts + 1),
            delivery_attempts::last_error.eq(excluded(delivery_attempts::last_error)),
            delivery_attempts::updated_at.eq(diesel::dsl::now),
        ))
        .returning(delivery_attempts::attempts)
        .get_result(conn)
        .await?;
    Ok(refusals)
}

/// Keeps the whole event until somebody replays it.
pub(crate) async fn park(
    conn: &mut Conn,
    consumer: &str,
    envelope: &Envelope,
    error: &str,
) -> Result<(), HandlerError> {
    let whole = serde_json::to_vec(envelope).map_err(HandlerError::rejected)?;
    diesel::insert_into(parked_events::table)
        .values((
            parked_events::consumer.eq(consumer),
            parked_events::event_id.eq(envelope.id),
            parked_events::event_type.eq(&envelope.event_type),
            parked_events::envelope.eq(whole),
            parked_events::error.eq(error),
        ))
        .on_conflict((parked_events::consumer, parked_events::event_id))
        .do_update()
        .set(parked_events::error.eq(excluded(parked_events::error)))
        .execute(conn)
        .await?;
    Ok(())
}
