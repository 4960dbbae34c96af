//! Files and images of chats: what the app hands in and gets, and the requests that it takes.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use hyper::Method;
use hyper::header::CONTENT_TYPE;
use liaison_chat::ThreadId;
use liaison_chat::acs::{FILE_FILENAME, IMAGE_FILENAME, UploadChatImageResult};
use liaison_chat::model::{Attachment, AttachmentKind, attachment_path};

use super::request::some;
use super::rest::{Call, Rest};
use super::{ChatError, ChatResult, target};
use crate::net::Effort;

/// The largest file that is sent or fetched, in bytes. The service may take less.
pub const LARGEST_ATTACHMENT: u64 = 64 << 20;

/// How long a file may take.
const EFFORT: Effort = Effort { time: Duration::from_secs(300), bytes: LARGEST_ATTACHMENT as usize };

/// A file to be uploaded.
#[derive(Debug, Clone)]
pub struct NewAttachment {
    /// `Image`: a PNG, JPEG, GIF or WebP, shown in the message. `File`: whatever, downloaded.
    pub kind: AttachmentKind,
    /// The name to show, at most 255 bytes; empty for that of the path, or none.
    pub name: String,
    /// What is in it.
    pub source: AttachmentSource,
}

/// What is in a file. Its `Debug` says the length only.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct AttachmentBytes(pub Bytes);

impl fmt::Debug for AttachmentBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AttachmentBytes({})", self.0.len())
    }
}

/// Where a file to be uploaded is.
#[derive(Debug, Clone)]
pub enum AttachmentSource {
    /// Here.
    Bytes(AttachmentBytes),
    /// On this machine's disk. It is read when its turn comes.
    Path(PathBuf),
}

/// A file to be downloaded.
#[derive(Debug, Clone)]
pub struct AttachmentToGet {
    /// Its name in the thread: [`Attachment::id`] of a message.
    pub id: String,
    /// What it is.
    pub kind: AttachmentKind,
    /// Of an image.
    pub view: AttachmentView,
    /// Where to put it: a path whose folder is there. It is there whole or not at all; what was there is replaced.
    /// `None`: into memory.
    pub path: Option<PathBuf>,
}

/// Which view of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttachmentView {
    /// As it was uploaded. The only one of a file.
    Original,
    /// At most 320 pixels a side.
    Small,
}

#[derive(Debug)]
pub(crate) enum Transfer {
    Upload(NewAttachment),
    Download(AttachmentToGet),
}

/// ACS names files otherwise than this service; whatever it is, it is one segment of a path.
pub(super) fn check(get: &AttachmentToGet) -> Result<(), ChatError> {
    let well = (1..=256).contains(&get.id.len())
        && get.id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    let view = get.view == AttachmentView::Original || get.kind == AttachmentKind::Image;
    if well && view { Ok(()) } else { Err(ChatError::AttachmentId(get.id.chars().take(64).collect())) }
}

impl Rest {
    pub(super) async fn transfer(&self, thread: &ThreadId, what: Transfer) -> Result<ChatResult, ChatError> {
        match what {
            Transfer::Upload(new) => self.upload(thread, new).await,
            Transfer::Download(get) => self.download(thread, get).await,
        }
    }

    async fn upload(&self, thread: &ThreadId, new: NewAttachment) -> Result<ChatResult, ChatError> {
        let mut name = new.name;
        let body = match new.source {
            AttachmentSource::Bytes(AttachmentBytes(bytes)) => bytes,
            AttachmentSource::Path(path) => {
                if name.is_empty() {
                    name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                }
                blocking(move || read(&path)).await?
            }
        };
        if body.is_empty() || body.len() as u64 > LARGEST_ATTACHMENT {
            return Err(ChatError::File("it is empty, or longer than 64 MiB".to_owned()));
        }
        let target = target::plain(&target::of(thread, new.kind.folder()));
        let header = match new.kind {
            AttachmentKind::Image => IMAGE_FILENAME,
            AttachmentKind::File => FILE_FILENAME,
        };
        let encoded = escaped(&name);
        let call = Call {
            content_type: "application/octet-stream",
            body,
            header: (!name.is_empty()).then_some((header, encoded.as_str())),
            effort: EFFORT,
            ..Call::new(Method::POST, &target)
        };
        let made: UploadChatImageResult = self.read(call).await?;
        let name = made.name.or_else(|| some(name));
        let attachment = Attachment { id: made.id, kind: new.kind, name, url: None, preview_url: None };
        Ok(ChatResult::AttachmentUploaded { attachment })
    }

