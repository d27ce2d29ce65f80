//! An envelope as an AMQP message and back.
//!
//! The attributes of CloudEvents 1.0 stand in the headers as its AMQP binding names them (`cloudEvents:id` …); ours
//! that it does not know are extension attributes. The body is the Protobuf message.

use anyhow::{Context, bail};
use jiff::Timestamp;
use lapin::{
    BasicProperties,
    message::Delivery,
    types::{AMQPValue, FieldTable, ShortString},
};
use uuid::Uuid;

use crate::Envelope;

const CONTENT_TYPE: &str = "application/protobuf";
const PERSISTENT: u8 = 2;

const TYPE: &str = "cloudEvents:type";
const SUBJECT: &str = "cloudEvents:subject";
const TIME: &str = "cloudEvents:time";
const AGGREGATE_TYPE: &str = "cloudEvents:aggregatetype";
const VERSION: &str = "cloudEvents:aggregateversion";
const ORDINAL: &str = "cloudEvents:ordinal";
const TENANT: &str = "cloudEvents:tenant";
/// Under its plain name, where tracing tools look for it.
const TRACEPARENT: &str = "traceparent";

/// Fails when a text is longer than AMQP allows for it (255 bytes).
pub(super) fn properties(envelope: &Envelope) -> anyhow::Result<BasicProperties> {
    let id = envelope.id.to_string();
    let producer = envelope.event_type.split('.').next().unwrap_or_default();
    let mut headers = FieldTable::default();
    let mut text = |name: &str, value: String| {
        headers.insert(name.into(), AMQPValue::LongString(value.into()));
    };
    text("cloudEvents:specversion", "1.0".to_owned());
    text("cloudEvents:id", id.clone());
    text("cloudEvents:source", format!("/roomtone/{producer}"));
    text(TYPE, envelope.event_type.clone());
    text(SUBJECT, envelope.aggregate_id.to_string());
    text(TIME, envelope.occurred_at.to_string());
    text(AGGREGATE_TYPE, envelope.aggregate_type.clone());
    if let Some(tenant) = envelope.tenant {
        text(TENANT, tenant.to_string());
    }
    if let Some(traceparent) = &envelope.traceparent {
        text(TRACEPARENT, traceparent.clone());
    }
    headers.insert(VERSION.into(), AMQPValue::LongLongInt(envelope.version));
    headers.insert(ORDINAL.into(), AMQPValue::ShortInt(envelope.ordinal));
    Ok(BasicProperties::default()
        .with_content_type(CONTENT_TYPE.into())
        .with_delivery_mode(PERSISTENT)
        .with_message_id(id.into())
        .with_type(short(&envelope.event_type)?)
        .with_headers(headers))
}

/// An AMQP short string, as routing keys and names are.
pub(super) fn short(text: &str) -> anyhow::Result<ShortString> {
    ShortString::try_new(text).context("too long for the broker")
}

/// Reads a message back. Everything comes from its headers: one from a retry queue has lost its routing key.
pub(super) fn envelope(delivery: &mut Delivery) -> anyhow::Result<Envelope> {
    let headers = delivery.properties.headers().as_ref().context("no headers")?;
    let id = delivery.properties.message_id().as_ref().context("no message id")?;
    let traceparent = text(headers, TRACEPARENT).ok();
    let envelope = Envelope {
        id: id.as_str().parse()?,
        event_type: text(headers, TYPE)?,
        aggregate_type: text(headers, AGGREGATE_TYPE)?,
        aggregate_id: text(headers, SUBJECT)?.parse()?,
        version: integer(headers, VERSION)?,
        ordinal: integer(headers, ORDINAL)?.try_into()?,
        tenant: text(headers, TENANT).ok().map(|tenant| tenant.parse::<Uuid>()).transpose()?,
        traceparent,
        occurred_at: text(headers, TIME)?.parse::<Timestamp>()?,
        payload: std::mem::take(&mut delivery.data).into(),
    };
    Ok(envelope)
}

fn text(headers: &FieldTable, name: &str) -> anyhow::Result<String> {
    match headers.inner().get(name) {
        Some(AMQPValue::LongString(value)) => Ok(String::from_utf8(value.as_bytes().to_vec())?),
        _ => bail!("no header {name}"),
    }
}

fn integer(headers: &FieldTable, name: &str) -> anyhow::Result<i64> {
    match headers.inner().get(name) {
        Some(AMQPValue::LongLongInt(value)) => Ok(*value),
        Some(AMQPValue::ShortInt(value)) => Ok(i64::from(*value)),
        _ => bail!("no header {name}"),
    }
}
