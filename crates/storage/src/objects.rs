//! Objects by key.

use std::{path::PathBuf, sync::Arc};

use anyhow::{Context, ensure};
use bytes::Bytes;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload, aws::AmazonS3Builder, local::LocalFileSystem, path::Path};
use problem::Problem;
use service_kit::Source;

/// Where objects are kept. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Storage {
    objects: Arc<dyn ObjectStore>,
}

/// The store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[error("the object store failed")]
pub struct StorageError(#[from] object_store::Error);

impl From<StorageError> for Problem {
    fn from(error: StorageError) -> Self {
        Self::unavailable(error)
    }
}

impl Storage {
    /// With `ROOMTONE_STORAGE_S3_BUCKET` an S3-compatible store: `…_S3_REGION`, `…_S3_ACCESS_KEY_ID` and
    /// `…_S3_SECRET_ACCESS_KEY` (without them the machine's role is used), and `…_S3_ENDPOINT` where it is not Amazon's;
    /// https, except in development. Otherwise the folder `ROOMTONE_STORAGE_DIR`, which is `files` below
    /// `ROOMTONE_STATE_DIR` when not set; in production one of the three must be given.
    pub fn from_source(source: &Source) -> anyhow::Result<Self> {
        match source.get::<String>("storage_s3_bucket")? {
            Some(bucket) => Self::s3(source, &bucket),
            None => Self::in_folder(folder(source)?),
        }
    }

    /// A folder, which is made when it is not there.
    pub fn in_folder(folder: PathBuf) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&folder).with_context(|| format!("making the folder {}", folder.display()))?;
        Ok(Self { objects: Arc::new(LocalFileSystem::new_with_prefix(folder)?) })
    }

    fn s3(source: &Source, bucket: &str) -> anyhow::Result<Self> {
        let region = source.get_or("storage_s3_region", "us-east-1".to_owned())?;
        let mut builder = AmazonS3Builder::new().with_bucket_name(bucket).with_region(region);
        if let Some(endpoint) = source.get::<String>("storage_s3_endpoint")? {
            let development = source.environment().is_development();
            ensure!(
                development || endpoint.starts_with("https://"),
                "ROOMTONE_STORAGE_S3_ENDPOINT must be https in production"
            );
            builder = builder.with_endpoint(endpoint).with_allow_http(development);
        }
        if let Some(id) = source.get::<String>("storage_s3_access_key_id")? {
            let secret: String = source.require("storage_s3_secret_access_key")?;
            builder = builder.with_access_key_id(id).with_secret_access_key(secret);
        }
        Ok(Self { objects: Arc::new(builder.build().context("the S3 settings")?) })
    }

    /// Writes an object whole or not at all; one that was there is replaced.
    pub async fn put(&self, key: &str, content: Bytes) -> Result<(), StorageError> {
        self.objects.put(&Path::from(key), PutPayload::from_bytes(content)).await?;
        Ok(())
    }

    /// An object, read to its end; `None` when there is none.
    pub async fn get(&self, key: &str) -> Result<Option<Bytes>, StorageError> {
        match self.objects.get(&Path::from(key)).await {
            Ok(found) => Ok(Some(found.bytes().await?)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes an object; one that is not there is no error.
    pub async fn delete(&self, key: &str) -> Result<(), StorageError> {
        match self.objects.delete(&Path::from(key)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// Tests and the first start on a laptop give no folder; what is lost with the machine's temporary files was never real.
fn folder(source: &Source) -> anyhow::Result<PathBuf> {
    if let Some(folder) = source.get::<PathBuf>("storage_dir")? {
        return Ok(folder);
    }
    match source.get::<PathBuf>("state_dir")? {
        Some(state) => Ok(state.join("files")),
        None => {
            ensure!(
                source.environment().is_development(),
                "ROOMTONE_STORAGE_DIR or ROOMTONE_STORAGE_S3_BUCKET is not set"
            );
            Ok(std::env::temp_dir().join("roomtone-files"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(pairs: &[(&str, &str)]) -> Source {
        Source::from_pairs(pairs.iter().copied()).unwrap()
    }

    #[tokio::test]
    async fn an_object_is_there_until_it_is_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let storage = Storage::in_folder(folder.path().join("new")).unwrap();
        assert_eq!(storage.get("photos/a/512").await.unwrap(), None);
        storage.put("photos/a/512", Bytes::from_static(b"one")).await.unwrap();
        storage.put("photos/a/512", Bytes::from_static(b"two")).await.unwrap();
        assert_eq!(storage.get("photos/a/512").await.unwrap(), Some(Bytes::from_static(b"two")));
        for _ in 0..2 {
            storage.delete("photos/a/512").await.unwrap();
        }
        assert_eq!(storage.get("photos/a/512").await.unwrap(), None);
    }

    #[tokio::test]
    async fn no_key_leads_out_of_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("outside"), b"secret").unwrap();
        let storage = Storage::in_folder(folder.path().join("inside")).unwrap();
        for key in ["../outside", "a/../../outside", "/../outside", "%2e%2e/outside"] {
            assert!(!matches!(storage.get(key).await, Ok(Some(_))), "{key}");
        }
    }

    #[test]
    fn production_says_where_files_are_kept() {
        assert!(Storage::from_source(&source(&[])).is_err());
        let bucket = [("storage_s3_bucket", "files"), ("storage_s3_access_key_id", "a")];
        assert!(Storage::from_source(&source(&bucket)).is_err(), "an id needs its secret");
        let with_secret = [bucket[0], bucket[1], ("storage_s3_secret_access_key", "b")];
        assert!(Storage::from_source(&source(&with_secret)).is_ok());
        let plain = [with_secret[0], with_secret[1], with_secret[2], ("storage_s3_endpoint", "http://minio:9000")];
        assert!(Storage::from_source(&source(&plain)).is_err());
    }
}