    async fn download(&self, thread: &ThreadId, get: AttachmentToGet) -> Result<ChatResult, ChatError> {
        let path = attachment_path(thread, get.kind, &get.id);
        let path = match (get.kind, get.view) {
            (AttachmentKind::File, _) => path,
            (AttachmentKind::Image, AttachmentView::Original) => format!("{path}/views/original"),
            (AttachmentKind::Image, AttachmentView::Small) => format!("{path}/views/small"),
        };
        let target = target::plain(&path);
        let answer = self.call(Call { effort: EFFORT, ..Call::new(Method::GET, &target) }).await?;
        let media_type = answer.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media_type = media_type.unwrap_or("application/octet-stream").to_owned();
        let length = answer.body.len() as u64;
        let bytes = match get.path {
            None => AttachmentBytes(answer.body),
            Some(path) => {
                blocking(move || write(&path, &answer.body)).await?;
                AttachmentBytes::default()
            }
        };
        Ok(ChatResult::AttachmentDownloaded { bytes, length, media_type })
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T, ChatError> {
    let file = |error: &dyn std::fmt::Display| ChatError::File(error.to_string());
    let done = tokio::task::spawn_blocking(work).await.map_err(|error| file(&error))?;
    done.map_err(|error| file(&error))
}

fn read(path: &Path) -> std::io::Result<Bytes> {
    use std::io::Read;
    let mut bytes = Vec::new();
    // One byte more shows that it is too long.
    std::fs::File::open(path)?.take(LARGEST_ATTACHMENT + 1).read_to_end(&mut bytes)?;
    Ok(bytes.into())
}

/// Whole or not at all.
fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    // Not that of another download, nor of another process.
    name.push(format!(".{}-{}.new", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed)));
    let temporary = path.with_file_name(name);
    let written = std::fs::write(&temporary, bytes).and_then(|()| std::fs::rename(&temporary, path));
    written.inspect_err(|_| drop(std::fs::remove_file(&temporary)))
}

/// Percent-encoded: a header takes ASCII only.
fn escaped(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b' ');
    name.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_ids_stay_where_they_belong() {
        assert_eq!(escaped("a b\u{fc}\r\n%.png"), "a b%C3%BC%0D%0A%25.png");
        let get =
            |id: &str, kind, view| check(&AttachmentToGet { id: id.to_owned(), kind, view, path: None });
        let (image, file) = (AttachmentKind::Image, AttachmentKind::File);
        assert_eq!(get("0-eus-d2-fb42", image, AttachmentView::Small), Ok(()));
        for (id, kind, view) in [
            ("", image, AttachmentView::Original),
            ("../x", file, AttachmentView::Original),
            ("a%2Fb", file, AttachmentView::Original),
            ("a?b", file, AttachmentView::Original),
            ("abc", file, AttachmentView::Small),
        ] {
            assert!(matches!(get(id, kind, view), Err(ChatError::AttachmentId(_))), "{id}");
        }
    }

    #[test]
    fn debug_tells_nothing_of_what_is_in_it() {
        let source = AttachmentSource::Bytes(AttachmentBytes(Bytes::from_static(b"5ecret")));
        assert_eq!(format!("{source:?}"), "Bytes(AttachmentBytes(6))");
    }

    #[test]
    fn a_download_replaces_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        write(&path, b"one").unwrap();
        write(&path, b"two").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert!(write(&folder.path().join("no/where"), b"x").is_err());
        assert!(write(folder.path(), b"x").is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
