//! The two ways in: the running service's socket, or the folder itself.

use super::AdminError;
use super::model::{Reply, Request};
use super::service::answer;
use super::socket::short_path;
use crate::ServerError;
use crate::attachments::{AttachmentLimits, Attachments};
use crate::folder::{ADMIN_SOCKET, DATABASE, DataFolder};
use crate::operations::Operations;
use crate::store::{SqliteStore, Store};
use crate::tokens::Tokens;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::Mutex;

/// How long a service that holds the lock may take to open its socket, as it does while it starts.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long an answer may take, and one that reads all there is.
const ANSWER: Duration = Duration::from_secs(30);
const LONG: Duration = Duration::from_secs(6 * 3600);

pub(super) enum Way {
    Socket(Mutex<(BufReader<OwnedReadHalf>, OwnedWriteHalf)>),
    Folder(Box<Operations>),
}

impl Way {
    pub(super) async fn find(data_dir: &Path) -> Result<Self, AdminError> {
        if !data_dir.join(DATABASE).exists() {
            return Err(AdminError::NoData { path: data_dir.to_owned() });
        }
        let give_up = Instant::now() + PATIENCE;
        loop {
            let detail = match connect(data_dir).await {
                Ok(stream) => {
                    let (reader, writer) = stream.into_split();
                    return Ok(Self::Socket(Mutex::new((BufReader::new(reader), writer))));
                }
                Err(error) => error.to_string(),
            };
            match DataFolder::lock(data_dir) {
                Ok(folder) => return Ok(Self::Folder(Box::new(open(folder).await?))),
                Err(ServerError::FolderInUse { .. }) if Instant::now() < give_up => {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                Err(ServerError::FolderInUse { path }) => {
                    return Err(AdminError::Unreachable { path, detail });
                }
                Err(error) => return Err(AdminError::Store(error.to_string())),
            }
        }
    }

    pub(super) async fn ask(&self, request: Request) -> Result<Reply, AdminError> {
        match self {
            Self::Folder(operations) => Ok(answer(operations, request).await),
            Self::Socket(stream) => {
                let mut stream = stream.lock().await;
                let long = matches!(
                    request,
                    Request::Backup { .. }
                        | Request::Check {}
                        | Request::ExportSubject { .. }
                        | Request::EraseSubject { .. }
                );
                let asked = converse(&mut stream, &request);
                match tokio::time::timeout(if long { LONG } else { ANSWER }, asked).await {
                    Ok(reply) => reply,
                    Err(_) => Err(AdminError::Lost("it did not answer in time".to_owned())),
                }
            }
        }
    }

    pub(super) async fn close(self) {
        if let Self::Folder(operations) = self {
            operations.store.close().await;
        }
    }
}

async fn connect(data_dir: &Path) -> std::io::Result<UnixStream> {
    let (path, _open) = short_path(data_dir, ADMIN_SOCKET)?;
    UnixStream::connect(path).await
}

async fn open(folder: DataFolder) -> Result<Operations, AdminError> {
    let opened = tokio::task::spawn_blocking(move || {
        let folder = Arc::new(folder);
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(Arc::clone(&folder))?);
        let tokens = Tokens::open(&folder, store.clone())?;
        let attachments = Attachments::open(folder.path(), AttachmentLimits::default())
            .map_err(|error| ServerError::Store(error.to_string()))?;
        Ok::<_, ServerError>((folder, store, tokens, attachments))
    });
    let (folder, store, tokens, attachments) = opened
        .await
        .map_err(|error| AdminError::Store(error.to_string()))?
        .map_err(|error| AdminError::Store(error.to_string()))?;
    let endpoint = store.endpoint().await.map_err(|error| AdminError::Store(error.to_string()))?;
    let endpoint = endpoint.unwrap_or_else(|| "https://localhost:8443".to_owned());
    Ok(Operations { store, tokens, attachments, folder, endpoint, departures: None, bell: Arc::default() })
}

async fn converse(
    (reader, writer): &mut (BufReader<OwnedReadHalf>, OwnedWriteHalf),
    request: &Request,
) -> Result<Reply, AdminError> {
    let lost = |error: std::io::Error| AdminError::Lost(error.to_string());
    let mut text = serde_json::to_vec(request).map_err(|e| AdminError::Protocol(e.to_string()))?;
    text.push(b'\n');
    writer.write_all(&text).await.map_err(lost)?;
    let mut line = String::new();
    if reader.read_line(&mut line).await.map_err(lost)? == 0 {
        return Err(AdminError::Lost("it closed the connection".to_owned()));
    }
    serde_json::from_str(&line).map_err(|error| AdminError::Protocol(error.to_string()))
}
