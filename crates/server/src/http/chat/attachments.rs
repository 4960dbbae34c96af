//! Files and images: what is uploaded is sent with a message afterwards.

use super::asker::Asker;
use super::created;
use super::path::{InThread, OfFile, OfView};
use crate::attachments::{
    Attachments, Incoming, MediaType, Received, ThumbnailError, disposition, file_name,
};
use crate::http::ApiError;
use crate::random;
use crate::store::{ChatError, FileFacts, StoreError};
use axum::body::{Body, BodyDataStream};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::BytesMut;
use futures_util::{StreamExt, stream};
use liaison_chat::acs::{FILE_FILENAME, IMAGE_FILENAME, UploadChatImageResult};
use liaison_chat::model::{AttachmentKind, attachment_path};
use liaison_chat::rules::{Command, Operation, Refusal};
use liaison_chat::{AttachmentId, Text, ThreadId};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt;

/// How much is read from the disk at once.
const PART: usize = 64 * 1024;
/// How long a refused client may go on sending before it hears of it.
const PATIENCE: Duration = Duration::from_secs(5);

/// `POST /chat/threads/{thread}/images`: a PNG, JPEG, GIF or WebP.
pub(super) async fn upload_image(
    asker: Asker,
    InThread(thread): InThread,
    request: Request,
) -> Result<Response, ApiError> {
    upload(asker, thread, AttachmentKind::Image, request).await
}

/// `POST /chat/threads/{thread}/files`: whatever. Ours.
pub(super) async fn upload_file(
    asker: Asker,
    InThread(thread): InThread,
    request: Request,
) -> Result<Response, ApiError> {
    upload(asker, thread, AttachmentKind::File, request).await
}

async fn upload(
    asker: Asker,
    thread: ThreadId,
    kind: AttachmentKind,
    request: Request,
) -> Result<Response, ApiError> {
    let (head, body) = request.into_parts();
    let mut body = body.into_data_stream();
    let taken = take(&asker, thread, kind, &head.headers, &mut body).await;
    if taken.is_err() {
        // A client that is still sending would lose the answer with the connection.
        let most = asker.service.limits.chat.attachment_bytes;
        let _ = tokio::time::timeout(PATIENCE, drain(&mut body, most)).await;
    }
    taken
}

/// Reads on for nothing, but no further than the largest file is long.
async fn drain(body: &mut BodyDataStream, most: u64) {
    let mut read = 0;
    while read < most {
        match body.next().await {
            Some(Ok(part)) => read += part.len() as u64,
            _ => return,
        }
    }
}

async fn take(
    asker: &Asker,
    thread: ThreadId,
    kind: AttachmentKind,
    headers: &HeaderMap,
    body: &mut BodyDataStream,
) -> Result<Response, ApiError> {
    asker.begin(Operation::UploadAttachment, Some(&thread))?;
    let name = described(headers, kind)?;
    let operations = &asker.service.operations;
    // What it says of its length is believed only when it is too much.
    let declared = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
    let declared = declared.and_then(|length| length.parse().ok()).unwrap_or(0);
    let (rules, actor) = (asker.rules(), asker.actor.clone());
    let text = name.clone().map(Text::from);
    operations.store.may_upload(rules, thread.clone(), actor, text, declared).await?;
    let files = &operations.attachments;
    let _slot =
        files.slot(asker.actor.raw_id.as_str()).ok_or_else(|| ApiError::too_many(Duration::from_secs(1)))?;

    let received = receive(asker, files, body).await?;
    let found = MediaType::of(received.head());
    let preview = match kind {
        AttachmentKind::Image if !found.is_picture() => {
            return Err(unsupported("an image is a PNG, JPEG, GIF or WebP: send others to /files"));
        }
        AttachmentKind::Image => Some(preview(files, &received).await?),
        AttachmentKind::File => None,
    };
    let id = AttachmentId::from_random(u128::from_le_bytes(random::bytes()));
    let facts = FileFacts {
        kind,
        name: name.clone(),
        media_type: found.name().to_owned(),
        bytes: received.bytes(),
        hash: received.hash(),
        preview: preview.as_ref().map(Received::hash),
    };
    keep(asker, thread.clone(), id, facts, received, preview).await?;
    let endpoint = &operations.endpoint;
    let location = format!("{endpoint}{}", attachment_path(&thread, kind, &id.to_string()));
    let made =
        UploadChatImageResult { id: id.to_string(), attachment_type: Some(kind), name: name.map(Text::from) };
    Ok(created(&location, &made))
}

/// The file's name, once the rest of the head is something that is taken.
fn described(headers: &HeaderMap, kind: AttachmentKind) -> Result<Option<String>, ApiError> {
    let encoded = headers.get(header::CONTENT_ENCODING).is_some_and(|value| value != "identity");
    if encoded {
        return Err(unsupported("the body is the file as it is, without an encoding"));
    }
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if content_type.is_some_and(|text| text.to_ascii_lowercase().starts_with("multipart/")) {
        return Err(unsupported("the body is the file itself: application/octet-stream, no form"));
    }
    let header = if kind == AttachmentKind::Image { IMAGE_FILENAME } else { FILE_FILENAME };
    Ok(headers.get(header).and_then(|name| file_name(name.as_bytes())))
}

fn unsupported(message: &str) -> ApiError {
    ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", message)
}

