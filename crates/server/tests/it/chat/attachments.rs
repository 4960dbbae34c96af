//! Files and images, from the upload to the last of their bytes.

use super::support::{User, assert_error, png};
use crate::harness::{World, answer, tls};
use liaison_chat::ChatPolicy;
use liaison_server::ChatRates;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

async fn unlimited() -> World {
    World::start_with(|limits| limits.chat_rates = ChatRates::unlimited()).await
}

/// What is in the folder of files.
fn kept(world: &World) -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.file_type().unwrap().is_dir() {
                true => walk(&entry.path(), found),
                false => found.push(entry.path()),
            }
        }
    }
    let mut found = Vec::new();
    walk(&world.dir.path().join("attachments"), &mut found);
    found
}

/// Until so many files are kept: what nobody needs goes by itself, every few seconds.
async fn until_kept(world: &World, count: usize) {
    let end = Instant::now() + Duration::from_secs(60);
    while kept(world).len() != count {
        assert!(Instant::now() < end, "{:?}", kept(world));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn send_with(user: &User, thread: &str, files: &[&str]) -> (StatusCode, Value) {
    let files: Vec<Value> = files.iter().map(|id| json!({ "id": id, "attachmentType": "file" })).collect();
    user.post(&format!("{thread}/messages"), json!({ "content": "look", "attachments": files })).await
}

async fn read(user: &User, path: &str) -> (u16, Vec<u8>, reqwest::header::HeaderMap) {
    let response = user.request(Method::GET, path).send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    (status, response.bytes().await.unwrap().to_vec(), headers)
}

#[tokio::test]
async fn a_picture_and_a_file_are_sent_listed_and_read_also_after_a_restart() {
    let mut world = unlimited().await;
    let (ada, bob) = (User::new(&world).await, User::new(&world).await);
    let thread = ada.thread("t", &[&bob]).await;
    let picture = png(640, 480);
    let request =
        ada.request(Method::POST, &format!("{thread}/images")).header("image-filename", "caf%C3%A9.png");
    let response = request.body(picture.clone()).send().await.unwrap();
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    let (status, made) = answer(response).await;
    assert_eq!(status, StatusCode::CREATED, "{made}");
    assert_eq!((&made["attachmentType"], &made["name"]), (&json!("image"), &json!("caf\u{e9}.png")));
    let image = made["id"].as_str().unwrap();
    assert_eq!(location, format!("{}{thread}/images/{image}", world.endpoint()));
    let page = b"<html><script>x()</script></html>".to_vec();
    let file = ada.upload(&thread, "files", page.clone()).await;
    // Before it is sent it is nobody else's.
    assert_eq!(read(&ada, &format!("{thread}/files/{file}")).await.0, 200);
    assert_eq!(read(&bob, &format!("{thread}/files/{file}")).await.0, 404);
    let (status, sent) = send_with(&ada, &thread, &[image, &file]).await;
    assert_eq!(status, StatusCode::CREATED, "{sent}");

    world.restart().await.unwrap();
    let message = bob.get(&format!("{thread}/messages/{}", sent["id"].as_str().unwrap())).await.1;
    let listed = bob.get(&format!("{thread}/messages")).await.1["value"][0].clone();
    assert_eq!(message, listed);
    let [first, second] = message["content"]["attachments"].as_array().unwrap().as_slice() else {
        panic!("{message}");
    };
    let base = format!("{}{thread}", world.endpoint());
    assert_eq!(first["url"], format!("{base}/images/{image}/views/original"));
    assert_eq!(first["previewUrl"], format!("{base}/images/{image}/views/small"));
    assert_eq!((&first["attachmentType"], &second["attachmentType"]), (&json!("image"), &json!("file")));
    assert_eq!(
        (second["url"].clone(), second.get("previewUrl")),
        (json!(format!("{base}/files/{file}")), None)
    );

    let (status, bytes, headers) = read(&bob, &format!("{thread}/images/{image}/views/original")).await;
    assert_eq!((status, bytes == picture), (200, true));
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "image/png");
    assert_eq!(header("content-disposition"), "inline; filename*=UTF-8''caf%C3%A9.png");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert!(header("content-security-policy").contains("sandbox"));
    let (status, small, headers) = read(&bob, &format!("{thread}/images/{image}/view/small")).await;
    assert_eq!((status, headers["content-type"].to_str().unwrap()), (200, "image/jpeg"));
    let small = image::load_from_memory(&small).unwrap();
    assert_eq!((small.width(), small.height()), (320, 240));
    let (status, bytes, headers) = read(&bob, &format!("{thread}/files/{file}")).await;
    assert_eq!((status, bytes == page), (200, true));
    assert_eq!(headers["content-type"], "application/octet-stream");
    assert_eq!(headers["content-disposition"], "attachment");
    // One is not the other.
    for path in [format!("/files/{image}"), format!("/images/{file}/views/original")] {
        assert_eq!(read(&bob, &format!("{thread}{path}")).await.0, 404, "{path}");
    }
    assert_error(&bob.get(&format!("{thread}/images/{image}/views/huge")).await, 400, "BadRequest");
    // Nobody else's thread has it, whoever knows its name.
    let other = bob.thread("u", &[]).await;
    assert_eq!(read(&bob, &format!("{other}/files/{file}")).await.0, 404);
    assert_error(&send_with(&bob, &other, &[&file]).await, 400, "BadRequest");
}

#[tokio::test]
async fn whoever_may_not_read_the_message_may_not_read_its_files() {
    let world = unlimited().await;
    let (ada, bob, late) = (User::new(&world).await, User::new(&world).await, User::new(&world).await);
    let thread = ada.thread("t", &[&bob]).await;
    let old = ada.upload(&thread, "files", b"old".to_vec()).await;
    assert!(send_with(&ada, &thread, &[&old]).await.0.is_success());
    tokio::time::sleep(Duration::from_millis(5)).await;
    let out = json!({ "rawId": bob.raw_id });
    assert!(ada.post(&format!("{thread}/participants/:remove"), out).await.0.is_success());
    let mut joins = late.participant("late");
    let since = ada.get(&format!("{thread}/messages?maxPageSize=1")).await.1["value"][0]["createdOn"].clone();
    joins["shareHistoryTime"] = since;
    let joins = json!({ "participants": [joins] });
    assert!(ada.post(&format!("{thread}/participants/:add"), joins).await.0.is_success());
    let new = ada.upload(&thread, "files", b"new".to_vec()).await;
    let sent = send_with(&ada, &thread, &[&new]).await.1;
    for (user, file, expected) in
        [(&bob, &old, 200), (&bob, &new, 404), (&late, &old, 404), (&late, &new, 200)]
    {
        assert_eq!(read(user, &format!("{thread}/files/{file}")).await.0, expected);
    }
    let message = format!("{thread}/messages/{}", sent["id"].as_str().unwrap());
    assert!(ada.delete(&message).await.0.is_success());
    for user in [&ada, &late] {
        assert_eq!(read(user, &format!("{thread}/files/{new}")).await.0, 404);
    }
    until_kept(&world, 1).await;
    assert!(ada.delete(&thread).await.0.is_success());
    assert_eq!(read(&ada, &format!("{thread}/files/{old}")).await.0, 404);
    until_kept(&world, 0).await;
}

#[tokio::test]
async fn the_same_content_is_kept_once_until_the_last_one_goes() {
    let world = unlimited().await;
    let ada = User::new(&world).await;
    let (one, two) = (ada.thread("1", &[]).await, ada.thread("2", &[]).await);
    let first = ada.upload(&one, "files", b"the same".to_vec()).await;
    let second = ada.upload(&two, "files", b"the same".to_vec()).await;
    assert_ne!(first, second);
    assert_eq!(kept(&world).len(), 1);
    let other = ada.upload(&one, "files", b"another".to_vec()).await;
    assert_eq!(ada.delete(&format!("{one}/files/{first}")).await.0, StatusCode::NO_CONTENT);
    assert_eq!(ada.delete(&format!("{one}/files/{first}")).await.0, StatusCode::NOT_FOUND);
    assert_eq!(ada.delete(&format!("{one}/files/{other}")).await.0, StatusCode::NO_CONTENT);
    until_kept(&world, 1).await;
    assert_eq!(read(&ada, &format!("{two}/files/{second}")).await.1, b"the same");
}

#[tokio::test]
async fn what_is_no_upload_is_refused_and_leaves_nothing_behind() {
    let world = World::start_with(|limits| {
        limits.chat_rates = ChatRates::unlimited();
        limits.chat.attachment_bytes = 200_000;
        limits.attachments.image_pixels = 100_000;
    })
    .await;
    let ada = User::new(&world).await;
    let thread = ada.thread("t", &[]).await;
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'><script>x()</script></svg>".to_vec();
    let mut broken = png(9, 9);
    broken.truncate(40);
    for (to, name, value, body, expected) in [
        ("images", "x-none", "", svg, 415),
        ("images", "content-type", "image/png", b"GIF".to_vec(), 415),
        ("images", "x-none", "", broken, 415),
        ("images", "x-none", "", png(1000, 200), 413),
        ("files", "x-none", "", Vec::new(), 400),
        ("files", "content-encoding", "gzip", b"x".to_vec(), 415),
        ("files", "content-type", "multipart/form-data; boundary=x", b"x".to_vec(), 415),
        ("files", "file-filename", &"x".repeat(256), b"x".to_vec(), 400),
    ] {
        let request = ada.request(Method::POST, &format!("{thread}/{to}")).header(name, value).body(body);
        let (status, refusal) = answer(request.send().await.unwrap()).await;
        assert_eq!(status.as_u16(), expected, "{to} {name} {value}: {refusal}");
        assert!(refusal["error"]["message"].is_string());
    }
    assert_eq!(kept(&world), [] as [PathBuf; 0]);

    // Its length is a lie: too much, too little, none.
    let head = |length: &str| {
        let (token, port) = (&ada.token, world.listen.port());
        format!(
            "POST {thread}/files?api-version=2025-03-15 HTTP/1.1\r\nhost: localhost:{port}\r\n\
             authorization: Bearer {token}\r\n{length}\r\n\r\n"
        )
    };
    let chunk = format!("{:x}\r\n{}\r\n", 100_000, "x".repeat(100_000));
    let chunked = format!("{}{}", head("transfer-encoding: chunked"), chunk.repeat(3));
    for (request, expected) in [
        (head("content-length: 99999999999"), Some("413")),
        (chunked, Some("413")),
        (format!("{}short", head("content-length: 1000")), None),
    ] {
        let mut stream = tls(&world).await;
        stream.write_all(request.as_bytes()).await.unwrap();
        match expected {
            Some(expected) => {
                let mut answer = [0; 12];
                stream.read_exact(&mut answer).await.unwrap();
                assert_eq!(&answer[9..], expected.as_bytes());
            }
            None => drop(stream),
        }
    }
    until_kept(&world, 0).await;
    // It goes on working.
    ada.upload(&thread, "files", vec![b'x'; 200_000]).await;
    assert_error(&send_with(&ada, &thread, &["../x"]).await, 400, "BadRequest");
    let eleven = vec!["0123456789abcdef0123456789abcdef"; 11];
    assert_error(&send_with(&ada, &thread, &eleven).await, 400, "BadRequest");
}

#[tokio::test]
async fn a_full_disk_is_507_with_nothing_left_behind_and_what_is_kept_is_read() {
    let mut world = World::start_with(|limits| {
        limits.chat_rates = ChatRates::unlimited();
        limits.attachments.total_bytes = Some(100_000);
    })
    .await;
    let ada = User::new(&world).await;
    let thread = ada.thread("t", &[]).await;
    let file = ada.upload(&thread, "files", vec![b'a'; 80_000]).await;
    let upload = |size: usize| {
        let request = ada.request(Method::POST, &format!("{thread}/files")).body(vec![b'b'; size]);
        async move { answer(request.send().await.unwrap()).await }
    };
    assert_error(&upload(30_000).await, 507, "InsufficientStorage");
    assert_eq!(kept(&world).len(), 1);
    world.restart().await.unwrap();
    assert_error(&upload(30_000).await, 507, "InsufficientStorage");
    assert_eq!(upload(10_000).await.0, StatusCode::CREATED);
    assert_eq!(read(&ada, &format!("{thread}/files/{file}")).await.1, vec![b'a'; 80_000]);
    assert_eq!(ada.delete(&format!("{thread}/files/{file}")).await.0, StatusCode::NO_CONTENT);
    until_kept(&world, 1).await;
    assert_eq!(upload(30_000).await.0, StatusCode::CREATED);
}

#[tokio::test]
async fn the_preview_of_2021_takes_no_files() {
    for (policy, upload, image) in [(ChatPolicy::TEAMS_PREVIEW, 403, 403), (ChatPolicy::OPEN, 201, 201)] {
        let world = World::start_with(|limits| limits.chat_policy = policy).await;
        let ada = User::new(&world).await;
        let thread = ada.thread("t", &[]).await;
        for (to, body, expected) in [("files", b"x".to_vec(), upload), ("images", png(2, 2), image)] {
            let request = ada.request(Method::POST, &format!("{thread}/{to}")).body(body);
            assert_eq!(request.send().await.unwrap().status().as_u16(), expected, "{policy} {to}");
        }
        let known = "0123456789abcdef0123456789abcdef";
        let expected = if policy == ChatPolicy::OPEN { 400 } else { 403 };
        assert_eq!(send_with(&ada, &thread, &[known]).await.0.as_u16(), expected, "{policy}");
    }
}

#[tokio::test]
async fn what_is_left_of_an_upload_or_waits_too_long_goes() {
    let mut world = World::start_with(|limits| {
        limits.chat_rates = ChatRates::unlimited();
        limits.attachments.unsent = Duration::from_secs(3600);
    })
    .await;
    let ada = User::new(&world).await;
    let thread = ada.thread("t", &[]).await;
    let sent = ada.upload(&thread, "files", b"sent".to_vec()).await;
    assert!(send_with(&ada, &thread, &[&sent]).await.0.is_success());
    let waits = ada.upload(&thread, "files", b"waits".to_vec()).await;
    // As a service that was killed leaves them.
    let folder = world.dir.path().join("attachments");
    std::fs::write(folder.join("half.new"), b"half").unwrap();
    let nobodys = "ab".repeat(32);
    std::fs::create_dir_all(folder.join("ab")).unwrap();
    std::fs::write(folder.join("ab").join(&nobodys), b"nobody's").unwrap();
    assert_eq!(kept(&world).len(), 4);
    world.restart().await.unwrap();
    until_kept(&world, 2).await;
    assert_eq!(read(&ada, &format!("{thread}/files/{waits}")).await.0, 200);
    world.limits.attachments.unsent = Duration::ZERO;
    world.restart().await.unwrap();
    until_kept(&world, 1).await;
    assert_eq!(read(&ada, &format!("{thread}/files/{waits}")).await.0, 404);
    assert_eq!(read(&ada, &format!("{thread}/files/{sent}")).await.1, b"sent");
}

#[tokio::test]
async fn a_backup_has_the_files_a_check_reads_them_and_an_erasure_takes_them() {
    let world = unlimited().await;
    let (ada, bob) = (User::new(&world).await, User::new(&world).await);
    let thread = ada.thread("t", &[&bob]).await;
    let image = ada.upload(&thread, "images", png(10, 10)).await;
    assert!(send_with(&ada, &thread, &[&image]).await.0.is_success());
    let theirs = bob.upload(&thread, "files", b"bob's".to_vec()).await;
    let admin = world.admin().await;
    let report = admin.check().await.unwrap();
    assert_eq!((report.files, report.problems.len()), (3, 0), "{report:?}");
    let outside = tempfile::tempdir().unwrap();
    let (to, again) = (outside.path().join("backup"), outside.path().join("data"));
    let made = admin.back_up(&to).await.unwrap();
    assert_eq!(made.files.iter().filter(|file| file.path.starts_with("attachments")).count(), 3);
    liaison_server::backup::restore(&to, &again).unwrap();
    for file in kept(&world) {
        let copy = again.join(file.strip_prefix(world.dir.path()).unwrap());
        assert_eq!(std::fs::read(&file).unwrap(), std::fs::read(copy).unwrap());
    }

    let export = outside.path().join("ada.jsonl");
    admin.export_subject(&ada.raw_id, &export).await.unwrap();
    let lines = std::fs::read_to_string(&export).unwrap();
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let file = lines.iter().find(|line| line["kind"] == "file").unwrap();
    use base64::Engine as _;
    let content = base64::engine::general_purpose::STANDARD.encode(png(10, 10));
    assert_eq!((&file["attachmentId"], &file["contentBase64"]), (&json!(image), &json!(content)));

    admin.erase_subject(&ada.raw_id).await.unwrap();
    until_kept(&world, 1).await;
    assert_eq!(read(&bob, &format!("{thread}/images/{image}/views/original")).await.0, 404);
    assert_eq!(read(&bob, &format!("{thread}/files/{theirs}")).await.1, b"bob's");
    std::fs::write(&kept(&world)[0], b"bob?s").unwrap();
    let report = admin.check().await.unwrap();
    assert!(report.problems.iter().any(|problem| problem.contains("not what it was")), "{report:?}");
    std::fs::remove_file(&kept(&world)[0]).unwrap();
    assert_eq!(admin.check().await.unwrap().problems.len(), 1);
}
