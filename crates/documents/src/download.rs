//! A printed document as an answer.

use actix_web::{HttpResponse, http::header};
use bytes::Bytes;

/// A file to keep under a name of ours: letters, digits, points and dashes.
pub fn download(name: &str, pdf: Bytes) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/pdf")
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .body(pdf)
}
