//! Logs and traces: one structured line a request, one trace id from the gateway to the ledger.
//!
//! Trace context travels as W3C `traceparent` in HTTP headers and in event envelopes.

use std::io::IsTerminal;

use anyhow::Context as _;
use opentelemetry::{
    global,
    propagation::TextMapPropagator,
    trace::{TraceContextExt, TracerProvider},
};
use opentelemetry_sdk::{Resource, propagation::TraceContextPropagator, trace::SdkTracerProvider};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::{EnvFilter, Layer, filter::LevelFilter, layer::SubscriberExt, util::SubscriberInitExt};

mod carrier;
mod ids;
mod output;

use carrier::TraceParent;
use ids::{TraceContext, TraceIds};
use output::Output;

/// How a process writes its logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line, for machines.
    Json,
    /// Short lines for a person at a terminal.
    Text,
}

/// Keeps tracing alive; [`Telemetry::shutdown`] sends the spans that are still buffered. Dropping it writes the last
/// log lines.
pub struct Telemetry {
    provider: SdkTracerProvider,
    output: Output,
}

/// lapin calls a connection that we closed an error; of those that break our own supervisor tells.
const DEFAULT_FILTER: &str = "info,lapin=off,actix_server=warn,hyper_util=warn,opentelemetry=warn";

/// Installs logs and traces for the whole process. Spans are exported by OTLP over HTTP when
/// `OTEL_EXPORTER_OTLP_ENDPOINT` is set; trace ids exist either way, whatever `RUST_LOG` leaves of the logs.
pub fn init(service: &str, format: LogFormat) -> anyhow::Result<Telemetry> {
    global::set_text_map_propagator(TraceContextPropagator::new());
    let resource = Resource::builder().with_service_name(service.to_owned()).build();
    let mut provider = SdkTracerProvider::builder().with_resource(resource);
    let is_collected = std::env::var_os("OTEL_EXPORTER_OTLP_ENDPOINT").is_some();
    if is_collected {
        let exporter = opentelemetry_otlp::SpanExporter::builder().with_http().build()?;
        provider = provider.with_batch_exporter(exporter);
    }
    let provider = provider.build();

    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    let output = Output::stdout();
    let lines = tracing_subscriber::fmt::layer().with_writer(output.clone());
    let logs = match format {
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).boxed(),
        LogFormat::Text => lines.compact().with_ansi(std::io::stdout().is_terminal()).boxed(),
    };
    let traces = is_collected.then(|| tracing_opentelemetry::layer().with_tracer(provider.tracer("roomtone")));
    let ids = (!is_collected).then_some(TraceIds);
    tracing_subscriber::registry()
        .with(logs.with_filter(filter))
        .with(traces.with_filter(LevelFilter::INFO))
        .with(ids.with_filter(LevelFilter::INFO))
        .try_init()
        .context("telemetry was already initialised in this process")?;
    Ok(Telemetry { provider, output })
}

impl Telemetry {
    /// Flushes what is buffered; call it last, it blocks for the exporter.
    pub fn shutdown(self) {
        if let Err(error) = self.provider.shutdown() {
            tracing::warn!(%error, "some spans were not exported");
        }
    }
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        self.output.flush();
    }
}

/// The `traceparent` of the current span (W3C Trace Context), when it is traced.
pub fn current_traceparent() -> Option<String> {
    let span = Span::current();
    if let Some(ids) = ids::of(&span) {
        return Some(ids.traceparent());
    }
    let mut carrier = TraceParent::default();
    TraceContextPropagator::new().inject_context(&span.context(), &mut carrier);
    carrier.into_value()
}

/// Makes the span a child of a remote one; a malformed or missing `traceparent` starts a new trace.
pub fn set_parent(span: &Span, traceparent: Option<&str>) {
    let Some(value) = traceparent else { return };
    if ids::of(span).is_none() {
        let context = TraceContextPropagator::new().extract(&TraceParent::from(value));
        // It fails only where no tracing layer is installed, and then there is no trace to continue.
        let _ = span.set_parent(context);
    } else if let Some(parent) = TraceContext::parse(value) {
        ids::continue_trace(span, parent);
    }
}

/// The current trace id as 32 hex digits, for error answers and log lines.
pub fn current_trace_id() -> Option<String> {
    trace_id_of(&Span::current())
}

/// The span's trace id as 32 hex digits.
pub fn trace_id_of(span: &Span) -> Option<String> {
    if let Some(ids) = ids::of(span) {
        return Some(ids.trace_id());
    }
    let context = span.context();
    let span_context = context.span().span_context().clone();
    span_context.is_valid().then(|| span_context.trace_id().to_string())
}
