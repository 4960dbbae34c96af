//! The running service's end of the administration socket: a question a line, an answer a line.

use super::model::{Reply, Request};
use super::service::answer;
use crate::ServerError;
use crate::folder::{ADMIN_SOCKET, DataFolder, file_error};
use crate::http::listener::stopped;
use crate::operations::Operations;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

/// Longest line of a question, in bytes.
const LINE: u64 = 256 * 1024;
/// Most administrators at once, and how long one may be silent.
const PEERS: usize = 16;
const IDLE: Duration = Duration::from_secs(60);

/// A path that fits a socket's address (108 bytes on Linux), however long the folder's own path is.
/// The folder must stay open as long as the path is used.
pub(super) fn short_path(folder: &Path, name: &str) -> std::io::Result<(PathBuf, Option<std::fs::File>)> {
    let path = folder.join(name);
    if path.as_os_str().len() <= 100 {
        return Ok((path, None));
    }
    let open = std::fs::File::open(folder)?;
    let number = std::os::fd::AsRawFd::as_raw_fd(&open);
    Ok((PathBuf::from(format!("/proc/self/fd/{number}/{name}")), Some(open)))
}

/// Listens in the folder until `stop`. Whoever may enter the folder and write the socket (mode 0600)
/// is an administrator.
pub(crate) fn listen(
    folder: &DataFolder,
    operations: Arc<Operations>,
    stop: watch::Receiver<bool>,
) -> Result<JoinHandle<()>, ServerError> {
    let path = folder.file(ADMIN_SOCKET);
    let listener = bind(&path).map_err(|source| file_error("create", &path, source))?;
    Ok(tokio::spawn(run(listener, path, operations, stop)))
}

/// The socket gets its mode before it gets its name. One left behind by a killed service is replaced:
/// the folder's lock is ours.
fn bind(path: &Path) -> std::io::Result<UnixListener> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let (temporary, _open) = short_path(folder, "admin.new")?;
    match std::fs::remove_file(&temporary) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&temporary)?;
    std::fs::set_permissions(&temporary, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    std::fs::rename(&temporary, path)?;
    Ok(listener)
}

async fn run(
    listener: UnixListener,
    path: PathBuf,
    operations: Arc<Operations>,
    mut stop: watch::Receiver<bool>,
) {
    let free = Arc::new(Semaphore::new(PEERS));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopped(&mut stop) => break,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let Ok(place) = Arc::clone(&free).try_acquire_owned() else { continue };
        let (operations, mut stop) = (Arc::clone(&operations), stop.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = converse(stream, &operations) => {}
                () = stopped(&mut stop) => {}
            }
            drop(place);
        });
    }
    let _ = std::fs::remove_file(path);
}

async fn converse(stream: UnixStream, operations: &Operations) {
    let (reader, mut writer) = stream.into_split();
    let mut reader = BufReader::new(reader);
    let mut line = Vec::new();
    loop {
        line.clear();
        let mut limited = (&mut reader).take(LINE);
        match tokio::time::timeout(IDLE, limited.read_until(b'\n', &mut line)).await {
            Ok(Ok(1..)) if line.ends_with(b"\n") => {}
            // The end, an error, silence, or a line without end.
            _ => return,
        }
        let reply = match serde_json::from_slice::<Request>(&line) {
            Ok(request) => answer(operations, request).await,
            Err(error) => Reply::Invalid(format!("the question is not understood: {error}")),
        };
        let Ok(mut text) = serde_json::to_vec(&reply) else { return };
        text.push(b'\n');
        match tokio::time::timeout(IDLE, writer.write_all(&text)).await {
            Ok(Ok(())) => {}
            _ => return,
        }
    }
}
