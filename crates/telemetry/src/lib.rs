//! Logs and traces: one structured line a request, one trace id from the gateway to the ledger.
//!
//! Trace context travels as W3C `traceparent` in HTTP headers and in event envelopes.

use anyhow::Context as _;
use opentelemetry::{
    global,
    propagation::TextMapPropagator,
    trace::{TraceContextExt, TracerProvider},
};
use opentelemetry_sdk::{Resource, propagation::TraceContextPropagator, trace::SdkTracerProvider};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::{EnvFilter, Layer, layer::SubscriberExt, util::SubscriberInitExt};

mod carrier;

use carrier::TraceParent;

/// How a process writes its logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line, for machines.
    Json,
    /// Short lines for a person at a terminal.
    Text,
}

/// Keeps tracing alive; [`Telemetry::shutdown`] sends the spans that are still buffered.
pub struct Telemetry {
    provider: SdkTracerProvider,
}

/// Installs logs and traces for the whole process. Spans are exported by OTLP over HTTP when
/// `OTEL_EXPORTER_OTLP_ENDPOINT` is set; trace ids exist either way. `RUST_LOG` overrides the filter.
pub fn init(service: &str, format: LogFormat) -> anyhow::Result<Telemetry> {
    global::set_text_map_propagator(TraceContextPropagator::new());
    let resource = Resource::builder().with_service_name(service.to_owned()).build();
    let mut provider = SdkTracerProvider::builder().with_resource(resource);
    if std::env::var_os("OTEL_EXPORTER_OTLP_ENDPOINT").is_some() {
        let exporter = opentelemetry_otlp::SpanExporter::builder().with_http().build()?;
        provider = provider.with_batch_exporter(exporter);
    }
    let provider = provider.build();

    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("info,lapin=warn,actix_server=warn,hyper_util=warn,opentelemetry=warn"));
    let logs = match format {
        LogFormat::Json => tracing_subscriber::fmt::layer().json().flatten_event(true).with_span_list(false).boxed(),
        LogFormat::Text => tracing_subscriber::fmt::layer().compact().boxed(),
    };
    let traces = tracing_opentelemetry::layer().with_tracer(provider.tracer("roomtone"));
    tracing_subscriber::registry()
        .with(filter)
        .with(logs)
        .with(traces)
        .try_init()
        .context("telemetry was already initialised in this process")?;
    Ok(Telemetry { provider })
}

impl Telemetry {
    /// Flushes what is buffered; call it last, it blocks for the exporter.
    pub fn shutdown(self) {
        if let Err(error) = self.provider.shutdown() {
            tracing::warn!(%error, "some spans were not exported");
        }
    }
}

/// The `traceparent` of the current span (W3C Trace Context), when it is traced.
pub fn current_traceparent() -> Option<String> {
    let mut carrier = TraceParent::default();
    TraceContextPropagator::new().inject_context(&Span::current().context(), &mut carrier);
    carrier.into_value()
}

/// Makes the span a child of a remote one; a malformed or missing `traceparent` starts a new trace.
pub fn set_parent(span: &Span, traceparent: Option<&str>) {
    if let Some(value) = traceparent {
        let context = TraceContextPropagator::new().extract(&TraceParent::from(value));
        // It fails only where no tracing layer is installed, and then there is no trace to continue.
        let _ = span.set_parent(context);
    }
}

/// The current trace id as 32 hex digits, for error answers and log lines.
pub fn current_trace_id() -> Option<String> {
    trace_id_of(&Span::current())
}

/// The span's trace id as 32 hex digits.
pub fn trace_id_of(span: &Span) -> Option<String> {
    let context = span.context();
    let span_context = context.span().span_context().clone();
    span_context.is_valid().then(|| span_context.trace_id().to_string())
}