/// Reads the body to the disk, and no more than may be.
async fn receive(
    asker: &Asker,
    files: &Arc<Attachments>,
    body: &mut BodyDataStream,
) -> Result<Received, ApiError> {
    let limits = &asker.service.limits;
    let mut incoming = Incoming::begin(files)?;
    loop {
        let part = tokio::time::timeout(limits.attachments.part_timeout, body.next()).await;
        let Some(part) = part.map_err(|_| ApiError::timeout())? else { break };
        let part = part.map_err(|_| ApiError::bad_request("the body is shorter than it says"))?;
        if incoming.bytes() + part.len() as u64 > limits.chat.attachment_bytes {
            return Err(Refusal::AttachmentTooLarge.into());
        }
        incoming.write(&part).await?;
    }
    if incoming.bytes() == 0 {
        return Err(ApiError::bad_request("the body is the file, and there is none"));
    }
    Ok(incoming.finish().await?)
}

async fn preview(files: &Arc<Attachments>, picture: &Received) -> Result<Received, ApiError> {
    let jpeg = files.thumbnail(picture).await.map_err(|error| match error {
        ThumbnailError::TooLarge => {
            ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", error.to_string())
        }
        ThumbnailError::Undecodable => unsupported(&error.to_string()),
    })?;
    let mut incoming = Incoming::begin(files)?;
    incoming.write(&jpeg).await?;
    Ok(incoming.finish().await?)
}

/// Files first, then the row. A client that goes away meanwhile does not stop it half-way.
async fn keep(
    asker: &Asker,
    thread: ThreadId,
    id: AttachmentId,
    facts: FileFacts,
    received: Received,
    preview: Option<Received>,
) -> Result<(), ApiError> {
    let (service, rules, actor) = (Arc::clone(&asker.service), asker.rules(), asker.actor.clone());
    let kept = tokio::spawn(async move {
        let (files, store) = (&service.operations.attachments, &service.operations.store);
        let mut hashes = vec![facts.hash];
        hashes.extend(facts.preview);
        let stored = async {
            let _naming = files.naming().await;
            for file in [Some(received), preview].into_iter().flatten() {
                files.keep(file).await?;
            }
            store.add_attachment(rules, thread, actor, id, facts).await
        };
        let stored: Result<(), ChatError> = stored.await;
        if stored.is_err() {
            // Nothing is left behind, once the store can note it.
            let _ = store.note_unnamed(hashes).await;
        }
        stored
    });
    let stopped = |error: tokio::task::JoinError| StoreError::Database(error.to_string());
    Ok(kept.await.map_err(stopped)??)
}

/// `GET /chat/threads/{thread}/images/{image}/views/{view}`
pub(super) async fn view(asker: Asker, OfView(thread, id, view): OfView) -> Result<Response, ApiError> {
    let small = match view.as_str() {
        "original" => false,
        "small" => true,
        _ => return Err(ApiError::bad_request("an image has the views original and small")),
    };
    serve(&asker, thread, id, AttachmentKind::Image, small).await
}

/// `GET /chat/threads/{thread}/files/{file}`
pub(super) async fn file(asker: Asker, OfFile(thread, id): OfFile) -> Result<Response, ApiError> {
    serve(&asker, thread, id, AttachmentKind::File, false).await
}

async fn serve(
    asker: &Asker,
    thread: ThreadId,
    id: AttachmentId,
    kind: AttachmentKind,
    small: bool,
) -> Result<Response, ApiError> {
    asker.begin(Operation::GetAttachment, Some(&thread))?;
    let (operations, rules) = (&asker.service.operations, asker.rules());
    let facts = operations.store.chat_attachment(rules, thread, asker.actor.clone(), id).await?;
    let not_found = || ApiError::from(Refusal::AttachmentNotFound);
    if facts.kind != kind {
        return Err(not_found());
    }
    let (hash, media_type) = match small {
        true => (facts.preview.ok_or_else(not_found)?, MediaType::Jpeg.name()),
        false => (facts.hash, facts.media_type.as_str()),
    };
    let opened = operations.attachments.read(hash).await;
    let length = match &opened {
        Ok(file) => file.metadata().await.map(|data| data.len()),
        Err(error) => Err(error.kind().into()),
    };
    let (file, length) = match (opened, length) {
        (Ok(file), Ok(length)) => (file, length),
        // Its message was deleted since.
        (Err(error), _) if error.kind() == std::io::ErrorKind::NotFound => return Err(not_found()),
        (_, Err(error)) | (Err(error), _) => {
            tracing::error!(%error, "a file could not be read");
            return Err(ApiError::internal());
        }
    };
    let parts = stream::try_unfold(file, async |mut file| {
        let mut part = BytesMut::with_capacity(PART);
        let count = file.read_buf(&mut part).await?;
        Ok::<_, std::io::Error>((count > 0).then(|| (part.freeze(), file)))
    });
    let mut response = Body::from_stream(parts).into_response();
    let headers = response.headers_mut();
    let shown = MediaType::is_shown(kind == AttachmentKind::Image, media_type);
    let set = |value: &str| HeaderValue::from_str(value).map_err(|_| ApiError::internal());
    headers.insert(header::CONTENT_TYPE, set(media_type)?);
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(header::CONTENT_DISPOSITION, set(&disposition(shown, facts.name.as_deref()))?);
    // Nothing in it acts, whatever a browser takes it for.
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let policy = HeaderValue::from_static("default-src 'none'; sandbox");
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    // Who may read it changes.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    Ok(response)
}

/// `DELETE /chat/threads/{thread}/images/{image}` and the same of files: what was not sent.
pub(super) async fn delete(asker: Asker, OfFile(thread, id): OfFile) -> Result<StatusCode, ApiError> {
    asker.begin(Operation::DeleteAttachment, Some(&thread))?;
    let (rules, command) = (asker.rules(), Command::DeleteAttachment(id));
    asker.service.operations.store.change_chat_thread(rules, thread, asker.actor, command).await?;
    Ok(StatusCode::NO_CONTENT)
}
