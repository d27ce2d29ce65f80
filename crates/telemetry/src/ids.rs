//! Trace ids without an exporter. Where nobody collects spans it is enough that each knows its ids (W3C Trace Context);
//! recording them for OpenTelemetry would cost a request more than everything else the gateway does with it.

use tracing::{
    Dispatch, Span, Subscriber,
    span::{Attributes, Id},
};
use tracing_subscriber::{
    Layer, Registry,
    layer::Context,
    registry::{LookupSpan, SpanRef},
};

/// Sampled: whoever collects further on may keep it.
const SAMPLED: u8 = 1;

/// Which trace a span belongs to, and its own place in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TraceContext {
    trace_id: u128,
    span_id: u64,
    flags: u8,
}

impl TraceContext {
    fn root() -> Self {
        Self { trace_id: rand::random(), span_id: rand::random(), flags: SAMPLED }
    }

    fn child(self) -> Self {
        Self { span_id: rand::random(), ..self }
    }

    /// Version 00, and what later versions have in common with it.
    pub(crate) fn parse(traceparent: &str) -> Option<Self> {
        let hex = |part: &str, len| part.len() == len && part.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let mut parts = traceparent.split('-');
        let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let known = hex(version, 2) && version != "ff" && (version != "00" || parts.next().is_none());
        if !known || !hex(trace, 32) || !hex(span, 16) || !hex(flags, 2) {
            return None;
        }
        let context = Self {
            trace_id: u128::from_str_radix(trace, 16).ok()?,
            span_id: u64::from_str_radix(span, 16).ok()?,
            flags: u8::from_str_radix(flags, 16).ok()? & SAMPLED,
        };
        (context.trace_id != 0 && context.span_id != 0).then_some(context)
    }

    pub(crate) fn traceparent(self) -> String {
        format!("00-{:032x}-{:016x}-{:02x}", self.trace_id, self.span_id, self.flags)
    }

    pub(crate) fn trace_id(self) -> String {
        format!("{:032x}", self.trace_id)
    }
}

/// Gives every span its ids: those of its parent's trace, or new ones.
pub(crate) struct TraceIds;

impl<S: Subscriber + for<'s> LookupSpan<'s>> Layer<S> for TraceIds {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let parent = match attributes.parent() {
            Some(parent) => context.span(parent),
            None if attributes.is_contextual() => context.lookup_current(),
            None => None,
        };
        let parent = parent.and_then(|parent| ids_of(&parent));
        span.extensions_mut().insert(parent.map_or_else(TraceContext::root, TraceContext::child));
    }
}

fn ids_of<'s, R: LookupSpan<'s>>(span: &SpanRef<'s, R>) -> Option<TraceContext> {
    span.extensions().get::<TraceContext>().copied()
}

/// The ids of a span; `None` where spans are recorded for an exporter, or not at all.
pub(crate) fn of(span: &Span) -> Option<TraceContext> {
    with_span(span, |span| ids_of(&span)).flatten()
}

/// Lets the span continue a trace that began elsewhere.
pub(crate) fn continue_trace(span: &Span, parent: TraceContext) {
    with_span(span, |span| {
        if let Some(ids) = span.extensions_mut().get_mut::<TraceContext>() {
            *ids = TraceContext { span_id: ids.span_id, ..parent };
        }
    });
}

fn with_span<T>(span: &Span, work: impl FnOnce(SpanRef<'_, Registry>) -> T) -> Option<T> {
    let found = span.with_subscriber(|(id, dispatch): (&Id, &Dispatch)| {
        let registry = dispatch.downcast_ref::<Registry>()?;
        registry.span(id).map(work)
    });
    found.flatten()
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::layer::SubscriberExt;

    use super::*;

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    /// Rows of the specification's own test suite.
    #[test]
    fn only_a_valid_traceparent_is_continued() {
        for valid in [PARENT, "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-the-future-will-be-like"] {
            assert!(TraceContext::parse(valid).is_some(), "{valid}");
        }
        for invalid in [
            "",
            "00",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b71692033-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x",
        ] {
            assert_eq!(TraceContext::parse(invalid), None, "{invalid}");
        }
    }

    #[test]
    fn spans_inherit_the_trace_and_have_ids_of_their_own() {
        let subscriber = tracing_subscriber::registry().with(TraceIds);
        tracing::subscriber::with_default(subscriber, || {
            let request = tracing::info_span!("request");
            continue_trace(&request, TraceContext::parse(PARENT).unwrap());
            let inner = request.in_scope(|| tracing::info_span!("inner"));
            let ids = [&request, &inner].map(|span| of(span).unwrap());
            assert!(ids.iter().all(|ids| ids.trace_id() == "0af7651916cd43dd8448eb211c80319c"));
            assert_ne!(ids[0].span_id, ids[1].span_id);
            assert!(!ids.iter().any(|ids| ids.traceparent() == PARENT));
            let other = of(&tracing::info_span!("other")).unwrap();
            assert_ne!(other.trace_id, ids[0].trace_id);
            assert_eq!(TraceContext::parse(&other.traceparent()), Some(other));
        });
    }
}
