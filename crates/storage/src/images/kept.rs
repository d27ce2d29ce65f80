//! Where the sizes lie that are kept of an image, and how they are shown.

use std::fmt::Display;

use actix_web::{HttpResponse, http::header};
use bytes::Bytes;

use super::{CONTENT_TYPE, Rendition};
use crate::{Storage, StorageError};

/// The sizes of one kind of images: `{folder}/{id}/{edge}.jpg` is the key of an object.
#[derive(Debug, Clone, Copy)]
pub struct Sizes {
    folder: &'static str,
    edges: &'static [u32],
}

/// The longer side of one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge(u32);

impl Sizes {
    /// `edges` are the longer sides in pixels. No two kinds have one folder.
    pub const fn new(folder: &'static str, edges: &'static [u32]) -> Self {
        Self { folder, edges }
    }

    /// What [`ImagePipeline::render`](super::ImagePipeline::render) is asked for.
    pub fn edges(&self) -> &'static [u32] {
        self.edges
    }

    /// The size that a path names; `None` for one that is not kept.
    pub fn edge(&self, text: &str) -> Option<Edge> {
        self.edges.iter().find(|edge| edge.to_string() == text).map(|edge| Edge(*edge))
    }

    fn key(&self, id: impl Display, edge: Edge) -> String {
        format!("{}/{id}/{}.jpg", self.folder, edge.0)
    }

    /// Writes every size of an image. When it fails some may be there: [`Sizes::delete`] removes them.
    pub async fn put(
        &self,
        storage: &Storage,
        id: impl Display + Copy,
        renditions: Vec<Rendition>,
    ) -> Result<(), StorageError> {
        for Rendition { edge, content, .. } in renditions {
            storage.put(&self.key(id, Edge(edge)), content).await?;
        }
        Ok(())
    }

    /// One size of an image; `None` where there is none.
    pub async fn get(&self, storage: &Storage, id: impl Display, edge: Edge) -> Result<Option<Bytes>, StorageError> {
        storage.get(&self.key(id, edge)).await
    }

    /// Removes every size of an image; those that are not there are no error.
    pub async fn delete(&self, storage: &Storage, id: impl Display + Copy) -> Result<(), StorageError> {
        for edge in self.edges {
            storage.delete(&self.key(id, Edge(*edge))).await?;
        }
        Ok(())
    }
}

/// The answer that shows an image. An id never shows another one, so it may be kept; for an hour, because it may be deleted.
pub fn shown(content: Bytes) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(CONTENT_TYPE)
        .insert_header((header::CACHE_CONTROL, "public, max-age=3600, immutable"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::CONTENT_SECURITY_POLICY, "default-src 'none'"))
        .body(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: Sizes = Sizes::new("photos", &[512, 128]);

    #[test]
    fn only_kept_sizes_are_asked_for() {
        assert_eq!(SIZES.edge("128"), Some(Edge(128)));
        for other in ["0", "256", "0512", "+512", "512.jpg", ""] {
            assert_eq!(SIZES.edge(other), None, "{other}");
        }
        assert_eq!(SIZES.key("pho_1", Edge(512)), "photos/pho_1/512.jpg");
    }

    #[tokio::test]
    async fn an_image_is_there_in_every_size_or_in_none() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::in_folder(folder.path().to_owned()).unwrap();
        let of = |edge| Rendition { edge, width: 1, height: 1, content: Bytes::from(edge.to_string()) };
        SIZES.put(&storage, "a", vec![of(512), of(128)]).await.unwrap();
        for edge in [512_u32, 128] {
            let found = SIZES.get(&storage, "a", Edge(edge)).await.unwrap();
            assert_eq!(found, Some(Bytes::from(edge.to_string())));
        }
        SIZES.delete(&storage, "a").await.unwrap();
        SIZES.delete(&storage, "a").await.unwrap();
        assert_eq!(SIZES.get(&storage, "a", Edge(128)).await.unwrap(), None);
    }
}
