//! Text is sent compressed: as it lies beside the file (`.br`, `.gz`), or by gzip on the way.

use actix_files::NamedFile;
use actix_http::encoding::Encoder;
use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    body::{BodySize, MessageBody},
    http::{
        StatusCode,
        header::{self, AcceptEncoding, ContentEncoding, Encoding, HeaderValue},
    },
};

/// Smaller answers fit into one packet as they are.
const WORTH_IT: u64 = 1024;

/// The encodings a client takes, with the extension of files that have them, the best first. A part of a file is a part
/// of the file itself.
pub fn accepted(request: &HttpRequest) -> Vec<(ContentEncoding, &'static str)> {
    if request.headers().contains_key(header::RANGE) {
        return Vec::new();
    }
    let takes = |encoding: ContentEncoding| {
        let accept = request.get_header::<AcceptEncoding>()?;
        let offered = [Encoding::identity(), Encoding::Known(encoding)];
        (accept.negotiate(offered.iter())? == Encoding::Known(encoding)).then_some(())
    };
    let known = [(ContentEncoding::Brotli, ".br"), (ContentEncoding::Gzip, ".gz")];
    known.into_iter().filter(|(encoding, _)| takes(*encoding).is_some()).collect()
}

/// The file as an answer.
pub fn compressed(request: &HttpRequest, file: NamedFile) -> HttpResponse {
    let is_text = is_text(file.content_type());
    let mut response = file.into_response(request);
    if !is_text {
        return response;
    }
    response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    let is_long = matches!(response.body().size(), BodySize::Sized(length) if length >= WORTH_IT);
    let is_plain = !response.headers().contains_key(header::CONTENT_ENCODING);
    let takes_gzip = accepted(request).iter().any(|(encoding, _)| *encoding == ContentEncoding::Gzip);
    if response.status() != StatusCode::OK || !is_long || !is_plain || !takes_gzip {
        return response;
    }
    weaken_etag(&mut response);
    // Its length is not known before it is sent.
    response.headers_mut().remove(header::CONTENT_LENGTH);
    response.headers_mut().remove(header::ACCEPT_RANGES);
    response.map_body(|head, body| Encoder::response(ContentEncoding::Gzip, head, body)).map_into_boxed_body()
}

fn is_text(kind: &mime::Mime) -> bool {
    let structured = matches!(kind.subtype().as_str(), "javascript" | "json" | "manifest+json" | "wasm" | "xml");
    kind.type_() == mime::TEXT || structured || kind.suffix().is_some_and(|suffix| suffix == "xml" || suffix == "json")
}

/// The same content in other bytes has a weak validator (RFC 9110 section 8.8.1).
fn weaken_etag(response: &mut HttpResponse) {
    let etag = response.headers().get(header::ETAG).and_then(|etag| etag.to_str().ok());
    let weak =
        etag.filter(|etag| !etag.starts_with("W/")).and_then(|etag| HeaderValue::try_from(format!("W/{etag}")).ok());
    if let Some(weak) = weak {
        response.headers_mut().insert(header::ETAG, weak);
    }
}
