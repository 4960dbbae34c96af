//! The page: bundled from npm's packages, served on this machine, and what it tells.

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{Html, IntoResponse};
use axum::routing::{get, post};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// How long the page may take to tell something.
const PATIENCE: Duration = Duration::from_secs(60);

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/sdk/browser")
}

/// Runs to the end; shows everything when it fails.
pub fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}\n{out}\n{err}");
}

/// A page's script with the SDK in it. The packages are installed by name into the target folder, once for each
/// state of the lock file.
fn bundle(script: &str) -> Vec<u8> {
    let source = scripts();
    let wanted = std::fs::read_to_string(source.join("package-lock.json")).unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("sdk-browser");
    let one_at_a_time = std::fs::File::create(folder.with_extension("lock")).unwrap();
    one_at_a_time.lock().unwrap();
    let stamp = folder.join("installed");
    if std::fs::read_to_string(&stamp).ok().as_ref() != Some(&wanted) {
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        for name in ["package.json", "package-lock.json"] {
            std::fs::copy(source.join(name), folder.join(name)).unwrap();
        }
        run(Command::new("npm").args(["ci", "--no-audit", "--no-fund"]).current_dir(&folder));
        std::fs::write(&stamp, &wanted).unwrap();
    }
    // Packages are found beside the scripts.
    std::fs::copy(source.join("../node/operations.js"), folder.join("operations.js")).unwrap();
    std::fs::write(folder.join("page.js"), script).unwrap();
    let mut esbuild = Command::new(folder.join("node_modules/.bin/esbuild"));
    let options = ["page.js", "--bundle", "--format=esm", "--platform=browser", "--outfile=bundle.js"];
    run(esbuild
        .args(options)
        .args(["--define:global=globalThis", "--log-level=warning"])
        .current_dir(&folder));
    std::fs::read(folder.join("bundle.js")).unwrap()
}

struct Shared {
    script: Vec<u8>,
    order: Value,
    heard: mpsc::UnboundedSender<Value>,
}

/// A page that is served, and what it heard.
pub struct Page {
    pub url: String,
    heard: mpsc::UnboundedReceiver<Value>,
}

impl Page {
    /// A page with the script of that name, which is told `order`.
    pub async fn serve(name: &str, order: Value) -> Self {
        Self::of(std::fs::read_to_string(scripts().join(name)).unwrap(), order).await
    }

    /// A page with that script.
    pub async fn of(script: String, order: Value) -> Self {
        let script = tokio::task::spawn_blocking(move || bundle(&script)).await.unwrap();
        let (sender, heard) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared { script, order, heard: sender });
        let router = Router::new()
            .route("/", get(async || Html(std::fs::read_to_string(scripts().join("page.html")).unwrap())))
            .route("/page.js", get(script_of))
            .route("/order", get(async |State(shared): State<Arc<Shared>>| axum::Json(shared.order.clone())))
            .route("/heard", post(take))
            .with_state(shared);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, heard }
    }

    /// The next thing the page heard: its name, and the event.
    pub async fn next(&mut self) -> (String, Value) {
        let heard =
            tokio::time::timeout(PATIENCE, self.heard.recv()).await.expect("the page tells something");
        let mut heard = heard.unwrap();
        (heard["name"].as_str().unwrap().to_owned(), heard["event"].take())
    }

    /// The event of the next thing heard, which is this.
    pub async fn hears(&mut self, wanted: &str) -> Value {
        let (name, event) = self.next().await;
        assert_eq!(name, wanted, "{event}");
        event
    }
}

async fn script_of(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8")], shared.script.clone())
}

async fn take(State(shared): State<Arc<Shared>>, heard: String) {
    let _ = shared.heard.send(serde_json::from_str(&heard).unwrap());
}
